//! What the wall costs: start and end of a program that does nothing.

use kb::sandbox::{Sandbox, Wall};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TIMES: usize = 40;

/// Prints the median of each wall, in turn so that a busy machine is unfair to none.
pub(crate) fn figures() {
    let walls = [Wall::None, Wall::Namespaces, Wall::Files];
    let mut times = walls.map(|_| Vec::new());
    for _ in 0..TIMES {
        for (times, wall) in times.iter_mut().zip(walls) {
            times.extend(once(wall));
        }
    }
    println!("wall: start and end of /usr/bin/true, median of {TIMES}");
    for (times, wall) in times.iter_mut().zip(walls) {
        times.sort();
        match times.get(times.len() / 2) {
            Some(median) => println!("  {:<10} {:6.2} ms", wall.word(), median.as_secs_f64() * 1000.0),
            None => println!("  {:<10} does not stand here", wall.word()),
        }
    }
}

fn once(wall: Wall) -> Option<Duration> {
    let sandbox = Sandbox { folder: PathBuf::from("/usr"), ..Sandbox::default() };
    let entry = sandbox.enter(wall, Path::new(env!("CARGO_BIN_EXE_kb")), &["/usr/bin/true".into()]).unwrap();
    let mut command = Command::new(&entry.command[0]);
    command.args(&entry.command[1..]).env_clear().envs(entry.environment).stdin(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let ended = command.status().unwrap();
    ended.success().then(|| start.elapsed())
}

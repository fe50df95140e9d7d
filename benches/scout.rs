//! `kb ask` over folders of code, with nothing remembered and with all of it.

use crate::measure::{Cost, least, once};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const QUESTION: &str = "where are signed cookies set";
/// How often a cold answer is timed.
const COLD: usize = 3;
const WARM: usize = 15;

/// Prints wall time, CPU time and memory of a question about each folder.
pub(crate) fn figures(folders: &[&Path]) {
    let scratch = tempfile::tempdir().unwrap();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ask = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_kb"));
            command.args(["ask", "--json", "--fresh", "--agent", "scout", "--repo"]).arg(folder).arg(QUESTION);
            command.env("HOME", scratch.path()).env("KB_DIR", scratch.path()).current_dir(scratch.path());
            command
        };
        let cold = timed(COLD, || {
            fs::remove_dir_all(scratch.path().join(".cache")).ok();
            ask()
        });
        let warm = timed(WARM, ask);
        let [cost] = least([&mut || ask()]);
        say(&name, cold, warm, cost);
    }
}

/// The same about one large folder: cold once, then warm, then with one file changed.
pub(crate) fn scale(folder: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let ask = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kb"));
        command.args(["ask", "--json", "--fresh", "--agent", "scout", "--repo"]).arg(folder).arg(QUESTION);
        command.env("HOME", scratch.path()).env("KB_DIR", scratch.path()).current_dir(scratch.path());
        command
    };
    let run = |what: &str| {
        let started = Instant::now();
        let cost = once(&mut ask());
        println!("       scout, large, {what}: {:.1} s, {:.0} MB", started.elapsed().as_secs_f64(), cost.megabytes());
    };
    run("cold");
    // A file is known again only when it is older than the moment it was read in.
    std::thread::sleep(std::time::Duration::from_secs(3));
    run("second");
    run("warm");
    run("warm");
    fs::write(folder.join("one_more.py"), "def one_more():\n    return 1\n").unwrap();
    run("one file changed");
}

/// The median wall time of so many runs, in milliseconds.
fn timed(times: usize, mut command: impl FnMut() -> Command) -> f64 {
    let mut walls: Vec<f64> = (0..times)
        .map(|_| {
            let mut command = command();
            let started = Instant::now();
            once(&mut command);
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    walls.sort_by(f64::total_cmp);
    walls[times / 2]
}

fn say(name: &str, cold: f64, warm: f64, cost: Cost) {
    println!(
        "       scout, {name}: {cold:.0} ms cold, {warm:.0} ms warm (median wall); {:.0} ms cpu warm, {:.0} MB",
        cost.milliseconds(),
        cost.megabytes()
    );
}

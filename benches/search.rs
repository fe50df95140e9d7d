//! `kb search` over 10,000 and 100,000 notes, the first index, and the start of the program.

use crate::measure::{Cost, least, once};
use crate::notes::{QUERY, folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const KB: &str = env!("CARGO_BIN_EXE_kb");

/// Prints all figures of this part, or those for some numbers of notes only.
pub(crate) fn figures(only: &[usize]) {
    version();
    for (count, memory) in [(10_000, 60.0), (100_000, 150.0)] {
        if !only.is_empty() && !only.contains(&count) {
            continue;
        }
        let notes = folder(count);
        first_index(count, &notes);
        up_to_date(count, &notes, memory);
        one_changed(count, &notes);
    }
}

fn version() {
    let [kb, bare] = least([&mut || kb_with(["--version"]), &mut || Command::new("true")]);
    let over = kb.milliseconds() - bare.milliseconds();
    figure("kb --version over true", &format!("{over:.2} ms"), over <= 2.0, "2 ms");
}

/// Wall and CPU time of everything that it takes until a search is complete.
fn first_index(count: usize, notes: &Path) {
    fs::remove_dir_all(notes.join(".kb")).ok();
    let bare_index = bare_index(notes);
    let started = Instant::now();
    let bare = once(&mut itself(["--bare-index", text(notes), text(&bare_index)]));
    let bare_wall = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let mut cpu = 0.0;
    let mut peak: f64 = 0.0;
    let mut commands = 0;
    loop {
        let output = search(notes).stderr(Stdio::null()).output().unwrap();
        commands += 1;
        if !String::from_utf8_lossy(&output.stdout).contains(r#""complete":false"#) {
            break;
        }
    }
    let wall = started.elapsed().as_secs_f64();
    // Once more for what it costs: waiting for the output hides it.
    fs::remove_dir_all(notes.join(".kb")).ok();
    for _ in 0..commands {
        let cost = once(&mut search(notes));
        cpu += cost.cpu.as_secs_f64();
        peak = peak.max(cost.megabytes());
    }
    let name = format!("first index, {count} notes: bare throughput / kb's");
    let ratio = wall / bare_wall;
    figure(
        &name,
        &format!("{ratio:.2} (wall {wall:.1} s against {bare_wall:.1} s, {commands} commands)"),
        ratio <= 2.0,
        "2",
    );
    let ratio = cpu / bare.cpu.as_secs_f64();
    figure(
        &name,
        &format!("{ratio:.2} (cpu {cpu:.1} s against {:.1} s, peak {peak:.0} MB)", bare.cpu.as_secs_f64()),
        ratio <= 2.0,
        "2",
    );
}

fn up_to_date(count: usize, notes: &Path, memory: f64) {
    let bare_index = bare_index(notes);
    settle(notes);
    let [kb, sweep, tantivy] =
        least([&mut || search(notes), &mut || itself(["--bare-sweep", text(notes)]), &mut || {
            let mut command = itself(["--bare-search", text(&bare_index)]);
            command.args(QUERY);
            command
        }]);
    let allowed = 1.3 * sweep.milliseconds() + 1.5 * tantivy.milliseconds();
    let ratio = kb.milliseconds() / allowed;
    let name = format!("kb search, {count} notes / (1.3 sweep + 1.5 tantivy)");
    figure(&name, &format!("{ratio:.2} ({})", ms(&[kb, sweep, tantivy])), ratio <= 1.0, "1");
    let name = format!("kb search, {count} notes, peak memory");
    figure(&name, &format!("{:.1} MB", kb.megabytes()), kb.megabytes() <= memory, &format!("{memory} MB"));
}

/// No promise, but worth watching.
fn one_changed(count: usize, notes: &Path) {
    let note = notes.join("topic-000").join("changed.md");
    let mut turn = 0;
    let [changed] = least([&mut || {
        turn += 1;
        fs::write(&note, format!("# Turn {turn}\n\nsigned session cookie")).unwrap();
        search(notes)
    }]);
    fs::remove_file(&note).ok();
    println!(
        "       {:<58} {:.1} ms",
        format!("kb search, {count} notes, one of them changed"),
        changed.milliseconds()
    );
}

/// Searches until nothing is left to be done.
fn settle(notes: &Path) {
    std::thread::sleep(std::time::Duration::from_millis(2200));
    for _ in 0..3 {
        once(&mut search(notes));
    }
}

fn search(notes: &Path) -> Command {
    let mut command = kb_with(["--kb", text(notes), "search", "--json"]);
    command.args(QUERY);
    command
}

fn kb_with<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(KB);
    command.args(arguments);
    command
}

fn itself<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments);
    command
}

fn bare_index(notes: &Path) -> PathBuf {
    notes.with_extension("bare")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn ms(costs: &[Cost]) -> String {
    let costs: Vec<String> = costs.iter().map(|cost| format!("{:.1}", cost.milliseconds())).collect();
    format!("{} ms cpu", costs.join(" / "))
}

fn figure(name: &str, value: &str, holds: bool, limit: &str) {
    println!("{:<6} {name:<58} {value}, limit {limit}", if holds { "ok" } else { "MISSED" });
}

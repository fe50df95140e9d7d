//! The figures that kb promises, each as a ratio within one run: `cargo bench --bench figures`, or
//! `-- search` for one part, `-- search 10000` for one size, `-- scout FOLDER...` and `-- agents FOLDER...` for code of
//! your own, `-- scout-scale 60000 FOLDER...` for a tree of so many files made of copies of it, `-- status [FOLDER...]` for how
//! often statuses are right. CPU time (user and system) of whole processes, the least of 15.
//!
//! The program starts itself as the bare programs that kb is held against.

#![allow(clippy::print_stdout, reason = "what a benchmark is for")]
#![allow(clippy::disallowed_methods, reason = "a benchmark makes files and starts processes")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should say where")]

mod agents;
mod bare;
mod check;
mod jobs;
mod measure;
mod notes;
mod scale;
mod scout;
mod search;
mod status;
mod wall;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if bare::run(&arguments) {
        return;
    }
    let folders: Vec<&Path> = arguments.iter().map(Path::new).filter(|path| path.is_dir()).collect();
    let counts: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let all = arguments.len() == counts.len();
    let chosen = |part: &str| all || arguments.iter().any(|argument| argument == part);
    if chosen("search") {
        search::figures(&counts);
    }
    if chosen("wall") {
        wall::figures();
    }
    if chosen("jobs") {
        jobs::figures();
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    // It fetches a program first.
    if arguments.iter().any(|argument| argument == "agents") {
        let sources = own.join("src");
        let sources = sources.as_path();
        agents::figures(if folders.is_empty() { std::slice::from_ref(&sources) } else { &folders });
    }
    if chosen("check") {
        check::figures();
    }
    // Minutes, and code that has to be fetched first: only when asked for.
    if arguments.iter().any(|argument| argument == "scout-scale") {
        let tree = tempfile::tempdir().unwrap();
        scale::tree(&folders, counts.first().copied().unwrap_or(60_000), tree.path());
        scout::scale(tree.path());
    }
    if arguments.iter().any(|argument| argument == "status") {
        status::figures(&folders);
    }
    if chosen("scout") {
        scout::figures(if folders.is_empty() { std::slice::from_ref(&own) } else { &folders });
    }
}

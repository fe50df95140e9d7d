//! The figures that kb promises, each as a ratio within one run: `cargo bench --bench figures`, or
//! `-- search` for one part, `-- search 10000` for one size. CPU time (user and system) of whole processes, the least of 15.
//!
//! The program starts itself as the bare programs that kb is held against.

#![allow(clippy::print_stdout, reason = "what a benchmark is for")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should say where")]

mod bare;
mod measure;
mod notes;
mod search;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if bare::run(&arguments) {
        return;
    }
    let counts: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let all = arguments.len() == counts.len();
    let chosen = |part: &str| all || arguments.iter().any(|argument| argument == part);
    if chosen("search") {
        search::figures(&counts);
    }
}

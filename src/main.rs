//! Hands the arguments to the command line. Nothing else.

fn main() -> std::process::ExitCode {
    kb::cli::main(std::env::args_os().collect())
}

//! `kb completions SHELL`

use super::format::View;
use clap_complete::Shell;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "  kb completions bash > ~/.local/share/bash-completion/completions/kb\n  kb completions fish > ~/.config/fish/completions/kb.fish"
)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> View {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "kb", &mut script);
    View::Plain(String::from_utf8_lossy(&script).into_owned())
}

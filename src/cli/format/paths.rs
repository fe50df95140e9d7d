//! Paths, one a line. On a terminal what cannot be seen is shown; in a pipe a path is its bytes.

use crate::invisible;
use std::io::{self, IsTerminal, Write};

/// Prints the paths.
pub(super) fn print(paths: &[String], out: &mut dyn Write) -> io::Result<()> {
    let terminal = io::stdout().is_terminal();
    paths.iter().try_for_each(|path| match terminal {
        true => writeln!(out, "{}", invisible::line_for_terminal(path)),
        false => writeln!(out, "{path}"),
    })
}

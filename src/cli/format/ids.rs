//! Ids, one a line: for `kb context $(kb search --ids ...)`.

use crate::invisible;
use std::io::{self, Write};

/// Prints the ids.
pub(super) fn print(ids: &[String], out: &mut dyn Write) -> io::Result<()> {
    ids.iter().try_for_each(|id| writeln!(out, "{}", invisible::line_for_terminal(id)))
}

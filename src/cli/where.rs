//! `kb where`

use super::fail::Failure;
use super::format::View;
use super::settings::Settings;
use crate::knowledge_base::Why;
use crate::view::{FORMAT, WhereView};

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Args, settings: &Settings) -> Result<View, Failure> {
    let found = settings.found()?;
    let (why, said) = match found.why {
        Why::Flag => ("flag", "named by `--kb`"),
        Why::Environment => ("environment", "named by `KB_DIR`"),
        Why::Nearest => ("nearest", "the nearest one upwards"),
        Why::WorkTree => ("worktree", "the one of the main work tree, which all work trees share"),
        Why::Own => ("own", "your own, for there is none around here"),
    };
    let kb = found.base.root.to_string_lossy().into_owned();
    let said = if settings.json { Vec::new() } else { vec![said.to_owned()] };
    Ok(View::Where(WhereView { format: FORMAT, kb, name: found.base.name(), why }, said))
}

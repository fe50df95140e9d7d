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
    let why = match found.why {
        Why::Flag => "flag",
        Why::Environment => "environment",
        Why::Nearest => "nearest",
        Why::WorkTree => "worktree",
        Why::Own => "own",
    };
    let kb = found.base.root.to_string_lossy().into_owned();
    Ok(View::Where(WhereView { format: FORMAT, kb, name: found.base.name(), why }))
}

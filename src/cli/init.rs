//! `kb init [DIR]`

use super::fail::Failure;
use super::format::View;
use super::settings::Settings;
use crate::knowledge_base::{self, USUAL_NAME};
use crate::view::{FORMAT, WhereView};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder [default: ./notes]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let folder = args.folder.clone().unwrap_or_else(|| USUAL_NAME.into());
    let (base, there_before) = knowledge_base::init(&settings.machine.here.join(folder))?;
    let why = if there_before { "there before" } else { "made" };
    let kb = base.root.to_string_lossy().into_owned();
    Ok(View::Where(WhereView { format: FORMAT, kb, name: base.name(), why }, Vec::new()))
}

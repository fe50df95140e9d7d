//! `kb tag ID +a -b`

use super::fail::{Asked, Failure};
use super::format::View;
use super::settings::Settings;
use super::{handles, notes};
use crate::note::{Change, Note, edit};
use std::path::Path;

#[derive(Debug, clap::Args)]
#[command(after_help = "  kb tag k7f +cookies -draft")]
pub(super) struct Args {
    /// The note
    #[arg(value_name = "ID")]
    id: String,
    /// `+tag` adds a tag, `-tag` takes it away
    #[arg(value_name = "+TAG|-TAG", required = true, allow_hyphen_values = true)]
    tags: Vec<String>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let base = settings.base()?;
    let index = settings.index()?;
    let entry = handles::resolve(&args.id, settings, &index)?;
    let file = Path::new(&entry.file);
    let bytes = base.read(file)?;
    let mut tags = Note::parse(&bytes).0.head.tags;
    for change in &args.tags {
        let (add, tag) = match (change.strip_prefix('+'), change.strip_prefix('-')) {
            (Some(tag), _) => (true, tag),
            (_, Some(tag)) => (false, tag),
            _ => return Err(Failure::Asked(Asked::NotATag { tag: change.clone() })),
        };
        check_tag(tag)?;
        tags.retain(|known| known != tag);
        if add {
            tags.push(tag.to_owned());
        }
    }
    let failed = |source| Failure::Edit { path: base.root.join(file), source };
    let changed = edit(&bytes, &Change::List("tags", tags)).map_err(failed)?;
    base.rewrite(file, &bytes, &changed)?;
    notes::saved(settings, entry.id.as_str(), &entry.file)
}

/// A tag is one word that every note tool takes.
pub(super) fn check_tag(tag: &str) -> Result<(), Failure> {
    let fits = |c: char| c.is_alphanumeric() || "_-/.".contains(c);
    match !tag.is_empty() && tag.chars().all(fits) {
        true => Ok(()),
        false => Err(Failure::Asked(Asked::BadTag { text: tag.to_owned() })),
    }
}

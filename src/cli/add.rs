//! `kb add`: a text of one's own, kept as a note.

use super::fail::{Asked, Failure};
use super::format::{View, say};
use super::notes;
use super::settings::Settings;
use super::tag::check_tag;
use crate::citation::{self, Claims};
use crate::note::{self, Draft};
use crate::question::Question;
use crate::subject::{self, Seen, Subject};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

/// The largest text that is kept, in bytes.
const LARGEST: u64 = 64 << 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "  kb add --question \"how do we release?\" < release.md\n  git log -5 | kb add --title \"Last commits\" --tag log"
)]
pub(super) struct Args {
    /// Read the text from this file in place of standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The question that the text answers
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
    /// A title; it stands above the text's own heading
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// A tag for the note
    #[arg(long, value_name = "T")]
    tag: Vec<String>,
    /// The folder that the text is about: its `path:line` places are looked up there
    #[arg(long, value_name = "SUBJECT")]
    repo: Option<PathBuf>,
    #[arg(hide = true)]
    words: Vec<String>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    if !args.words.is_empty() {
        return Err(Failure::Asked(Asked::TextAsWords { words: args.words.join(" ") }));
    }
    let base = settings.base()?;
    args.tag.iter().try_for_each(|tag| check_tag(tag))?;
    let snapshot = match &args.repo {
        Some(folder) => {
            let hidden = base.hidden_from(&settings.machine.here.join(folder), &settings.machine);
            Some(subject::pin(&Subject::Folder(folder.clone()), &hidden, &settings.machine)?)
        }
        None => None,
    };
    let one_line = |text: &String| Question::new(text).map(|line| line.as_str().to_owned());
    let title = args.title.as_ref().and_then(one_line);
    let body = titled(read(args)?, title.as_deref());
    let question = args.question.as_deref().unwrap_or_default();
    let (mut citations, mut claims) = (Vec::new(), Claims::default());
    if let Some(snapshot) = &snapshot {
        let snapshots = std::slice::from_ref(snapshot);
        citations = citation::resolve(&body, snapshots);
        claims = citation::examine(&body, &mut citations, question, snapshots);
    }
    if let Some(snapshot) = &snapshot {
        Seen::remember(snapshot, &settings.machine);
        citation::keep(&citations, snapshot, &settings.machine);
    }
    let draft = Draft {
        question: args.question.as_ref().and_then(one_line),
        title,
        origin: "human",
        subjects: snapshot.into_iter().map(|snapshot| snapshot.pinned).collect(),
        citations,
        unknown_names: claims.unknown_names,
        tags: base.settings.tags_with(&args.tag),
        body,
        ..Draft::default()
    };
    let (id, path) = base.save(&draft, &settings.machine)?;
    notes::saved(settings, id.as_str(), &notes::relative(base, &path))
}

/// The text, with the given title above a heading of its own that says something else: a note is called by its
/// first heading.
fn titled(body: String, title: Option<&str>) -> String {
    let own = note::first_heading(&body).and_then(|heading| Question::new(&heading));
    let Some((title, _)) = title.zip(own).filter(|(title, own)| own.as_str() != *title) else { return body };
    let plain = format!("# {title}\n\n");
    if note::first_heading(&plain).as_deref() == Some(title) {
        return plain + &body;
    }
    let escaped = title.chars().flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c]));
    format!("# {}\n\n{body}", escaped.collect::<String>())
}

fn read(args: &Args) -> Result<String, Failure> {
    let what = args.file.as_ref().map_or_else(|| "standard input".to_owned(), |file| format!("`{}`", file.display()));
    let failed = |source| Failure::Read { what: what.clone(), source };
    let mut source: Box<dyn Read> = match &args.file {
        Some(file) => Box::new(File::open(file).map_err(failed)?),
        None => Box::new(io::stdin().lock()),
    };
    if args.file.is_none() && io::stdin().is_terminal() {
        say("kb: type the text; Ctrl-D ends it");
    }
    let mut bytes = Vec::new();
    source.by_ref().take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(io::Error::other("it is larger than 64 MB")));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::NotText { what })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if text.trim().is_empty() { Err(Failure::Empty) } else { Ok(text) }
}

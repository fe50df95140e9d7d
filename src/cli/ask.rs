//! `kb ask QUESTION...`

use super::fail::{self, Asked, Failure};
use super::format::{Printer, View, say};
use super::notes::{self, Viewer};
use super::settings::Settings;
use super::tag::check_tag;
use crate::agent::{self, Agent, Event};
use crate::citation::Standing;
use crate::job::{self, Job, Kept, Outcome};
use crate::question::Question;
use crate::subject::{self, Subject};
use crate::suggestion;
use crate::view::{self, AskView, FORMAT, NoteWithBody};
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
One question needs no quotation marks; several each need them.

  kb ask where are signed cookies set
  kb ask \"where are cookies set\" \"where are they read\" --repo ~/src/flask")]
pub(super) struct Args {
    /// What to ask
    #[arg(required = true, value_name = "QUESTION")]
    questions: Vec<String>,
    /// Who is to answer [default: auto, which is scout, built in]
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// The folder to ask about [default: the repository around the current folder]
    #[arg(long, value_name = "SUBJECT")]
    repo: Option<PathBuf>,
    /// Ask even if a note answers the same question and all it cites is as it was
    #[arg(long)]
    fresh: bool,
    /// A tag for the note
    #[arg(long, value_name = "T")]
    tag: Vec<String>,
    /// Keep the answer as a note even if it is that it is not there
    #[arg(long)]
    keep: bool,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    args.tag.iter().try_for_each(|tag| check_tag(tag))?;
    let questions = questions(&args.questions)?;
    let agent = agent(args.agent.as_deref().unwrap_or(&settings.agent), settings)?;
    settings.base()?;
    if !settings.json {
        say(&format!("{} answers: {}", agent.name(), agent.about()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    let mut worst = fail::DONE;
    for question in questions {
        let job = Job {
            id: job::new_job_id(&settings.machine),
            question,
            about: args.repo.clone().map_or_else(|| subject::here(&settings.machine.here), Subject::Folder),
            agent,
            tags: args.tag.clone(),
            ask_anyway: args.fresh,
            keep_not_found: args.keep,
            time_limit: settings.timeout,
        };
        let outcome = runtime.block_on(one(&job, settings, printer));
        let over = matches!(outcome, Err(Failure::Interrupted | Failure::Terminated));
        worst = worst.max(match outcome {
            Ok(outcome) => {
                let (view, last_line) = done(&job, outcome, settings)?;
                let code = printer.print(view)?;
                last_line.filter(|_| !settings.json).iter().for_each(|line| say(line));
                code
            }
            Err(failure) if settings.json => printer.print(failed(&job, &failure)).map(|_| failure.exit())?,
            Err(failure) => printer.failure(&failure),
        });
        if over {
            break;
        }
    }
    Ok(worst)
}

/// Runs a job until it ends or Ctrl-C ends it. What it started dies with it.
async fn one(job: &Job, settings: &Settings, printer: &Printer) -> Result<Outcome, Failure> {
    let progress = printer.progress();
    let mut interrupted = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut ended = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let mut events = |event: Event| match event {
        Event::Doing(what) => progress.show(&what),
        Event::Used(_) => {}
    };
    let result = tokio::select! {
        result = job::run(job, settings.base()?, &settings.machine, &mut events) => result.map_err(Failure::Job),
        _ = interrupted.recv() => Err(Failure::Interrupted),
        _ = ended.recv() => Err(Failure::Terminated),
    };
    progress.clear();
    result
}

/// All words are one question if none of them holds a space; otherwise each is one.
fn questions(words: &[String]) -> Result<Vec<Question>, Failure> {
    let is_whole = |word: &String| word.trim().contains(char::is_whitespace);
    let empty = || Failure::Asked(Asked::EmptyQuestion);
    if words.len() == 1 || !words.iter().any(is_whole) {
        return Ok(vec![Question::new(&words.join(" ")).ok_or_else(empty)?]);
    }
    match words.iter().find(|word| !is_whole(word)) {
        Some(word) => Err(Failure::Asked(Asked::MixedQuestions { word: word.clone() })),
        None => words.iter().map(|word| Question::new(word).ok_or_else(empty)).collect(),
    }
}

fn agent(wanted: &str, settings: &Settings) -> Result<&'static dyn Agent, Failure> {
    let wanted = match wanted {
        // A knowledge base may have a wish; the user's own word counts more.
        "auto" => {
            settings.base()?.settings.agent.as_deref().filter(|name| agent::by_name(name).is_some()).unwrap_or("scout")
        }
        named => named,
    };
    agent::by_name(wanted).ok_or_else(|| {
        let known: Vec<&str> = agent::ALL.iter().map(|agent| agent.name()).collect();
        Failure::NoSuchAgent { name: wanted.to_owned(), nearest: suggestion::nearest(wanted, &known) }
    })
}

/// What came of a job, as it is printed, and what is said behind it.
fn done(job: &Job, outcome: Outcome, settings: &Settings) -> Result<(View, Option<String>), Failure> {
    let Outcome { kept, citations, seconds } = outcome;
    let viewer = Viewer::new(settings)?;
    let (word, path, answer) = match kept {
        Kept::Saved(path) => ("kept", Some(path), None),
        Kept::Reused(path) => ("reused", Some(path), None),
        Kept::NotFound { markdown, saved } => ("not_found", saved, Some(markdown)),
    };
    let note = path.as_deref().map(|path| note(path, settings, &viewer)).transpose()?;
    let last_line = note.as_ref().map(|note| match word {
        "reused" => {
            format!("{} answered this before, and all it cites is as it was; `--fresh` asks anyway", note.note.id)
        }
        _ => format!("saved as {}: {}", note.note.id, note.note.path),
    });
    // Every citation was looked up a moment ago.
    let verdicts = Standing::as_resolved(&citations);
    let view = AskView {
        format: FORMAT,
        outcome: word,
        job: job.id.clone(),
        question: job.question.as_str().to_owned(),
        agent: job.agent.name().to_owned(),
        answer: answer.filter(|_| note.is_none()),
        abstained: word == "not_found",
        note,
        citations: view::citations(&citations, &verdicts),
        changed_meanwhile: Vec::new(),
        seconds: (seconds * 1000.0).round() / 1000.0,
        error: None,
    };
    Ok((View::Ask(Box::new(view)), last_line))
}

/// A job that came to nothing, for programs.
fn failed(job: &Job, failure: &Failure) -> View {
    let outcome = if matches!(failure, Failure::Interrupted | Failure::Terminated) { "cancelled" } else { "failed" };
    View::Ask(Box::new(AskView {
        format: FORMAT,
        outcome,
        job: job.id.clone(),
        question: job.question.as_str().to_owned(),
        agent: job.agent.name().to_owned(),
        note: None,
        answer: None,
        citations: Vec::new(),
        abstained: false,
        changed_meanwhile: Vec::new(),
        seconds: 0.0,
        error: Some(failure.view()),
    }))
}

fn note(path: &Path, settings: &Settings, viewer: &Viewer<'_>) -> Result<NoteWithBody, Failure> {
    let file = notes::relative(settings.base()?, path);
    let bytes = settings.base()?.read(Path::new(&file))?;
    let (note, _) = crate::note::Note::parse(&bytes);
    let id = note.head.id.as_ref().map(ToString::to_string).unwrap_or_default();
    let view = viewer.view(&id, &file, &note.head, &viewer.standing(&note.head));
    Ok(NoteWithBody { note: view, body: note.body().to_owned() })
}

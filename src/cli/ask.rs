//! `kb ask QUESTION...`

use super::fail::{Asked, Failure};
use super::format::{Printer, View, say};
use super::settings::Settings;
use super::tag::check_tag;
use super::terminal::{Looker, Word};
use super::{choose, handles, jobs, terminal, watch_jobs};
use crate::job::{Desk, Held, Jobs, Order, Record};
use crate::question::Question;
use crate::subject::{self, Subject};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(after_help = "\
One question needs no quotation marks; several each need them.

  kb ask where are signed cookies set
  kb ask \"where are cookies set\" \"where are they read\" --repo ~/src/flask
  kb ask -f questions.txt --agent claude,codex --jobs 8 --detach")]
pub(super) struct Args {
    /// What to ask
    #[arg(value_name = "QUESTION", required_unless_present = "file")]
    questions: Vec<String>,
    /// Read further questions from a file, one a line (`-`: standard input)
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who is to answer, several with commas between them [default: auto, the first that is ready]
    #[arg(long, value_name = "AGENT", value_delimiter = ',')]
    agent: Vec<String>,
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
    /// How many are asked at once [default: 4]
    #[arg(long, value_name = "N", value_parser = at_once)]
    jobs: Option<u16>,
    /// Notes that go along, as context
    #[arg(long, value_name = "ID")]
    with: Vec<String>,
    /// Go on from a note: in the agent's own session where it still can, else with the note as context
    #[arg(long, value_name = "ID")]
    follow: Option<String>,
    /// The model that the agent is to use
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// How much an agent may spend on a question, in US dollars, where it can be told
    #[arg(long, value_name = "USD", value_parser = dollars)]
    max_cost: Option<f64>,
    /// Do not tell the agent what scout found
    #[arg(long)]
    no_leads: bool,
    /// Do not send broken citations back to the agent
    #[arg(long)]
    no_mend: bool,
    /// Ask even where the kernel cannot keep the agent from changing files
    #[arg(long)]
    no_wall: bool,
    /// Print what would be told to whom, and behind which wall; ask nobody
    #[arg(long)]
    dry_run: bool,
    /// Print the jobs' ids and return; `kb jobs` shows them, `kb wait` waits for them
    #[arg(long, conflicts_with = "events")]
    detach: bool,
    /// Print JSON lines as things happen; the last of each job is what `--json` prints
    #[arg(long)]
    events: bool,
}

impl Args {
    pub(super) fn events(&self) -> bool {
        self.events
    }
}

fn at_once(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| (1..=256).contains(number));
    number.ok_or_else(|| "it is not a number from 1 to 256".to_owned())
}

fn dollars(text: &str) -> Result<f64, String> {
    let amount = text.parse().ok().filter(|usd: &f64| usd.is_finite() && *usd > 0.0);
    amount.ok_or_else(|| "it is not an amount like `0.50`".to_owned())
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    let store = jobs::to_start(settings)?;
    args.tag.iter().try_for_each(|tag| check_tag(tag))?;
    let mut questions = questions(&args.questions)?;
    if let Some(file) = &args.file {
        questions.extend(from_file(file)?);
    }
    if let Some(question) = questions.iter().find(|question| !question.as_str().contains(char::is_alphanumeric)) {
        return Err(Failure::Asked(Asked::NoWord { question: question.as_str().to_owned() }));
    }
    let mut asked: Vec<String> = Vec::new();
    questions.retain(|question| {
        let is_new = !asked.contains(&question.normal());
        asked.push(question.normal());
        is_new
    });
    let agents = choose::chosen(&args.agent, settings)?;
    let base = settings.base()?;
    let subject = match &args.repo {
        Some(folder) => subject::root(folder, &settings.machine).map(|_| settings.machine.here.join(folder))?,
        None => match subject::here(&settings.machine) {
            Subject::Folder(folder) => folder,
        },
    };
    let with = args.with.iter().map(|handle| id_of(handle, settings)).collect::<Result<Vec<_>, _>>()?;
    let follows = args.follow.as_deref().map(|handle| id_of(handle, settings)).transpose()?;
    let order = |question: &Question, agent: &choose::Chosen| Order {
        question: question.as_str().to_owned(),
        agent: agent.candidate.agent.name().to_owned(),
        agent_is_named: agent.is_named,
        subject: subject.clone(),
        subject_is_named: args.repo.is_some(),
        base: base.root.clone(),
        tags: args.tag.clone(),
        ask_anyway: args.fresh,
        keep_not_found: args.keep,
        leads: !args.no_leads,
        mend: !args.no_mend,
        without_wall: args.no_wall,
        with: with.clone(),
        follows: follows.clone(),
        model: args.model.clone(),
        max_cost: args.max_cost,
        seconds: settings.timeout.map(|limit| limit.as_secs()),
        memory: settings.memory,
        ..Order::default()
    };
    let orders: Vec<Order> =
        questions.iter().flat_map(|question| agents.iter().map(|agent| order(question, agent))).collect();
    for agent in agents.iter().map(|agent| agent.candidate.agent) {
        for (flag, is_given, is_taken) in [
            ("--model", args.model.is_some(), agent.takes_model()),
            ("--max-cost", args.max_cost.is_some(), agent.takes_max_cost()),
            ("--with", !args.with.is_empty(), agent.executable().is_some()),
        ] {
            if is_given && !is_taken {
                say(&format!("kb: {} cannot be told that: `{flag}` does not hold for it", agent.name()));
            }
        }
    }
    if args.dry_run {
        return dry_run(&orders, settings, printer);
    }
    crate::job::tidy(&settings.roster, &settings.machine);
    let records: Vec<Record> =
        orders.into_iter().map(|order| store.add(order, &settings.machine)).collect::<Result<_, _>>()?;
    if !settings.json {
        for agent in &agents {
            let candidate = &agent.candidate;
            let others = if args.agent.is_empty() { "; `--agent` names another" } else { "" };
            say(&format!("{} answers: {}{others}", candidate.agent.name(), candidate.about(&settings.machine)));
        }
        for agent in &agents {
            super::agents::warn_of_login(&agent.candidate, settings);
        }
    }
    let at_once = args.jobs.map_or(settings.jobs, usize::from);
    // Scout is done before anybody could detach.
    let takes_long = agents.iter().any(|agent| agent.candidate.agent.executable().is_some());
    match args.detach {
        true => jobs::detach(&records, at_once, settings, printer),
        false if takes_long && terminal::can_watch(settings) => terminal::watch(&records, at_once, settings),
        false => jobs::run_records(&records, at_once, settings, printer, &mut Looker::here()),
    }
}

/// The id of the note that a handle means.
fn id_of(handle: &str, settings: &Settings) -> Result<String, Failure> {
    let index = settings.index()?;
    let entry = handles::resolve(handle, settings, &index)?;
    index.persist()?;
    Ok(entry.id.to_string())
}

/// Prints what would be told to whom.
fn dry_run(orders: &[Order], settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    let desk = Desk::new(settings.base()?, &settings.machine, &settings.roster);
    let mut worst = super::fail::DONE;
    for order in orders {
        let plan = runtime.block_on(crate::job::plan(order, &desk));
        let plan = plan.map_err(|error| Failure::Job { agent: order.agent.clone(), error: Box::new(error) })?;
        worst = worst.max(printer.print(View::Plan(Box::new(plan.into())))?);
    }
    Ok(worst)
}

/// Runs jobs in this process until all have ended, or Ctrl-C ends them; then those that wait for their turn
/// behind them end, too.
pub(super) fn run_here(
    jobs: Vec<(Record, Held)>,
    waiting: &[Record],
    at_once: usize,
    settings: &Settings,
    printer: &Printer,
    looker: &mut Looker,
) -> Result<u8, Failure> {
    let mut records: Vec<Record> = jobs.iter().map(|(record, _)| record.clone()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    let desk = Desk::new(settings.base()?, &settings.machine, &settings.roster);
    let store = Jobs::of(&settings.machine);
    let screen = RefCell::new(watch_jobs::Screen::new(&records, settings, printer, looker.looks())?);
    screen.borrow_mut().begin(&records);
    let over = runtime.block_on(async {
        let mut interrupted = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
        let mut ended = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
        let mut all = std::pin::pin!(crate::job::run_all(jobs, at_once, &desk, &screen));
        let why = loop {
            tokio::select! {
                () = &mut all => return Ok(None),
                _ = interrupted.recv() => break Failure::Interrupted,
                _ = ended.recv() => break Failure::Terminated,
                word = looker.word() => match word {
                    Word::Interrupt => break Failure::Interrupted,
                    Word::End => break Failure::Terminated,
                    Word::Detach => {
                        screen.borrow_mut().nobody_looks();
                        looker.let_go();
                    }
                },
            }
        };
        desk.stop();
        screen.borrow_mut().is_stopping();
        // Agents save what they need to go on later, unless somebody cannot wait for that.
        tokio::select! {
            () = &mut all => {}
            _ = interrupted.recv() => {}
            _ = ended.recv() => {}
            _ = looker.word() => {}
        }
        Ok::<_, Failure>(Some(why))
    })?;
    let screen = screen.into_inner();
    if let Some(failure) = over {
        records.extend_from_slice(waiting);
        return screen.stop(&records, &failure, &store);
    }
    // The notes are on disk; an index that cannot be had now is the next command's business.
    let _ = settings.index().map(crate::index::Index::persist);
    Ok(screen.worst())
}

/// All words are one question if none of them holds a space; otherwise each is one.
fn questions(words: &[String]) -> Result<Vec<Question>, Failure> {
    let is_whole = |word: &String| word.trim().contains(char::is_whitespace);
    let empty = || Failure::Asked(Asked::EmptyQuestion);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    if words.len() == 1 || !words.iter().any(is_whole) {
        return Ok(vec![Question::new(&words.join(" ")).ok_or_else(empty)?]);
    }
    match words.iter().find(|word| !is_whole(word)) {
        Some(word) => Err(Failure::Asked(Asked::MixedQuestions { word: word.clone() })),
        None => words.iter().map(|word| Question::new(word).ok_or_else(empty)).collect(),
    }
}

/// One question a line; empty lines and those that begin with `#` are none.
fn from_file(path: &Path) -> Result<Vec<Question>, Failure> {
    let what = || format!("`{}`", path.display());
    let bytes = match path.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()).map(String::into_bytes),
        false => std::fs::read(path),
    };
    let bytes = bytes.map_err(|source| Failure::Read { what: what(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::NotText { what: what() })?;
    let questions: Vec<Question> =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(Question::new).collect();
    if questions.is_empty() { Err(Failure::Asked(Asked::EmptyQuestion)) } else { Ok(questions) }
}

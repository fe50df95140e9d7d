//! What goes to an agent beside the question: leads from scout, and notes as data.

use super::stop::Stop;
use super::{Desk, JobError, Order, scout};
use crate::agent::{self, Answer, Brief, Event, Start, Usage};
use crate::citation::Standing;
use crate::context::{self, Budget, Piece};
use crate::index::Index;
use crate::note::{Accused, Checker, Note};
use crate::question::Question;
use crate::search::{self, Spot};
use crate::subject::Snapshot;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};

/// About how many tokens the notes that go along may take.
const NOTES: Budget = Budget(8_000);
/// How many leads a model is given.
const LEADS: usize = 8;
/// How many of them a person is shown at once.
const SHOWN: usize = 3;
/// How many notes of one session are counted together.
const LONGEST_SESSION: usize = 100;
/// So many scouts look for leads at once.
const SCOUTS: usize = 2;
/// Leads that take longer are not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The agent's own session to go on in, and what it had used up.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) used: Option<Usage>,
}

/// Where scout would look.
#[derive(Default)]
pub(super) struct Leads {
    /// A line each; none if that is no answer.
    pub(super) lines: Vec<String>,
    /// All of the places, the likeliest first, answer or not.
    pub(super) places: Vec<Spot>,
}

/// What scout found already, by subject and question: several agents are asked the same.
pub(super) struct Found {
    known: RefCell<HashMap<(PathBuf, String), Once>>,
    /// Each scout holds the facts of the whole subject, and uses all cores.
    turns: Semaphore,
}

impl Default for Found {
    fn default() -> Self {
        Self { known: RefCell::default(), turns: Semaphore::new(SCOUTS) }
    }
}

type Once = Rc<OnceCell<Rc<Leads>>>;

/// Places that scout finds first; none if it finds nothing in time.
pub(super) async fn leads(
    question: &Question,
    snapshot: &Snapshot,
    desk: &Desk<'_>,
    stop: &Stop,
    events: &mut dyn FnMut(Event),
) -> Rc<Leads> {
    let key = (snapshot.root.clone(), question.as_str().to_owned());
    let known = desk.found.known.borrow_mut().entry(key).or_default().clone();
    let find = async || match find(question, snapshot, desk, stop).await {
        // Of a job that is stopped they may be none too early; others look themselves.
        _ if stop.is_wanted() => Err(()),
        found => Ok(Rc::new(found)),
    };
    let leads = known.get_or_try_init(find).await.cloned().unwrap_or_default();
    let shown: Vec<&str> = leads.lines.iter().take(SHOWN).map(|lead| lead.trim_matches('`')).collect();
    if !shown.is_empty() {
        events(Event::Leads(shown.join(", ")));
    }
    leads
}

async fn find(question: &Question, snapshot: &Snapshot, desk: &Desk<'_>, stop: &Stop) -> Leads {
    let Some(candidate) = desk.roster.by_name("scout") else { return Leads::default() };
    let brief = Brief::new(question, snapshot, desk.machine);
    let Ok(mut program) = candidate.agent.program(&brief) else { return Leads::default() };
    program.time_limit = PATIENCE;
    let Ok(start) = scout::start(&program, snapshot, scout::wall(desk), desk) else { return Leads::default() };
    let _turn = tokio::select! {
        turn = desk.found.turns.acquire() => turn,
        () = stop.wanted() => return Leads::default(),
    };
    let start = Start { stop: Some(Box::pin(stop.wanted())), ..start };
    let Ok(Answer { cited: Some(places), found, .. }) = agent::run(program, start, &mut |_| {}).await else {
        return Leads::default();
    };
    let mut lines: Vec<String> = Vec::new();
    if found {
        let line = |place: &agent::Place| format!("`{}:{}-{}`", place.path, place.first, place.last);
        lines.extend(places.iter().take(LEADS).map(line));
    }
    let spot = |place: agent::Place| Spot::new(place.path, place.first, place.last, None);
    Leads { lines, places: places.into_iter().filter_map(spot).collect() }
}

/// The session of the note that is followed up, if this agent can go on in it.
pub(super) fn session(order: &Order, desk: &Desk<'_>) -> Result<Option<Session>, JobError> {
    let Some(id) = &order.follows else { return Ok(None) };
    let index = index(desk)?;
    let head = read(id, &index, desk)?.head;
    let same = head.agent.as_ref().filter(|agent| agent.name == order.agent);
    let Some(session) = same.and_then(|agent| agent.session.clone()) else { return Ok(None) };
    let mut used = head.usage.clone();
    let mut earlier = head.follows.clone();
    for _ in 0..LONGEST_SESSION {
        let Some(note) = earlier.and_then(|id| read(&id, &index, desk).ok()) else { break };
        if note.head.agent.and_then(|agent| agent.session).as_ref() != Some(&session) {
            break;
        }
        used = used.plus(&note.head.usage);
        earlier = note.head.follows;
    }
    Ok(Some(Session { id: session, used: Some(used) }))
}

/// The notes that go along, ready to paste: the one that is asked again, with what changed since it was
/// written, those asked for, and the one followed up where its session cannot be gone on in.
pub(super) fn notes(order: &Order, in_session: bool, desk: &Desk<'_>) -> Result<Option<String>, JobError> {
    let followed = order.follows.iter().filter(|_| !in_session);
    let ids: Vec<&String> = order.refreshes.iter().chain(&order.with).chain(followed).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let near = vec![order.subject.clone(), desk.kb.root.clone()];
    let checker = Checker::new(near, vec![desk.kb.root.clone()], desk.machine);
    let index = index(desk)?;
    let mut notes = Vec::new();
    for id in &ids {
        let mut note = read(id, &index, desk)?;
        let standing = checker.standing(&note.head);
        if order.refreshes.as_ref() == Some(*id) {
            note = with_changes(note, &standing, &checker);
        }
        notes.push((note, standing));
    }
    let pieces: Vec<Piece<'_>> =
        notes.iter().zip(&ids).map(|((note, standing), id)| Piece { note, id, standing }).collect();
    Ok(Some(context::render(&pieces, NOTES).text))
}

/// A note that begins with what became of what it cites. It goes before the rest, which may be cut.
fn with_changes(note: Note, standing: &Standing, checker: &Checker) -> Note {
    let cited: Vec<Accused<'_>> = note
        .head
        .citations
        .iter()
        .zip(&standing.citations)
        .map(|(citation, verdict)| Accused { head: &note.head, citation, verdict })
        .collect();
    let became = checker.became(&cited, &|root| checker.now(root), "HEAD");
    let changes = context::changes(&cited.into_iter().zip(became).collect::<Vec<_>>());
    if changes.is_empty() {
        return note;
    }
    let text = format!("Since this note was written:\n\n{changes}The note as it was written:\n\n{}", note.body());
    Note { body: 0..text.len(), text, ..note }
}

fn index(desk: &Desk<'_>) -> Result<Index, JobError> {
    Ok(Index::up_to_date(&desk.kb.root, &desk.kb.settings.exclude)?)
}

fn read(id: &str, index: &Index, desk: &Desk<'_>) -> Result<Note, JobError> {
    let entry = search::find(id, &desk.kb.root, index)?;
    Ok(Note::parse(&desk.kb.read(Path::new(&entry.file))?).0)
}

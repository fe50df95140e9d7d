//! A question that a note already answers is not asked again: the same question in normal form, the
//! same subject, the same agent or a stronger one, and every citation as it was.

use super::{JobError, Order};
use crate::agent::{self, AgentStamp};
use crate::citation::{Citation, Status};
use crate::index::Index;
use crate::knowledge_base::KnowledgeBase;
use crate::machine::Machine;
use crate::note::{Checker, Head};
use crate::question::Question;
use crate::search::{self, Query};
use crate::subject::Snapshot;
use std::path::PathBuf;

/// How many of the likeliest notes are looked at.
const LOOKED_AT: usize = 40;

/// The note that answers the question already, with its citations.
pub(super) fn still_fresh(
    order: &Order,
    question: &Question,
    snapshot: &Snapshot,
    kb: &KnowledgeBase,
    machine: &Machine,
) -> Result<Option<(PathBuf, Vec<Citation>)>, JobError> {
    // What is asked about other notes is not asked by its words alone.
    if order.ask_anyway || order.follows.is_some() || !order.with.is_empty() {
        return Ok(None);
    }
    let index = Index::up_to_date(&kb.root, &kb.settings.exclude)?;
    let normal = question.normal();
    let Some(query) = Query::of_text(&normal) else { return Ok(None) };
    let Ok(results) = search::run(&index, &query, LOOKED_AT) else { return Ok(None) };
    // Looked at here, wherever a folder of this name lies, too.
    let checker = Checker::new(vec![snapshot.root.clone()], snapshot.hidden.clone(), machine).against(snapshot);
    let mut answers =
        results.hits.into_iter().map(|hit| hit.entry).filter(|entry| answers(&entry.head, order, &normal, snapshot));
    let fresh = answers.find(|entry| checker.standing(&entry.head).status == Status::Fresh);
    drop(answers);
    index.persist()?;
    Ok(fresh.map(|entry| (kb.root.join(&entry.file), entry.head.citations)))
}

/// Whether a note answers this, as far as it says itself.
fn answers(head: &Head, order: &Order, normal: &str, snapshot: &Snapshot) -> bool {
    let asked = head.question.as_deref().and_then(Question::new).is_some_and(|asked| asked.normal() == normal);
    let by = head.agent.as_ref().is_some_and(|agent| stands_for(agent, order));
    let about = match head.subjects.as_slice() {
        [about] => about.is_exactly(&snapshot.pinned),
        _ => false,
    };
    let by_itself = head.follows.is_none() && head.with.is_empty();
    let is_answer = head.origin.as_deref() == Some("agent") && !head.not_found;
    asked && by && about && by_itself && is_answer
}

/// Whether an answer of this agent is as good as one of the agent that is to be asked. Nobody knows which of
/// two models is the stronger; all of them are stronger than scout, which never stands in for one.
fn stands_for(agent: &AgentStamp, order: &Order) -> bool {
    let is_model = || agent::by_name(&agent.name).is_some_and(|known| known.executable().is_some());
    let same = agent.name == order.agent;
    let stronger = || !order.agent_is_named && order.agent == "scout" && is_model();
    let model = order.model.as_deref().is_none_or(|wanted| agent.model.as_deref().is_some_and(|it| is_of(it, wanted)));
    (same || stronger()) && model
}

/// Whether a model is the one that is wanted: by its name, its name without the date, or the alias of its
/// family, `sonnet`.
fn is_of(model: &str, wanted: &str) -> bool {
    let is_date = |rest: &str| rest.len() == 9 && rest[1..].bytes().all(|byte| byte.is_ascii_digit());
    let dated = || model.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-') && is_date(rest));
    let alias = || wanted.bytes().all(|byte| byte.is_ascii_alphabetic()) && model.split('-').any(|part| part == wanted);
    model == wanted || dated() || alias()
}

//! One agent, asked: what it is told, the wall around it, and its answer.

use super::{Desk, Folder, JobError, Order};
use crate::agent::{self, Answer, Brief, Candidate, Event, Start};
use crate::question::Question;
use crate::subject::Snapshot;
use std::time::Duration;

/// Asks the agent. The question may come with what scout found and with notes.
pub(super) async fn ask(
    order: &Order,
    question: &Question,
    candidate: &Candidate,
    snapshot: &Snapshot,
    desk: &Desk<'_>,
    folder: Option<&Folder>,
    events: &mut dyn FnMut(Event),
) -> Result<Answer, JobError> {
    let machine = desk.machine;
    let not_installed = || JobError::NotInstalled {
        agent: order.agent.clone(),
        program: candidate.agent.executable().unwrap_or_default().to_owned(),
    };
    let executable = candidate.program(machine).ok_or_else(not_installed)?;
    let brief = Brief {
        question,
        prompt: question.as_str(),
        session: None,
        executable: &executable,
        home: &machine.here,
        model: order.model.as_deref().or(candidate.options.model.as_deref()),
        max_cost: order.max_cost,
        snapshot,
        kb: &machine.program,
        cache: &machine.cache,
    };
    let mut program = candidate.agent.program(&brief)?;
    program.time_limit = order.seconds.map_or(program.time_limit, Duration::from_secs);
    let start = Start { stream: folder.map(Folder::stream), ..Start::default() };
    Ok(agent::run(program, start, events).await?)
}

//! One agent, asked: what it is told, the wall around it, and its answer.

use super::{Desk, Folder, JobError, Order, told};
use crate::agent::{self, Answer, Brief, Candidate, Event, Start};
use crate::question::Question;
use crate::subject::Snapshot;
use std::time::Duration;

/// Whom to ask, and what.
pub(super) struct Asked<'a> {
    pub(super) order: &'a Order,
    pub(super) question: &'a Question,
    pub(super) candidate: &'a Candidate,
    pub(super) snapshot: &'a Snapshot,
    pub(super) desk: &'a Desk<'a>,
    pub(super) folder: &'a Folder,
}

/// Asks the agent. Its answer, and the wall that it was behind.
pub(super) async fn ask(asked: &Asked<'_>, events: &mut dyn FnMut(Event)) -> Result<(Answer, &'static str), JobError> {
    let Asked { order, question, candidate, snapshot, desk, folder } = asked;
    let machine = desk.machine;
    let not_installed = || JobError::NotInstalled {
        agent: order.agent.clone(),
        program: candidate.agent.executable().unwrap_or_default().to_owned(),
    };
    let executable = candidate.program(machine).ok_or_else(not_installed)?;
    let is_scout = candidate.agent.executable().is_none();
    let session = told::session(order, desk)?;
    let notes = told::notes(order, session.is_some(), desk)?;
    let leads = match order.leads && !is_scout && session.is_none() {
        true => told::leads(question, snapshot, desk, events).await,
        false => Vec::new(),
    };
    let prompt = agent::prompt(question, &leads, notes.as_deref());
    let id = folder.id();
    let needs = candidate.needs();
    let variables: Vec<String> =
        needs.variables.iter().filter(|name| machine.variable(name).is_some()).cloned().collect();
    let brief = Brief {
        job: &id,
        prompt: &prompt,
        session: session.as_ref().map(|session| session.id.as_str()),
        used_before: session.as_ref().and_then(|session| session.used.as_ref()),
        walled: false,
        variables: &variables,
        executable: &executable,
        model: order.model.as_deref().or(candidate.options.model.as_deref()),
        max_cost: order.max_cost,
        ..Brief::new(question, snapshot, machine)
    };
    let mut program = candidate.agent.program(&brief)?;
    program.time_limit = order.seconds.map_or(program.time_limit, Duration::from_secs);
    let start = Start { stream: Some(folder.stream()), ..Start::default() };
    Ok((agent::run(program, start, events).await?, "none"))
}

//! One agent, asked: what it is told, the wall around it, and its answer.

use super::enclose::{self, Enclosed, Enclosure};
use super::lacks::{Behind, Lacks};
use super::mend::Letter;
use super::stop::Stop;
use super::{Desk, Folder, JobError, Noticed, Order, offer, scout, told};
use crate::agent::home::{self, HomeError};
use crate::agent::login::{LoginError, LoginWatch};
use crate::agent::{self, AgentError, Answer, Brief, Candidate, Event, Program, Start};
use crate::question::Question;
use crate::sandbox::{NOT_STANDING, Wall, usual_memory};
use crate::subject::{self, Snapshot};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Whom to ask, and what.
pub(super) struct Asked<'a> {
    pub(super) order: &'a Order,
    pub(super) question: &'a Question,
    pub(super) candidate: &'a Candidate,
    pub(super) snapshot: &'a Snapshot,
    pub(super) desk: &'a Desk<'a>,
    pub(super) stop: &'a Stop,
    /// The job's.
    pub(super) id: &'a str,
    /// What is said instead of the question, in the session of the answer that it is about.
    pub(super) letter: Option<&'a Letter>,
}

/// All that is decided before an agent is started.
struct Prepared {
    executable: PathBuf,
    prompt: String,
    program: Program,
    wall: Wall,
    /// The job, or the session that is gone on in.
    name: String,
    /// It is the session.
    goes_on: bool,
}

/// What would be told to whom, and behind which wall.
#[derive(Debug)]
pub struct Plan {
    /// Who would be asked.
    pub agent: String,
    /// What.
    pub question: String,
    /// Behind which wall.
    pub wall: &'static str,
    /// The exact command line, without the wall's.
    pub command: Vec<String>,
    /// Names of its variables.
    pub variables: Vec<String>,
    /// Hosts that it could reach.
    pub hosts: Vec<String>,
    /// What it could read, besides the system's programs.
    pub read: Vec<String>,
    /// What it would be told.
    pub prompt: String,
}

/// Decides all, starts nothing but scout for its leads.
pub(super) async fn plan(asked: &Asked<'_>) -> Result<Plan, JobError> {
    let Prepared { executable, prompt, program, wall, name, .. } = prepare(asked, Sessions::GoOn, &mut |_| {}).await?;
    let Asked { order, question, candidate, snapshot, desk, id, .. } = asked;
    let home = home::path(&order.agent, &name, desk.machine);
    let needs = candidate.needs();
    let read = match is_scout(candidate) {
        true => scout::readable(snapshot, desk),
        false => enclose::readable(&needs, &executable, snapshot, desk),
    };
    let mut hosts: Vec<String> = candidate.reach(desk.machine).iter().map(ToString::to_string).collect();
    hosts.sort();
    hosts.dedup();
    let place = enclose::Place { executable: &executable, home: &home, wall, job: id };
    let variables = match is_scout(candidate) {
        true => Vec::new(),
        false => enclose::environment(&needs, &place, &program, desk.machine),
    };
    let mut variables: Vec<String> =
        variables.into_iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    if wall != Wall::None && !hosts.is_empty() {
        variables.extend(enclose::SET_BY_THE_WALL.map(str::to_owned));
    }
    Ok(Plan {
        agent: order.agent.clone(),
        question: question.as_str().to_owned(),
        wall: wall.word(),
        command: program.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        variables,
        hosts,
        read: read.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        prompt,
    })
}

/// Asks the agent. Its answer, and the wall that it was behind. `folder` is where its raw output goes.
pub(super) async fn ask(
    asked: &Asked<'_>,
    folder: &Folder,
    events: &mut dyn FnMut(Event),
) -> Result<(Answer, &'static str), JobError> {
    let mut prepared = prepare(asked, Sessions::GoOn, events).await?;
    let Asked { order, candidate, snapshot, desk, id, stop, .. } = *asked;
    if stop.is_wanted() {
        return Err(JobError::Cancelled);
    }
    let (stream, wanted) = (Some(folder.stream()), stop.wanted());
    let memory = Some(order.memory.unwrap_or_else(usual_memory));
    if is_scout(candidate) {
        return Box::pin(ask_scout(asked, prepared, stream, memory, events)).await;
    }
    let around = async |prepared: &Prepared| {
        let Prepared { executable, program, wall, name, .. } = prepared;
        let enclosed = Enclosed { candidate, executable, snapshot, desk, wall: *wall, name, job: id };
        patiently(|| enclose::around(&enclosed, program), stop).await
    };
    let mut enclosure = match around(&prepared).await {
        Err(JobError::Home(HomeError::InUse { .. })) if prepared.goes_on && asked.letter.is_none() => {
            let why = "another job goes on in that session: the note goes along as context in its place";
            events(Event::Warning(why.to_owned()));
            prepared = prepare(asked, Sessions::Anew, events).await?;
            around(&prepared).await?
        }
        enclosure => enclosure?,
    };
    let Prepared { executable, program, wall, name, goes_on, .. } = prepared;
    let home = &mut enclosure.home;
    let (place, login) = (home.path.clone(), &mut home.login);
    let tick = || {
        // An error is told at the end: until then the tokens are where the agent put them.
        let _ = login.as_mut().map(LoginWatch::poll);
        match home::is_too_large(&place) {
            true => Err(AgentError::TooLarge { agent: order.agent.clone(), limit: home::LARGEST }),
            false => Ok(()),
        }
    };
    let start = Start {
        command: std::mem::take(&mut enclosure.command),
        environment: Some(std::mem::take(&mut enclosure.environment)),
        stream,
        last_words: Some(folder.stderr()),
        not_standing: (wall != Wall::None).then_some(NOT_STANDING),
        memory,
        tick: Some(Box::new(tick)),
        stop: Some(Box::pin(wanted)),
    };
    let answer = agent::run(program, start, events).await;
    let report = enclosure.proxy().map(|proxy| proxy.report());
    let Enclosure { home, .. } = enclosure;
    // A session that could be gone on in before is not lost by one failure.
    let session = match &answer {
        Ok(answer) => answer.agent.session.as_deref(),
        Err(_) => goes_on.then_some(name.as_str()),
    };
    let put_away = match session {
        Some(session) => home.keep(&order.agent, session, desk.machine),
        None => home.discard(),
    };
    if let Err(error) = put_away {
        // The answer was paid for.
        events(Event::Warning(error.to_string()));
    }
    match answer {
        Ok(mut answer) => {
            // Not all of them say it themselves.
            answer.agent.version = answer.agent.version.or_else(|| agent::installed_version(&executable));
            Ok((answer, wall.word()))
        }
        Err(error @ AgentError::Stopped { .. }) => Err(error.into()),
        Err(error) => {
            let noticed = Noticed::of(&error, report.unwrap_or_default(), candidate.lacks_login(desk.machine));
            let behind = Behind {
                readable: &enclose::readable(&candidate.needs(), &executable, snapshot, desk),
                executable: &executable,
                needs: &candidate.needs(),
                is_trial: order.is_trial,
            };
            // What it needs to start at all comes before its login.
            let is_first = matches!(noticed.as_slice(), [] | [Noticed::NoLogin]) && wall != Wall::None;
            Err(match Lacks::of(&error, &behind, desk.machine).filter(|_| is_first) {
                Some(lacks) => JobError::Lacking { error, lacks: Box::new(lacks) },
                None if noticed.is_empty() => error.into(),
                None => JobError::Hindered { error: Box::new(error), noticed },
            })
        }
    }
}

/// Asks scout. Around some folders no wall can be built (`/etc`); scout is kb itself, and needs none.
async fn ask_scout(
    asked: &Asked<'_>,
    prepared: Prepared,
    stream: Option<PathBuf>,
    memory: Option<u64>,
    events: &mut dyn FnMut(Event),
) -> Result<(Answer, &'static str), JobError> {
    let Asked { snapshot, desk, stop, .. } = *asked;
    let Prepared { mut program, mut wall, .. } = prepared;
    loop {
        let started = scout::start(&program, snapshot, wall, desk)?;
        let start = Start { stream: stream.clone(), memory, stop: Some(Box::pin(stop.wanted())), ..started };
        match agent::run(program, start, events).await {
            Err(AgentError::NotStanding { .. }) if wall != Wall::None => {
                wall = Wall::None;
                program = prepare(asked, Sessions::GoOn, events).await?.program;
            }
            answer => return Ok((answer?, wall.word())),
        }
    }
}

/// How long another job may take to renew a login.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often it is tried again meanwhile.
const TRIED_AGAIN: Duration = Duration::from_millis(200);

/// Tries again while another job renews the login, which may be one of this process: it must go on.
async fn patiently<T>(mut attempt: impl FnMut() -> Result<T, JobError>, stop: &Stop) -> Result<T, JobError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(JobError::Home(HomeError::Login(LoginError::Busy { .. }))) if Instant::now() < until => {
                if stop.is_wanted() {
                    return Err(JobError::Cancelled);
                }
                tokio::time::sleep(TRIED_AGAIN).await;
            }
            other => return other,
        }
    }
}

/// What is done with the session of a note that is followed up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sessions {
    /// It is gone on in, where it can be.
    GoOn,
    /// It is let be.
    Anew,
}

async fn prepare(asked: &Asked<'_>, sessions: Sessions, events: &mut dyn FnMut(Event)) -> Result<Prepared, JobError> {
    let Asked { order, question, candidate, snapshot, desk, id, letter, stop } = *asked;
    let machine = desk.machine;
    let not_installed = || JobError::NotInstalled {
        agent: order.agent.clone(),
        program: candidate.agent.executable().unwrap_or_default().to_owned(),
    };
    let executable = candidate.program(machine).ok_or_else(not_installed)?;
    if !is_scout(candidate) && !order.subject_is_named && subject::holds_home(&snapshot.root, machine) {
        return Err(JobError::WholeHome { path: snapshot.root.clone(), agent: order.agent.clone() });
    }
    let wall = match is_scout(candidate) {
        true => scout::wall(desk),
        false => enclose::wall(order.without_wall, desk)?,
    };
    if wall != Wall::None && !candidate.reach(machine).is_empty() {
        enclose::upstream(machine)?;
    }
    let session = match letter {
        Some(letter) => Some(letter.session.clone()),
        None if sessions == Sessions::Anew => None,
        None => told::session(order, desk)?.filter(|session| has_home(order, &session.id, desk)),
    };
    let leads = match order.leads && !is_scout(candidate) && session.is_none() {
        true => told::leads(question, snapshot, desk, stop, events).await,
        false => Rc::default(),
    };
    // Before it costs anything.
    if letter.is_none() && order.refreshes.is_none() && !is_scout(candidate) {
        offer::tell(order, question, &leads.places, snapshot, desk, events);
    }
    if letter.is_none()
        && !is_scout(candidate)
        && (wall == Wall::None || !candidate.reach(machine).is_empty())
        && let Some((file, kind)) = enclose::secret_of_git(snapshot, desk)
    {
        events(Event::Warning(format!(
            "`{}` holds a secret ({kind}) that {} can read; a credential helper of git's keeps it elsewhere",
            file.display(),
            order.agent
        )));
    }
    if letter.is_none() && wall != Wall::None {
        for folder in enclose::left_out(&candidate.needs(), snapshot, desk) {
            events(Event::Warning(format!(
                "git's history may be incomplete for {0}: this repository points to `{1}`, which nobody says it may \
                 read; `read = [\"{1}\"]` under `[agents.{0}]` in your `config.toml` says so",
                order.agent,
                folder.display()
            )));
        }
    }
    let is_refresh = order.refreshes.is_some();
    let notes = || told::notes(order, session.is_some(), desk);
    let prompt = match letter {
        Some(letter) => letter.text.clone(),
        None if is_scout(candidate) => question.as_str().to_owned(),
        None => agent::prompt(question, &leads.lines, notes()?.as_deref(), is_refresh),
    };
    let needs = candidate.needs();
    let variables: Vec<String> =
        needs.variables.iter().filter(|name| machine.variable(name).is_some()).cloned().collect();
    let name = session.as_ref().map_or_else(|| id.to_owned(), |session| home::of_session(&session.id));
    let home = home::path(&order.agent, &name, machine);
    let brief = Brief {
        job: id,
        prompt: &prompt,
        session: session.as_ref().map(|session| session.id.as_str()),
        used_before: session.as_ref().and_then(|session| session.used.as_ref()),
        walled: wall != Wall::None,
        variables: &variables,
        executable: &executable,
        home: &home,
        model: order.model.as_deref().or(candidate.options.model.as_deref()),
        max_cost: order.max_cost,
        ..Brief::new(question, snapshot, machine)
    };
    let mut program = candidate.agent.program(&brief)?;
    program.time_limit = order.seconds.map_or(program.time_limit, Duration::from_secs);
    Ok(Prepared { executable, prompt, program, wall, name, goes_on: session.is_some() })
}

/// The agent's session lies in the private home that was kept with it.
pub(super) fn has_home(order: &Order, session: &str, desk: &Desk<'_>) -> bool {
    Path::new(&home::path(&order.agent, &home::of_session(session), desk.machine)).is_dir()
}

/// kb's own program has no home and no variables, and works where no wall stands.
pub(super) fn is_scout(candidate: &Candidate) -> bool {
    candidate.agent.executable().is_none()
}

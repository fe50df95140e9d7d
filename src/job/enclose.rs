//! What an agent's program finds around it: the wall, its private home, its variables, and the way out
//! through the proxy.

use super::{Desk, JobError};
use crate::agent::home::{self, Home};
use crate::agent::{self, Candidate, Needs, Program};
use crate::context;
use crate::machine::Machine;
use crate::sandbox::proxy::{Allowed, Proxy, Upstream};
use crate::sandbox::{Entry, Sandbox, Wall, WallError};
use crate::subject::{self, Snapshot};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long the helper may take to hand out its listener.
const LISTENER: Duration = Duration::from_secs(20);
/// Variables that every agent gets, where they are set.
const USUAL: [&str; 8] = ["LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ", "USER", "NO_COLOR", "COLORTERM"];

/// Variables by which programs find a proxy.
const PROXIES: [&str; 8] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];
/// Those of them that the wall sets, to kb's own proxy.
pub(super) const SET_BY_THE_WALL: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"];

/// Whether every agent has this variable, or one of kb's own in its place.
pub(super) fn is_usual(name: &str) -> bool {
    USUAL.contains(&name) || PROXIES.contains(&name) || ["PATH", "HOME", "TMPDIR", "KB_JOB"].contains(&name)
}

/// The wall of this command: what stands here, or nothing where the user said so.
pub(super) fn wall(without: bool, desk: &Desk<'_>) -> Result<Wall, WallError> {
    match crate::sandbox::probe(&desk.machine.program) {
        Err(_) if without => Ok(Wall::None),
        found => found,
    }
}

/// A program's surroundings, which end with the value.
pub(super) struct Enclosure {
    /// How it is started.
    pub(super) command: Vec<OsString>,
    /// All its variables.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// Its private home.
    pub(super) home: Home,
    proxy: Option<Receiver<Proxy>>,
}

/// Whose program is enclosed, and what for.
pub(super) struct Enclosed<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) executable: &'a Path,
    pub(super) snapshot: &'a Snapshot,
    pub(super) desk: &'a Desk<'a>,
    pub(super) wall: Wall,
    /// The job, or the session that is gone on in.
    pub(super) name: &'a str,
    pub(super) job: &'a str,
}

/// Builds the surroundings. Nothing runs yet.
pub(super) fn around(enclosed: &Enclosed<'_>, program: &Program) -> Result<Enclosure, JobError> {
    let Enclosed { candidate, executable, snapshot, desk, wall, name, job } = *enclosed;
    let machine = desk.machine;
    let needs = candidate.needs();
    let user_home = machine.home.clone().unwrap_or_else(|| PathBuf::from("/nonexistent"));
    let home = home::prepare(
        &home::Wanted {
            agent: candidate.agent.name(),
            name,
            needs: &needs,
            files: &program.files,
            user_home: &user_home,
            time_limit: program.time_limit,
        },
        machine,
    )?;
    let read = readable(&needs, executable, snapshot, desk);
    let allowed = candidate.reach(machine);
    let hidden = hidden(snapshot, &read, machine);
    let sandbox = Sandbox {
        folder: program.folder.clone(),
        hidden,
        read,
        write: vec![home.path.clone()],
        network: !allowed.is_empty(),
        outside: allowed.iter().filter(|allowed| allowed.private_ok).map(|allowed| allowed.host.clone()).collect(),
        environment: environment(&needs, &Place { executable, home: &home.path, wall, job }, program, machine),
    };
    let entry = sandbox.enter(wall, &machine.program, &program.command)?;
    let (command, environment) = (entry.command.clone(), entry.environment.clone());
    let way = |entry| Ok::<_, JobError>(open_the_way(entry, allowed, upstream(machine)?));
    let proxy = sandbox.network.then_some(entry).map(way).transpose()?;
    Ok(Enclosure { command, environment, home, proxy })
}

/// What the program may read, besides the system's programs: the subject, what git needs of it, the
/// program's own tree, what the configuration names.
pub(super) fn readable(needs: &Needs, executable: &Path, snapshot: &Snapshot, desk: &Desk<'_>) -> Vec<PathBuf> {
    let mut read = vec![snapshot.root.clone()];
    let machine = desk.machine;
    read.extend(desk.beside(snapshot).read.iter().cloned());
    read.extend(agent::installed_in(executable, machine));
    let named = needs.read.iter().filter_map(|path| machine.in_home(path));
    read.extend(named.filter(|path| path.exists()));
    // The user's own certificates.
    let certificates = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"].iter().filter_map(|name| machine.variable(name));
    read.extend(certificates.map(PathBuf::from).filter(|path| path.is_absolute() && path.is_file()));
    read.sort();
    read.dedup();
    read
}

/// What the repository points to and the program cannot read, although git would look there: others' until the
/// configuration says that they may be read.
pub(super) fn left_out(needs: &Needs, snapshot: &Snapshot, desk: &Desk<'_>) -> Vec<PathBuf> {
    let named: Vec<PathBuf> =
        needs.read.iter().filter_map(|path| desk.machine.in_home(path)?.canonicalize().ok()).collect();
    let is_named = |path: &&PathBuf| named.iter().any(|folder| path.starts_with(folder));
    desk.beside(snapshot).left_out.iter().filter(|path| !is_named(path)).cloned().collect()
}

/// The repository's configuration, if it is shown and holds a secret, and what kind of one: a password in an
/// address, a header with a token.
pub(super) fn secret_of_git(snapshot: &Snapshot, desk: &Desk<'_>) -> Option<(PathBuf, &'static str)> {
    let config = subject::folders(&snapshot.root)?.common_dir.join("config");
    let shown = config.starts_with(&snapshot.root)
        || desk.beside(snapshot).read.iter().any(|folder| config.starts_with(folder));
    let text = std::fs::read_to_string(&config).ok().filter(|_| shown)?;
    let (_, found) = context::redact(&text);
    found.first().map(|(kind, _)| (config, kind.word()))
}

/// What stays out of sight in all that can be read: notes, and what kb keeps of other jobs and settings.
fn hidden(snapshot: &Snapshot, read: &[PathBuf], machine: &Machine) -> Vec<PathBuf> {
    let kept = [&machine.config, &machine.data, &machine.state, &machine.cache];
    let private = match read.iter().any(|path| subject::holds_home(path, machine)) {
        true => subject::private_in_home(machine),
        false => Vec::new(),
    };
    let all = snapshot.hidden.iter().chain(kept).chain(&private).filter_map(|folder| folder.canonicalize().ok());
    let read: Vec<PathBuf> = read.iter().filter_map(|path| path.canonicalize().ok()).collect();
    all.filter(|folder| read.iter().any(|path| folder.starts_with(path))).collect()
}

impl Enclosure {
    /// What the proxy refused and noticed.
    pub(super) fn proxy(&self) -> Option<Proxy> {
        self.proxy.as_ref().and_then(|proxy| proxy.try_recv().ok())
    }
}

/// Waits elsewhere for the helper's listener, and lets the program out to these hosts.
fn open_the_way(entry: Entry, allowed: Vec<Allowed>, upstream: Option<Upstream>) -> Receiver<Proxy> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        if let Ok(Some(listener)) = entry.listener(LISTENER)
            && let Ok(proxy) = Proxy::start(listener, allowed, upstream)
        {
            let _ = sender.send(proxy);
        }
    });
    receiver
}

/// The user's own proxy, if there is one. One that kb cannot go through is an error: the user did not mean
/// programs to go past it.
pub(super) fn upstream(machine: &Machine) -> Result<Option<Upstream>, JobError> {
    let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, machine.variable(name)?.to_str()?)));
    let Some((variable, proxy)) = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) else {
        return Ok(None);
    };
    let except = first(&["NO_PROXY", "no_proxy"]).map_or("", |(_, except)| except);
    Upstream::parse(proxy, except).map_err(|source| JobError::Upstream { variable, source })
}

/// Where a program runs.
pub(super) struct Place<'a> {
    pub(super) executable: &'a Path,
    pub(super) home: &'a Path,
    pub(super) wall: Wall,
    pub(super) job: &'a str,
}

/// All variables of the program, but those by which it finds the proxy.
pub(super) fn environment(
    needs: &Needs,
    place: &Place<'_>,
    program: &Program,
    machine: &Machine,
) -> Vec<(OsString, OsString)> {
    let Place { executable, home, wall, job } = *place;
    let mut environment: Vec<(OsString, OsString)> = Vec::new();
    let mut set = |name: &str, value: OsString| {
        environment.retain(|(known, _)| known != name);
        environment.push((name.into(), value));
    };
    // Without a wall there is no proxy of kb's own in between.
    let proxies = PROXIES.into_iter().filter(|_| wall == Wall::None);
    for name in USUAL.into_iter().chain(proxies).chain(needs.variables.iter().map(String::as_str)) {
        if let Some(value) = machine.variable(name) {
            set(name, value.to_owned());
        }
    }
    set("PATH", agent::search_path(executable, machine).into());
    set("HOME", home.into());
    set("TMPDIR", home::temporary(home).into());
    // A kb that is started inside starts nothing more.
    set("KB_JOB", job.into());
    // The repository may belong to another than the user that the wall shows.
    for (name, value) in
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")]
    {
        set(name, value.into());
    }
    set("GIT_OPTIONAL_LOCKS", "0".into());
    // A folder of a work tree is another mount than what is above it.
    set("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1".into());
    for (name, value) in &program.environment {
        set(name, value.into());
    }
    environment
}

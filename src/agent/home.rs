//! The private home of an agent: a folder of its own that starts with the user's settings and login,
//! and with nothing that an earlier run could have planted there.

pub(super) mod confined;
mod settings;
mod tidy;

pub use tidy::tidy;

use super::login::{self, LoginError, LoginWatch};
use super::{Needs, Seed};
use crate::machine::Machine;
use confined::{Folder, read_plain};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A private home does not hold more, in bytes.
pub const LARGEST: u64 = 1 << 30;
/// A settings file is not larger, in bytes.
const LARGEST_SETTINGS: u64 = 1 << 20;
/// The folder for temporary files inside a private home.
const TEMPORARY: &str = "tmp";

/// What a private home is made for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The agent's name.
    pub agent: &'a str,
    /// The job, or the session that goes on: a home of this name that was kept is used again.
    pub name: &'a str,
    /// What the agent needs.
    pub needs: &'a Needs,
    /// Files that it must hold: path relative to the home, text.
    pub files: &'a [(String, String)],
    /// The user's own home.
    pub user_home: &'a Path,
    /// How long the job may take.
    pub time_limit: Duration,
}

/// A private home, ready; nobody else uses it while this value lives.
#[derive(Debug)]
pub struct Home {
    /// Where it is.
    pub path: PathBuf,
    /// A login that must be watched while the agent runs.
    pub login: Option<LoginWatch>,
    folder: Folder,
    sessions: Vec<String>,
}

/// Why there is no private home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// It cannot be made, or what lies in it cannot be put in order.
    #[error("cannot prepare `{}`: {source}", path.display())]
    Make {
        /// What could not be made.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another job uses it.
    #[error("`{}` is in use by another job", path.display())]
    InUse {
        /// The private home.
        path: PathBuf,
    },
    /// A settings file of the user cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The user's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A settings file of the user is not of its format.
    #[error("`{}` is not right: {message}", path.display())]
    Settings {
        /// The user's file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Its login cannot be had, or cannot be kept.
    #[error(transparent)]
    Login(#[from] LoginError),
}

/// Where the private home of this agent and this job or session is, made or not.
pub fn path(agent: &str, name: &str, machine: &Machine) -> PathBuf {
    machine.state.join("homes").join(plain(agent)).join(plain(name))
}

/// The name of the home that is kept for a session: never one that a job's could have, which is taken away.
pub fn of_session(session: &str) -> String {
    match session.starts_with(tidy::JOBS) {
        true => hashed(session),
        false => session.to_owned(),
    }
}

/// The folder for temporary files inside a private home.
pub fn temporary(home: &Path) -> PathBuf {
    home.join(TEMPORARY)
}

/// Whether a private home takes more room than [`LARGEST`], holds more files than a look should cost, or hides
/// some: in folders that are closed, or lie so deep that their paths are too long.
pub fn is_too_large(home: &Path) -> bool {
    const MOST_FILES: usize = 100_000;
    let (mut bytes, mut files) = (0_u64, 0);
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidFilename) => {
                return true;
            }
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            files += 1;
            bytes += metadata.blocks() * 512;
            if bytes > LARGEST || files > MOST_FILES {
                return true;
            }
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    false
}

/// One name of a folder, whatever a program called its session.
fn plain(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let fits = (1..=100).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_plain);
    match fits {
        true => name.to_owned(),
        false => hashed(name),
    }
}

fn hashed(name: &str) -> String {
    format!("h-{}", &blake3::hash(name.as_bytes()).to_hex()[..32])
}

/// Makes the private home, or puts a kept one in order; then settings, files and login. Does not
/// wait: while another job renews the login, that is the error.
pub fn prepare(wanted: &Wanted<'_>, machine: &Machine) -> Result<Home, HomeError> {
    let path = path(wanted.agent, wanted.name, machine);
    let make = |source| HomeError::Make { path: path.clone(), source };
    let value = |name: &str| machine.variable(name).map(ToOwned::to_owned);
    let folder = own(&path)?;
    let sessions = wanted.needs.sessions.clone();
    // A login that a killed kb left there is looked at before it is replaced.
    let is_login = |file: &Path| wanted.needs.login.is_some_and(|login| file == Path::new(login.file));
    folder.keep_only(&|file| is_session(file, &sessions) || is_login(file)).map_err(make)?;
    folder.make_folder(Path::new(TEMPORARY)).map_err(make)?;
    for seed in &wanted.needs.seeds {
        let users = wanted.needs.users_file(&seed.file, wanted.user_home, &value);
        if let Some(text) = user_settings(seed, users)? {
            folder.write(Path::new(&seed.file), text.as_bytes()).map_err(make)?;
        }
    }
    for (file, text) in wanted.files {
        folder.write(Path::new(file), text.as_bytes()).map_err(make)?;
    }
    let mut home = Home { path, login: None, folder, sessions };
    if let Some(login) = wanted.needs.login {
        let Wanted { agent, time_limit, .. } = *wanted;
        let file = &wanted.needs.users_file(login.file, wanted.user_home, &value);
        let wanted = login::Wanted { agent, login, file, time_limit };
        home.login = login::hand_out(&wanted, &home.path, &home.folder, machine)?;
    }
    Ok(home)
}

/// How often, and how long apart, a home is tried that somebody may only be tidying.
const TRIES: (u32, Duration) = (40, Duration::from_millis(5));

/// Makes a private home's folder, or opens the one that is there; nobody else has it then.
fn own(path: &Path) -> Result<Folder, HomeError> {
    let make = |source| HomeError::Make { path: path.to_owned(), source };
    let (tries, apart) = TRIES;
    for _ in 0..tries {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(make)?;
        // What was tidied away meanwhile is made again.
        if let Ok(folder) = Folder::open(path)
            && flock(folder.handle(), FlockOperation::NonBlockingLockExclusive).is_ok()
            && folder.is_at(path)
        {
            return Ok(folder);
        }
        std::thread::sleep(apart);
    }
    Err(HomeError::InUse { path: path.to_owned() })
}

/// What of a settings file of the user goes into a private home; none where there is no such file.
fn user_settings(seed: &Seed, path: PathBuf) -> Result<Option<String>, HomeError> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(&path);
    let bytes = match file.and_then(|file| read_plain(file, LARGEST_SETTINGS)) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(HomeError::Read { path, source }),
    };
    let text = String::from_utf8_lossy(&bytes);
    let filtered = settings::filtered(&seed.file, seed.keep, &text);
    filtered.map(Some).map_err(|message| HomeError::Settings { path, message })
}

/// Whether a file belongs to the agent's sessions: see [`Needs::sessions`].
fn is_session(file: &Path, sessions: &[String]) -> bool {
    sessions.iter().any(|pattern| match pattern.rsplit_once("/*.") {
        Some((folder, ending)) => file.starts_with(folder) && file.extension().is_some_and(|end| end == ending),
        None => file.starts_with(pattern),
    })
}

impl Home {
    /// The agent has ended and answered: a last look at the login, then all but its sessions goes, and
    /// what is left takes the name of the session, to be found by a follow-up.
    pub fn keep(mut self, agent: &str, session: &str, machine: &Machine) -> Result<(), HomeError> {
        self.login.take().map(LoginWatch::finish).transpose()?;
        let failed = |source| HomeError::Make { path: self.path.clone(), source };
        self.folder.keep_only(&|file| is_session(file, &self.sessions)).map_err(failed)?;
        let kept = path(agent, &of_session(session), machine);
        if kept != self.path {
            match fs::rename(&self.path, &kept) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    return Err(HomeError::InUse { path: kept });
                }
                other => other.map_err(failed)?,
            }
        }
        Ok(())
    }

    /// The agent has ended: a last look at the login, then the whole home goes.
    pub fn discard(mut self) -> Result<(), HomeError> {
        self.login.take().map(LoginWatch::finish).transpose()?;
        let failed = |source| HomeError::Make { path: self.path.clone(), source };
        self.folder.keep_only(&|_| false).map_err(failed)?;
        fs::remove_dir(&self.path).map_err(failed)
    }
}

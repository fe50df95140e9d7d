//! An agent's login in its private home. Tokens rotate: a refresh token that two programs use, or
//! whose successor is lost, logs the user out everywhere.
//!
//! An access token that outlives the job is handed out without its refresh token, to any number of
//! jobs. Otherwise one job at a time gets the login whole, under a lock, and what it renews goes back
//! into the user's file at once: these values only, and only if nobody else renewed them meanwhile.

mod tokens;

use super::home::confined::{Folder, read_plain};
use super::{Login, Needs};
use crate::machine::Machine;
use crate::save::{self, Exchanged};
use chrono::{DateTime, Utc};
use rustix::fs::{FlockOperation, flock};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokens::Stored;

/// A login file is not larger, in bytes.
const LARGEST: u64 = 1 << 20;

/// Whether somebody seems to be logged in, as far as files and variables tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginState {
    /// There are tokens or a key; whether the service still takes them is not known.
    Yes,
    /// There is neither.
    No,
    /// It may lie where kb does not look.
    Unknown,
}

/// Why an agent cannot be given its login, or what it renewed cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The user's file cannot be read.
    #[error("cannot read the login in `{}`: {source}", path.display())]
    Read {
        /// The user's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not JSON.
    #[error("the login in `{}` is not JSON", path.display())]
    NotJson {
        /// The user's file.
        path: PathBuf,
    },
    /// Another job is renewing it.
    #[error("another job is renewing the login in `{}`", path.display())]
    Busy {
        /// The user's file.
        path: PathBuf,
    },
    /// The lock cannot be had.
    #[error("cannot lock `{}`: {source}", path.display())]
    Lock {
        /// kb's own file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The private home cannot be given it.
    #[error("cannot write the login into `{}`: {source}", path.display())]
    Seed {
        /// Inside the private home.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// New tokens could not be written into the user's file: the ones there are spent.
    #[error("the login was renewed, but `{}` cannot be written: {source}", path.display())]
    WriteBack {
        /// The user's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Whether somebody seems to be logged in. `value` gives the value of a variable, if it has one. Starts
/// nothing, and asks nobody.
pub fn looks_logged_in(needs: &Needs, user_home: &Path, value: &dyn Fn(&str) -> Option<OsString>) -> LoginState {
    let is_secret = |name: &&String| ["_KEY", "_TOKEN"].iter().any(|end| name.ends_with(end));
    if needs.hosts.is_empty() || needs.variables.iter().filter(is_secret).any(|name| value(name).is_some()) {
        return LoginState::Yes;
    }
    let Some(login) = needs.login else { return LoginState::Unknown };
    match read(&needs.users_file(login.file, user_home, value)) {
        Ok(Some(stored)) if stored.is_there(&login) || has_key(&stored.json) => LoginState::Yes,
        // The keychain may hold it.
        Ok(_) if cfg!(target_os = "macos") => LoginState::Unknown,
        Ok(_) => LoginState::No,
        Err(_) => LoginState::Unknown,
    }
}

/// A key of the service itself, beside or instead of tokens.
fn has_key(json: &serde_json::Value) -> bool {
    json.as_object().into_iter().flatten().any(|(name, value)| {
        let is_key = name.to_lowercase().ends_with("key");
        is_key && value.as_str().is_some_and(|key| !key.is_empty()) || has_key(value)
    })
}

/// What a job wants of a login.
pub(super) struct Wanted<'a> {
    pub(super) agent: &'a str,
    pub(super) login: Login,
    /// The user's.
    pub(super) file: &'a Path,
    pub(super) time_limit: Duration,
}

/// Puts the login into the private home; nothing where the user has none, an error
/// while another job has it whole. What is returned is to be watched until the job ends.
pub(super) fn hand_out(
    wanted: &Wanted<'_>,
    home: &Path,
    folder: &Folder,
    machine: &Machine,
) -> Result<Option<LoginWatch>, LoginError> {
    let login = wanted.login;
    let path = wanted.file.to_owned();
    let private = Path::new(login.file);
    let unwritten = |source| LoginError::Seed { path: home.join(private), source };
    let seed = |stored: &Stored, with_refresh| {
        folder.write(private, stored.seed(&login, with_refresh).as_bytes()).map_err(unwritten)
    };
    let mut lock = None;
    loop {
        let Some(stored) = read(&path)? else {
            return folder.remove(private).map(|()| None).map_err(unwritten);
        };
        if stored.refresh(&login).is_none() {
            // A key, or a token that nobody can renew: nothing in it rotates.
            return seed(&stored, true).map(|()| None);
        }
        if stored.access(&login).is_some() && stored.good_for(&login, machine.now(), wanted.time_limit) {
            return seed(&stored, false).map(|()| None);
        }
        if let Some(lock) = lock {
            let watch = LoginWatch::begin(wanted, stored, (home, folder), lock, machine)?;
            return seed(&watch.seeded, true).map(|()| Some(watch));
        }
        // What the file says now may not be what it said before the lock was free: it is read again.
        lock = Lock::try_take(wanted.agent, &path, machine)?;
        match &lock {
            Some(lock) => lock.recover(&login, &path)?,
            None => return Err(LoginError::Busy { path }),
        }
    }
}

/// What a killed kb left renewed in a private home is written into the user's file. No, if another job has
/// the login now: it did that first.
pub(super) fn recover(agent: &str, login: &Login, file: &Path, machine: &Machine) -> Result<bool, LoginError> {
    match Lock::try_take(agent, file, machine)? {
        Some(lock) => lock.recover(login, file).map(|()| true),
        None => Ok(false),
    }
}

/// None where there is no such file.
fn read(path: &Path) -> Result<Option<Stored>, LoginError> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let bytes = match file.and_then(|file| read_plain(file, LARGEST)) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(LoginError::Read { path: path.to_owned(), source }),
    };
    Stored::parse(bytes).map(Some).ok_or_else(|| LoginError::NotJson { path: path.to_owned() })
}

/// The right to hand a login out whole, and a word about who has it, should kb be killed.
#[derive(Debug)]
struct Lock {
    _file: File,
    lent: PathBuf,
}

/// Where a login was handed out whole.
#[derive(serde::Serialize, serde::Deserialize)]
struct Lent {
    home: PathBuf,
    /// A hash of the tokens that it was given.
    tokens: String,
}

impl Lock {
    fn try_take(agent: &str, user_file: &Path, machine: &Machine) -> Result<Option<Self>, LoginError> {
        let folder = machine.state.join("logins");
        // Two paths that lead to one file share its lock.
        let target = user_file.canonicalize().unwrap_or_else(|_| user_file.to_owned());
        let name = blake3::hash(target.as_os_str().as_encoded_bytes()).to_hex();
        let path = folder.join(format!("{agent}-{}.lock", &name[..16]));
        let failed = |source| LoginError::Lock { path: path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file, lent: path.with_extension("lent") })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// What a killed kb left in a private home, renewed and not written back, is written back now.
    fn recover(&self, login: &Login, user_file: &Path) -> Result<(), LoginError> {
        let lent = fs::read(&self.lent).ok().and_then(|bytes| serde_json::from_slice::<Lent>(&bytes).ok());
        if let Some(lent) = lent
            && let Some(seeded) = read(user_file)?
            && fingerprint(login, &seeded) == lent.tokens
            && let Ok(home) = Folder::open(&lent.home)
            && let Some(new) = private(login, &home)
            && seeded.is_renewed_by(login, &new)
        {
            write_back(login, user_file, &seeded, &new)?;
        }
        let _ = fs::remove_file(&self.lent);
        Ok(())
    }
}

fn fingerprint(login: &Login, stored: &Stored) -> String {
    blake3::hash(format!("{:?}", stored.pair(login)).as_bytes()).to_hex().to_string()
}

/// The login file of a private home: whatever the agent left there.
fn private(login: &Login, home: &Folder) -> Option<Stored> {
    Stored::parse(home.read(Path::new(login.file), LARGEST).ok()?)
}

/// Whether the user's file now holds the new tokens; no, if it no longer holds the ones handed out.
fn write_back(login: &Login, user_file: &Path, seeded: &Stored, new: &Stored) -> Result<bool, LoginError> {
    let failed = |source| LoginError::WriteBack { path: user_file.to_owned(), source };
    loop {
        let Some(stored) = read(user_file)? else { return Ok(false) };
        if stored.pair(login) != seeded.pair(login) {
            return Ok(false);
        }
        let unfit = || failed(io::Error::other("its tokens cannot be exchanged safely"));
        let text = stored.with_tokens_of(login, new).ok_or_else(unfit)?;
        let exchanged = save::exchange_private(user_file, stored.text.as_bytes(), text.as_bytes());
        if exchanged.map_err(failed)? == Exchanged::Done {
            return Ok(true);
        }
    }
}

/// A login that was handed out whole. While it lives no other job gets it so.
#[derive(Debug)]
pub struct LoginWatch {
    login: Login,
    user_file: PathBuf,
    home: Folder,
    seeded: Stored,
    lock: Option<Lock>,
    time_limit: Duration,
    begun: (DateTime<Utc>, Instant),
}

impl LoginWatch {
    fn begin(
        wanted: &Wanted<'_>,
        seeded: Stored,
        (home, folder): (&Path, &Folder),
        lock: Lock,
        machine: &Machine,
    ) -> Result<Self, LoginError> {
        let failed = |source| LoginError::Lock { path: lock.lent.clone(), source };
        let Wanted { login, file, time_limit, .. } = *wanted;
        let lent = Lent { home: home.to_owned(), tokens: fingerprint(&login, &seeded) };
        save::replace_private(&lock.lent, &serde_json::to_vec(&lent).unwrap_or_default()).map_err(failed)?;
        let home = folder.again().map_err(failed)?;
        let begun = (machine.now(), Instant::now());
        let user_file = file.to_owned();
        Ok(Self { login, user_file, home, seeded, lock: Some(lock), time_limit, begun })
    }

    /// To be called about once a second: new tokens go into the user's file, and then the next job
    /// gets its turn. Says whether that happened now. On an error it may be called again.
    pub fn poll(&mut self) -> Result<bool, LoginError> {
        // Half written, blank, another account's, or not there: not new tokens.
        let Some(new) = private(&self.login, &self.home).filter(|new| self.seeded.is_renewed_by(&self.login, new))
        else {
            return Ok(false);
        };
        let written = write_back(&self.login, &self.user_file, &self.seeded, &new)?;
        self.seeded = new;
        // Tokens that the next job would have to renew again must not be in two homes.
        let (at, since) = self.begun;
        if self.seeded.good_for(&self.login, at + since.elapsed(), self.time_limit) {
            self.release();
        }
        Ok(written)
    }

    /// To be called when the job has ended: the last look, and the next job gets its turn.
    pub fn finish(mut self) -> Result<bool, LoginError> {
        let renewed = self.poll();
        match &renewed {
            Ok(_) => self.release(),
            // The new tokens are nowhere but in the private home: the next job tries again.
            Err(_) => drop(self.lock.take()),
        }
        renewed
    }

    fn release(&mut self) {
        if let Some(lock) = self.lock.take() {
            let _ = fs::remove_file(&lock.lent);
        }
    }
}

impl Drop for LoginWatch {
    fn drop(&mut self) {
        if self.lock.is_some() && self.poll().is_ok() {
            self.release();
        }
    }
}

//! Private homes that nobody needs any more: a killed job's, and those of sessions that nobody went on in
//! for long.

use super::confined::Folder;
use super::{is_session, login, plain};
use crate::agent::Needs;
use crate::machine::Machine;
use rustix::fs::{FlockOperation, flock};
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What the homes of jobs begin with; those that are kept have the names of sessions.
pub(super) const JOBS: &str = "j-";

/// Takes away an agent's homes that nobody needs. A login that a killed kb left renewed in one goes back to
/// the user first. What is in use, or cannot be tidied now, is left for the next time.
pub fn tidy(agent: &str, needs: &Needs, user_home: &Path, kept: Duration, machine: &Machine) {
    let homes = machine.state.join("homes").join(plain(agent));
    for home in fs::read_dir(homes).into_iter().flatten().flatten() {
        let _ = one(agent, needs, &home, user_home, kept, machine);
    }
}

fn one(
    agent: &str,
    needs: &Needs,
    home: &fs::DirEntry,
    user_home: &Path,
    kept: Duration,
    machine: &Machine,
) -> io::Result<()> {
    let path = home.path();
    let age = SystemTime::now().duration_since(home.metadata()?.modified()?).unwrap_or_default();
    let folder = Folder::open(&path)?;
    flock(folder.handle(), FlockOperation::NonBlockingLockExclusive)?;
    let left_login = needs.login.filter(|login| path.join(login.file).symlink_metadata().is_ok());
    if let Some(login) = left_login {
        let file = needs.users_file(login.file, user_home, &|name| machine.variable(name).map(ToOwned::to_owned));
        if !login::recover(agent, &login, &file, machine).map_err(io::Error::other)? {
            return Ok(());
        }
    }
    if age > kept || home.file_name().to_string_lossy().starts_with(JOBS) {
        folder.keep_only(&|_| false)?;
        return fs::remove_dir(path);
    }
    match left_login {
        Some(_) => folder.keep_only(&|file| is_session(file, &needs.sessions)),
        None => Ok(()),
    }
}

//! Which wall stands here: found by building it, because a system may allow a namespace and refuse
//! the first mount in it.

use super::{NOT_STANDING, Sandbox, Wall, WallError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

static FOUND: Mutex<Option<Wall>> = Mutex::new(None);

/// The strongest wall that stands here; `kb` is this program's own file. A few milliseconds the
/// first time, remembered after that.
pub fn probe(kb: &Path) -> Result<Wall, WallError> {
    if !cfg!(target_os = "linux") {
        return Err(WallError::NotHere);
    }
    let mut found = FOUND.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(wall) = *found {
        return Ok(wall);
    }
    let mut refused = Vec::new();
    for wall in [Wall::Namespaces, Wall::Bubblewrap, Wall::Files] {
        let Some(said) = attempt(wall, kb)? else {
            *found = Some(wall);
            return Ok(wall);
        };
        refused.push(said);
    }
    let mut said = refused.into_iter();
    let mut next = || said.next().unwrap_or_default();
    Err(WallError::NoWall { namespaces: next(), bubblewrap: next(), files: next() })
}

/// What the helper complains about; nothing if the wall stands.
fn attempt(wall: Wall, kb: &Path) -> Result<Option<String>, WallError> {
    let nothing = ["/usr/bin/true", "/bin/true"].map(Path::new).into_iter().find(|path| path.exists());
    let nothing = nothing.unwrap_or(Path::new("/usr/bin/true"));
    let sandbox = Sandbox { folder: PathBuf::from("/usr"), ..Sandbox::default() };
    let entry = sandbox.enter(wall, kb, &[nothing.into()])?;
    #[expect(clippy::disallowed_methods, reason = "only the helper itself can tell whether it works")]
    let mut command = Command::new(kb);
    command.args(&entry.command[1..]).env_clear().envs(entry.environment).stdin(Stdio::null());
    let output = command.output().map_err(|source| WallError::Start { program: kb.to_owned(), source })?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("kb: ");
    Ok(Some(match output.status.code() {
        Some(code) if code == i32::from(NOT_STANDING) && !said.is_empty() => said.to_owned(),
        _ => format!("`{}` ended with {}", nothing.display(), output.status),
    }))
}

//! What `@1`, `@2`, ... mean: the last hits printed in this terminal. A terminal is its device and
//! the process that leads its session.

use super::fail::Failure;
use crate::machine::Machine;
use crate::save;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const FOLDER: &str = "terminals";
/// A terminal that has been silent for so long is gone.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// What was printed last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Hits {
    /// The knowledge base's folder.
    base: PathBuf,
    /// The notes' files, relative to it.
    files: Vec<String>,
}

/// Notes what was printed, if there is a terminal to note it for.
pub(super) fn remember(files: Vec<String>, base: &Path, machine: &Machine) {
    let Some(path) = place(machine) else { return };
    let Some(folder) = path.parent() else { return };
    if fs::create_dir_all(folder).is_ok() {
        forget_old(folder);
        // Best effort: without it `@1` says that there is no such hit.
        let hits = Hits { base: base.to_owned(), files };
        let _ = save::replace(&path, &serde_json::to_vec(&hits).unwrap_or_default());
    }
}

/// The file of the hit of this number, counted from 1, relative to its knowledge base.
pub(super) fn recall(number: usize, base: &Path, machine: &Machine) -> Result<String, Failure> {
    let path = place(machine).ok_or(Failure::NoTerminal { number })?;
    let hits: Hits = serde_json::from_slice(&fs::read(path).unwrap_or_default()).unwrap_or_default();
    // Hits of another knowledge base are none of this one.
    let files = if hits.base == base { hits.files } else { Vec::new() };
    let file = number.checked_sub(1).and_then(|at| files.get(at));
    file.cloned().ok_or(Failure::NoSuchHit { number, count: files.len() })
}

fn place(machine: &Machine) -> Option<PathBuf> {
    // Opening fails where the process has no controlling terminal, whatever its output is.
    fs::File::open("/dev/tty").ok()?;
    let session = rustix::process::getsid(None).ok()?.as_raw_nonzero();
    // A process id is used again; together with the time at which it began it is not.
    let stat = fs::read_to_string(format!("/proc/{session}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let device = fields.get(4).copied().unwrap_or("0");
    let began = fields.get(19).copied().unwrap_or("0");
    Some(machine.state.join(FOLDER).join(format!("{device}-{session}-{began}")))
}

fn forget_old(folder: &std::path::Path) {
    let Some(limit) = SystemTime::now().checked_sub(KEPT) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|modified| modified < limit) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

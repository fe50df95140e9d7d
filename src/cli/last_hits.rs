//! What `@1`, `@2`, ... mean: the last hits printed in this terminal. A terminal is its device and
//! the process that leads its session.

use super::fail::Failure;
use crate::machine::Machine;
use crate::save;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

const FOLDER: &str = "terminals";
/// A terminal that has been silent for so long is gone.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Notes what was printed, if there is a terminal to note it for.
pub(super) fn remember(files: &[String], machine: &Machine) {
    let Some(path) = place(machine) else { return };
    let Some(folder) = path.parent() else { return };
    if fs::create_dir_all(folder).is_ok() {
        forget_old(folder);
        // Best effort: without it `@1` says that there is no such hit.
        let _ = save::replace(&path, files.join("\n").as_bytes());
    }
}

/// The file of the hit of this number, counted from 1, relative to its knowledge base.
pub(super) fn recall(number: usize, machine: &Machine) -> Result<String, Failure> {
    let path = place(machine).ok_or(Failure::NoTerminal { number })?;
    let text = fs::read_to_string(path).unwrap_or_default();
    let files: Vec<&str> = text.lines().collect();
    let file = number.checked_sub(1).and_then(|at| files.get(at));
    file.map(|file| (*file).to_owned()).ok_or(Failure::NoSuchHit { number, count: files.len() })
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

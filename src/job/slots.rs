//! How many jobs an agent has at once, across all of the user's kb processes: a lock file a slot,
//! which dies with its holder.

use crate::machine::Machine;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File, OpenOptions};
use std::time::Duration;

/// How often a taken slot is tried again.
const TRIED_AGAIN: Duration = Duration::from_millis(100);

/// A turn to run a job. It ends with the value.
#[derive(Debug)]
pub(super) struct Slot {
    _file: Option<File>,
}

/// Waits for one of the agent's slots; `None`: as many as anyone likes.
pub(super) async fn take(agent: &str, limit: Option<usize>, machine: &Machine) -> Slot {
    let Some(limit) = limit else { return Slot { _file: None } };
    let folder = machine.state.join("slots");
    // Without a place for the locks the jobs of this process are still limited.
    if fs::create_dir_all(&folder).is_err() {
        return Slot { _file: None };
    }
    loop {
        for number in 0..limit.max(1) {
            let path = folder.join(format!("{agent}.{number}"));
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
            let Ok(file) = file else { return Slot { _file: None } };
            if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                return Slot { _file: Some(file) };
            }
        }
        tokio::time::sleep(TRIED_AGAIN).await;
    }
}

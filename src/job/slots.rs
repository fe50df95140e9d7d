//! How many jobs an agent has at once, across all of the user's kb processes: a lock file a slot,
//! which dies with its holder.

use crate::machine::Machine;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File, OpenOptions};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How often a taken slot is tried again.
const TRIED_AGAIN: Duration = Duration::from_millis(100);

/// A turn to run an agent. It ends with the value.
pub(super) type Turn<'a> = (Slot, Option<SemaphorePermit<'a>>);

/// One of so many that an agent has at once.
#[derive(Debug)]
pub(super) struct Slot {
    _file: Option<File>,
}

/// Waits until there are both a place among the jobs of this process and one of the agent's slots. Neither
/// is held while the other is waited for: jobs of other agents, and of other processes, go first.
pub(super) async fn turn<'a>(agent: &str, limit: Option<usize>, places: &'a Semaphore, machine: &Machine) -> Turn<'a> {
    loop {
        // Nobody closes it.
        let place = places.acquire().await.ok();
        if let Some(slot) = take(agent, limit, machine) {
            return (slot, place);
        }
        drop(place);
        tokio::time::sleep(TRIED_AGAIN).await;
    }
}

/// One of the agent's slots, if one is free; `limit` `None`: as many as anyone likes.
fn take(agent: &str, limit: Option<usize>, machine: &Machine) -> Option<Slot> {
    let unlimited = Some(Slot { _file: None });
    let Some(limit) = limit else { return unlimited };
    let folder = machine.state.join("slots");
    // Without a place for the locks the jobs of this process are still limited.
    if fs::create_dir_all(&folder).is_err() {
        return unlimited;
    }
    for number in 0..limit.max(1) {
        let path = folder.join(format!("{agent}.{number}"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let Ok(file) = file else { return unlimited };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Some(Slot { _file: Some(file) });
        }
    }
    None
}

//! What changed in a subject while agents read it. A look costs as much as the subject has files, so one
//! serves all jobs that had ended when it began.

use crate::scout;
use crate::subject::Snapshot;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// The last look at each subject.
#[derive(Default)]
pub(super) struct Looks(RefCell<HashMap<PathBuf, Rc<Mutex<Option<Look>>>>>);

/// After a look there is none for so many times as long as it took.
const REST: u32 = 1;

struct Look {
    began: Instant,
    ended: Instant,
    changed: Rc<Vec<String>>,
}

impl Looks {
    /// Does elsewhere, once a subject, what takes time when an agent has answered: git lists the files, and the
    /// language that most of them have is got ready to be outlined.
    pub(super) fn get_ready(&self, snapshot: &Arc<Snapshot>) {
        if let Entry::Vacant(new) = self.0.borrow_mut().entry(snapshot.root.clone()) {
            new.insert(Rc::default());
            let snapshot = snapshot.clone();
            spawn_blocking(move || scout::get_ready(snapshot.tracked()));
        }
    }

    /// Files that changed between the pinning and now, or a moment later.
    pub(super) async fn changed_since(&self, snapshot: &Arc<Snapshot>) -> Rc<Vec<String>> {
        let wanted = Instant::now();
        let last = self.0.borrow_mut().entry(snapshot.root.clone()).or_default().clone();
        let mut last = last.lock().await;
        if let Some(Look { began, changed, .. }) = &*last
            && *began >= wanted
        {
            return changed.clone();
        }
        if let Some(Look { began, ended, .. }) = &*last {
            // Jobs that end together share a look, however many they are.
            tokio::time::sleep_until((*ended + (*ended - *began) * REST).into()).await;
        }
        let (began, snapshot) = (Instant::now(), snapshot.clone());
        let changed = Rc::new(spawn_blocking(move || snapshot.changed_since()).await.unwrap_or_default());
        *last = Some(Look { began, ended: Instant::now(), changed: changed.clone() });
        changed
    }
}

//! Jobs on disk: what was asked, what became of it, and the agent's raw stream. A folder a job, private
//! to the user, swept after thirty days. A running job holds a lock that dies with its process.

use crate::machine::Machine;
use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const RECORD: &str = "job.json";
const LOCK: &str = "lock";
const CANCEL: &str = "cancel";
const STREAM: &str = "stream";
const STDERR: &str = "stderr";
const PARTIAL: &str = "partial.md";
const ANSWER: &str = "answer.md";
/// How long jobs are kept.
pub(super) const KEPT: Duration = Duration::from_hours(30 * 24);
/// How often, and how long apart, a lock is tried that somebody may only be looking at.
const TRIES: (u32, Duration) = (40, Duration::from_millis(5));
/// How long a job may wait for the process that is to run it.
const HANDED_OVER: TimeDelta = TimeDelta::seconds(20);

/// What is asked of whom: all that running it again needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Order {
    /// One line.
    pub question: String,
    /// The agent's name.
    pub agent: String,
    /// The user asked for this agent, not for any.
    pub agent_is_named: bool,
    /// The folder it is about, absolute.
    pub subject: PathBuf,
    /// The user named that folder, and was not only in it.
    pub subject_is_named: bool,
    /// The knowledge base that the note goes to, absolute.
    pub base: PathBuf,
    /// For the note.
    pub tags: Vec<String>,
    /// Ask even if a fresh note answers it.
    pub ask_anyway: bool,
    /// Keep the answer that it is not there, too.
    pub keep_not_found: bool,
    /// Only whether it answers counts: nothing is kept.
    pub is_trial: bool,
    /// Tell a model what scout found first.
    pub leads: bool,
    /// Send broken citations back to the agent, once.
    pub mend: bool,
    /// Go on without a wall where none can be had.
    pub without_wall: bool,
    /// Ids of notes that go along as context.
    pub with: Vec<String>,
    /// The id of the note that this one follows up.
    pub follows: Option<String>,
    /// The id of the note whose place the answer takes.
    pub refreshes: Option<String>,
    /// The model that the user wants.
    pub model: Option<String>,
    /// How much it may spend, in US dollars.
    pub max_cost: Option<f64>,
    /// How long the agent may take, in seconds, where the user says so.
    pub seconds: Option<u64>,
    /// How much memory the agent may hold, in bytes, where the user says so.
    pub memory: Option<u64>,
}

/// A job as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// `j-` and eight letters and digits.
    pub id: String,
    /// What was asked.
    pub order: Order,
    /// When, the last time.
    pub created: DateTime<Utc>,
    /// When it began to run.
    pub started: Option<DateTime<Utc>>,
    /// What became of it; none until it ended.
    pub ended: Option<Ended>,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// `kept`, `reused`, `not_found`, `incomplete`, `failed`, `cancelled`
    pub outcome: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Wall time.
    pub seconds: f64,
    /// The note's file, absolute.
    pub note: Option<PathBuf>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// Files that somebody changed while the agent read.
    #[serde(default)]
    pub changed_meanwhile: Vec<String>,
}

impl Ended {
    /// It was stopped before it had an answer.
    pub fn cancelled(why: String, at: DateTime<Utc>) -> Self {
        let (outcome, error) = ("cancelled".to_owned(), Some(why));
        Self { outcome, at, seconds: 0.0, note: None, error, hint: None, changed_meanwhile: Vec::new() }
    }

    /// It failed before it could begin.
    pub fn failed(why: String, hint: String, at: DateTime<Utc>) -> Self {
        Self { outcome: "failed".to_owned(), hint: Some(hint), ..Self::cancelled(why, at) }
    }
}

/// Why jobs cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No such job.
    #[error("there is no job `{id}`")]
    NoSuchJob {
        /// As it was asked for.
        id: String,
    },
    /// Several jobs begin like this.
    #[error("`{id}` could be {}", candidates.join(", "))]
    Ambiguous {
        /// As it was asked for.
        id: String,
        /// Their ids.
        candidates: Vec<String>,
    },
    /// It runs.
    #[error("{id} is running")]
    Running {
        /// Its id.
        id: String,
    },
    /// Its folder or a file in it cannot be read or written.
    #[error("cannot keep jobs in `{}`: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// All jobs of this user.
#[derive(Clone, Debug)]
pub struct Jobs {
    pub(super) folder: PathBuf,
}

/// One job's folder.
#[derive(Clone, Debug)]
pub struct Folder(pub(super) PathBuf);

/// Held while a job runs or waits for its turn.
#[derive(Debug)]
pub struct Held {
    /// Its folder.
    pub folder: Folder,
    _lock: File,
}

impl Jobs {
    /// Where this user's jobs are.
    pub fn of(machine: &Machine) -> Self {
        Self { folder: machine.state.join("jobs") }
    }

    /// Keeps a new job. Nobody runs it yet.
    pub fn add(&self, order: Order, machine: &Machine) -> Result<Record, RecordError> {
        let record =
            Record { id: super::new_job_id(machine), order, created: machine.now(), started: None, ended: None };
        let folder = self.folder.join(&record.id);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&folder).map_err(|source| RecordError::Io { path: folder.clone(), source })?;
        Folder(folder).write(&record)?;
        Ok(record)
    }

    /// All jobs, newest first. What cannot be read is passed over.
    pub fn all(&self) -> Vec<Record> {
        self.of_ids(|_| true)
    }

    fn of_ids(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Record> {
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| Folder(entry.path()));
        let wanted = folders.filter(|folder| is_wanted(&folder.id()));
        let mut records: Vec<Record> = wanted.filter_map(|folder| folder.read().ok()).collect();
        // Those of one second in the order in which they were made.
        let made =
            |record: &Record| fs::metadata(self.folder.join(&record.id)).and_then(|folder| folder.created()).ok();
        records.sort_by_cached_key(|record| Reverse((record.created, made(record), record.id.clone())));
        records
    }

    /// The job of this id, or the only one that begins like it. `j-` may be left out.
    pub fn find(&self, handle: &str) -> Result<Record, RecordError> {
        let begins =
            |id: &str| id.starts_with(handle) || id.strip_prefix("j-").is_some_and(|id| id.starts_with(handle));
        let mut found = self.of_ids(begins);
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(RecordError::NoSuchJob { id: handle.to_owned() }),
            _ => {
                let candidates = found.into_iter().map(|record| record.id).collect();
                Err(RecordError::Ambiguous { id: handle.to_owned(), candidates })
            }
        }
    }

    /// A job's folder.
    pub fn folder(&self, id: &str) -> Folder {
        Folder(self.folder.join(id))
    }

    /// Takes a job on: it counts as alive as long as the value lives. Somebody who only looks whether it
    /// is alive holds it for a moment, too.
    pub fn hold(&self, id: &str) -> Result<Held, RecordError> {
        let (tries, apart) = TRIES;
        for _ in 1..tries {
            match self.try_hold(id) {
                Err(RecordError::Running { .. }) => std::thread::sleep(apart),
                other => return other,
            }
        }
        self.try_hold(id)
    }

    fn try_hold(&self, id: &str) -> Result<Held, RecordError> {
        let folder = self.folder(id);
        let path = folder.0.join(LOCK);
        let failed = |source| RecordError::Io { path: path.clone(), source };
        let lock = open_lock(&path).map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Held { folder, _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(RecordError::Running { id: id.to_owned() }),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Takes a job's folder away.
    pub fn remove(&self, id: &str) -> Result<(), RecordError> {
        let held = self.hold(id)?;
        fs::remove_dir_all(&held.folder.0).map_err(|source| RecordError::Io { path: held.folder.0.clone(), source })
    }

    /// Takes away what nobody has touched for long.
    pub fn sweep(&self) {
        let Some(limit) = SystemTime::now().checked_sub(KEPT) else { return };
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.metadata().and_then(|folder| folder.modified()).is_ok_and(|modified| modified < limit) {
                let _ = self.remove(&entry.file_name().to_string_lossy());
            }
        }
    }

    /// `queued`, `running`, `interrupted`, or what became of it.
    pub fn state(&self, record: &Record, machine: &Machine) -> String {
        if let Some(ended) = &record.ended {
            return ended.outcome.clone();
        }
        let waits = record.started.is_none();
        let is_held = matches!(self.try_hold(&record.id), Err(RecordError::Running { .. }));
        let handed_over = waits && machine.now() - record.created < HANDED_OVER;
        match (is_held, waits) {
            (true, true) => "queued",
            (true, false) => "running",
            (false, _) if handed_over => "queued",
            (false, _) => "interrupted",
        }
        .to_owned()
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

impl Folder {
    /// The job's id.
    pub fn id(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The job's record.
    pub fn read(&self) -> Result<Record, RecordError> {
        let path = self.0.join(RECORD);
        let bytes = fs::read(&path).map_err(|source| RecordError::Io { path: path.clone(), source })?;
        serde_json::from_slice(&bytes).map_err(|error| RecordError::Io { path, source: error.into() })
    }

    /// Keeps the job's record.
    pub fn write(&self, record: &Record) -> Result<(), RecordError> {
        let path = self.0.join(RECORD);
        let bytes = serde_json::to_vec_pretty(record).unwrap_or_default();
        self.put(&path, &bytes).or_else(|error| {
            // On a full disk the old record has room for the new one.
            let write = || -> io::Result<()> {
                let mut file = OpenOptions::new().write(true).open(&path)?;
                file.write_all(&bytes)?;
                file.set_len(bytes.len() as u64)
            };
            write().map_err(|_| error)
        })
    }

    /// Writes a file whole. It need not outlive a power cut: the note does, and is what counts.
    fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            file.write_all(bytes)?;
            file.persist(path).map_err(|error| error.error).map(|_| ())
        };
        write().map_err(|source| RecordError::Io { path: path.to_owned(), source })
    }

    /// Keeps what the agent said until it broke off.
    pub fn write_partial(&self, text: &str) -> Result<(), RecordError> {
        self.put(&self.partial(), text.as_bytes())
    }

    /// Where the agent's raw stream goes.
    pub fn stream(&self) -> PathBuf {
        self.0.join(STREAM)
    }

    /// The end of what the agent's program said on standard error.
    pub fn stderr(&self) -> PathBuf {
        self.0.join(STDERR)
    }

    /// What the agent said until it broke off.
    pub fn partial(&self) -> PathBuf {
        self.0.join(PARTIAL)
    }

    /// Keeps an answer, ready to be a note, until it is one.
    pub fn write_answer(&self, text: &str) -> Result<(), RecordError> {
        self.put(&self.answer(), text.as_bytes())
    }

    /// An answer that is no note yet.
    pub fn answer(&self) -> PathBuf {
        self.0.join(ANSWER)
    }

    /// It is a note now.
    pub fn forget_answer(&self) {
        let _ = fs::remove_file(self.answer());
    }

    /// Asks whoever runs the job to stop.
    pub fn cancel(&self) -> Result<(), RecordError> {
        self.put(&self.0.join(CANCEL), b"")
    }

    /// Whether somebody asked that.
    pub fn is_cancelled(&self) -> bool {
        self.0.join(CANCEL).exists()
    }

    /// Forgets what an earlier attempt left.
    pub fn clear(&self) {
        for name in [CANCEL, STREAM, STDERR, PARTIAL] {
            let _ = fs::remove_file(self.0.join(name));
        }
    }
}

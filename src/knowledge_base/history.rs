//! Earlier texts of notes: kept whole before a new one takes their place.

use super::store::{StoreError, io_error, is_real_folder, real_folder};
use super::{HISTORY, KnowledgeBase};
use crate::machine::Machine;
use crate::note::{Draft, Id, Note, revise};
use crate::save::{self, Created, Exchanged};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// An earlier text of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// A note says its revision, and could say anything.
const MOST_REVISIONS: u32 = 1_000_000;
/// How often a new text is tried where others write the note at the same time.
const TRIES: usize = 100;

impl KnowledgeBase {
    /// Keeps the present text of a note, then puts a new one in its place. When this returns, both are on
    /// disk. What somebody else writes at the same time is kept as a revision of its own.
    pub fn replace(&self, file: &Path, id: &Id, draft: &Draft, machine: &Machine) -> Result<PathBuf, StoreError> {
        let path = self.root.join(file);
        for _ in 0..TRIES {
            let present = self.read(file)?;
            let number = self.keep(id, &present)?;
            let text = revise(&present, draft, id, number + 1, machine.now());
            match save::exchange(&path, &present, text.as_bytes()).map_err(io_error("save", &path))? {
                Exchanged::Done => return Ok(path),
                Exchanged::Changed(others) => self.keep_all(id, &others)?,
            }
        }
        Err(StoreError::Changed { path })
    }

    /// Keeps texts that a note had for a moment.
    pub(super) fn keep_all(&self, id: &Id, texts: &[Vec<u8>]) -> Result<(), StoreError> {
        texts.iter().try_for_each(|text| self.keep(id, text).map(drop))
    }

    /// Keeps a text among a note's earlier ones; the number that it has there.
    fn keep(&self, id: &Id, text: &[u8]) -> Result<u32, StoreError> {
        let relative = Path::new(HISTORY).join(folder_name(id));
        let folder = self.root.join(&relative);
        real_folder(&self.root, &relative).map_err(io_error("make", &folder))?;
        // The names of the folders are to last as long as what is in them.
        for made in [self.root.join(HISTORY), self.root.clone()] {
            save::sync(&made).map_err(io_error("save", &made))?;
        }
        loop {
            let number = self.number(id, text)?;
            let path = folder.join(format!("{number}.md"));
            if path.exists() {
                return Ok(number);
            }
            match save::create(&path, text).map_err(io_error("save", &path))? {
                Created::New => {
                    save::clear_unfinished(&folder);
                    return Ok(number);
                }
                // Another process was there first: with the same text, or not.
                Created::Taken => {}
            }
        }
    }

    /// The number of a note's present text: what it says, or the next one that no other text has.
    pub fn number(&self, id: &Id, present: &[u8]) -> Result<u32, StoreError> {
        let said = Note::parse(present).0.head.revision.filter(|number| (1..MOST_REVISIONS).contains(number));
        let folder = self.root.join(HISTORY).join(folder_name(id));
        let mut number = said.unwrap_or(1);
        loop {
            let path = folder.join(format!("{number}.md"));
            match fs::symlink_metadata(&path) {
                Ok(file) if file.is_file() && file.len() == present.len() as u64 => {
                    if fs::read(&path).map_err(io_error("read", &path))? == present {
                        return Ok(number);
                    }
                }
                Ok(_) => {}
                Err(_) => return Ok(number),
            }
            number += 1;
        }
    }

    /// The earlier texts of a note, oldest first.
    pub fn history(&self, id: &Id) -> Vec<Revision> {
        let folder = self.root.join(HISTORY).join(folder_name(id));
        if !is_real_folder(&self.root.join(HISTORY)) || !is_real_folder(&folder) {
            return Vec::new();
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut revisions: Vec<Revision> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let number: u32 = name.to_str()?.strip_suffix(".md")?.parse().ok()?;
                let file = entry.path();
                let is_file = fs::symlink_metadata(&file).is_ok_and(|file| file.is_file());
                let bytes = is_file.then(|| self.read(file.strip_prefix(&self.root).ok()?).ok())??;
                Some(Revision { number, bytes })
            })
            .collect();
        revisions.sort_by_key(|revision| revision.number);
        revisions
    }
}

/// An id as the name of a folder. One that a foreign note brings may hold anything, `../` too.
fn folder_name(id: &Id) -> String {
    let id = id.as_str();
    if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return id.to_owned();
    }
    Sha256::digest(id).iter().take(16).fold(String::from("="), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

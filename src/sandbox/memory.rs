//! How much memory a program and all that it started hold. Nobody limits it but who looks: the kernel's own limits
//! are of a process each, or take a group that a user's session need not have.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Half of the machine's memory, at most this, in bytes.
const MOST: u64 = 4 << 30;
/// A look goes over no more processes and open files: it must not cost more than the program.
const MOST_LOOKED_AT: usize = 20_000;

/// What a program may hold where nobody says, in bytes.
pub fn usual_memory() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| kibibytes(&text, "MemTotal:"));
    machine.map_or(MOST, |machine| (machine / 2).min(MOST))
}

/// What a process and all that it started hold, in bytes: their own pages, swapped out or not, pages that they share
/// with each other, and open files without a name, which no look at a folder finds. Not what they read from disk.
/// Nothing where it cannot be told.
pub fn memory_of(process: u32) -> u64 {
    let mut held = Held::default();
    let (mut processes, mut next) = (vec![process], 0);
    while let Some(process) = processes.get(next).filter(|_| held.looked_at < MOST_LOOKED_AT).copied() {
        next += 1;
        let folder = PathBuf::from(format!("/proc/{process}"));
        held.add(&folder);
        for thread in fs::read_dir(folder.join("task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            processes.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    // A file without a name is seen twice where it is mapped.
    held.own + held.shared.max(held.files.values().sum())
}

#[derive(Default)]
struct Held {
    own: u64,
    shared: u64,
    /// By their inodes: several processes may have one open.
    files: HashMap<u64, u64>,
    looked_at: usize,
}

impl Held {
    fn add(&mut self, process: &Path) {
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        let of = |name| kibibytes(&status, name).unwrap_or_default();
        self.own += of("RssAnon:") + of("VmSwap:");
        self.shared += of("RssShmem:");
        self.looked_at += 1;
        for file in fs::read_dir(process.join("fd")).into_iter().flatten().flatten() {
            if self.looked_at >= MOST_LOOKED_AT {
                return;
            }
            self.looked_at += 1;
            let path = file.path();
            let is_nameless =
                fs::read_link(&path).is_ok_and(|to| to.as_os_str().as_encoded_bytes().ends_with(b" (deleted)"));
            if is_nameless
                && let Ok(file) = fs::metadata(&path)
                && file.is_file()
            {
                self.files.insert(file.ino(), file.blocks() * 512);
            }
        }
    }
}

/// The value behind a name, which such files give in kB, in bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

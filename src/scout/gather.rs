//! Facts of a subject brought up to date: the cache, and what changed since.

use super::cache::{self, Facts, File, Numbers};
use super::facts::{self, FileFacts};
use super::walk::{self, Role, Skip};
use super::{Coverage, Request, ScoutError, packed};
use crate::subject::{self, Entry};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::time::{Duration, SystemTime};

/// So many files are parsed before their facts are packed: bounds memory.
const BATCH: usize = 256;
/// A file written within this time before it is read may change again within the same time stamp.
const RACY: Duration = Duration::from_secs(2);

/// A file after a look at its bytes.
struct Read {
    at: usize,
    hash: [u8; 16],
    role: Result<Role, Skip>,
    /// None: these bytes are known already.
    facts: Option<FileFacts>,
}

/// All facts of the subject, as its files are now.
pub(crate) fn facts(request: &Request, progress: &mut dyn FnMut(&str)) -> Result<(Facts, Coverage), ScoutError> {
    if !request.root.exists() {
        return Err(ScoutError::NoSubject { root: request.root.clone() });
    }
    let place = request.cache.as_deref().map(cache::path);
    // The cache is read while the subject is walked: neither needs the other.
    let (walk, known) = rayon::join(
        || subject::walk(&request.root, &request.hidden),
        || place.as_deref().and_then(cache::load).unwrap_or_default(),
    );
    let (facts, changed) = update(request, &walk.files, known, progress);
    let mut coverage = Coverage::default();
    for file in &facts.files {
        coverage.count(file);
    }
    coverage.unreadable = walk.passed_over.len();
    if let (true, Some(place)) = (changed, place) {
        // Without a cache the next question takes longer: no reason to fail this one.
        coverage.cached = cache::save(&place, &facts).is_ok();
    }
    Ok((facts, coverage))
}

fn update(request: &Request, entries: &[Entry], known: Facts, progress: &mut dyn FnMut(&str)) -> (Facts, bool) {
    let mut files: Vec<Option<File>> = vec![None; entries.len()];
    let mut todo: Vec<usize> = Vec::new();
    // Both are sorted by path: one merge.
    let mut old = known.files.iter().peekable();
    let mut same = known.files.len() == entries.len();
    for (at, entry) in entries.iter().enumerate() {
        while old.peek().is_some_and(|file| file.path < entry.path) {
            old.next();
        }
        match old.peek().filter(|file| file.path == entry.path && file.stamp == entry.stamp) {
            Some(file) => files[at] = Some((*file).clone()),
            None => todo.push(at),
        }
    }
    same &= todo.is_empty();
    if same {
        return (known, false);
    }
    let by_hash: FxHashMap<([u8; 16], &str), &File> = known
        .files
        .iter()
        .filter(|file| file.role.is_ok())
        .map(|file| ((file.hash, suffix(&file.path)), file))
        .collect();
    let mut made =
        Facts { terms: known.terms.clone(), names: known.names.clone(), files: Vec::new(), packed: Vec::new() };
    let (mut terms, mut names) = (Numbers::of(&made.terms), Numbers::of(&made.names));
    let now = SystemTime::now();
    let mut done = 0;
    for batch in todo.chunks(BATCH) {
        let read: Vec<Read> = batch.par_iter().map(|at| read(request, &entries[*at], *at, &by_hash)).collect();
        for Read { at, hash, role, facts } in read {
            let entry = &entries[at];
            let settled = entry.modified.and_then(|then| now.duration_since(then).ok()).is_some_and(|age| age > RACY);
            let stamp = if settled { entry.stamp } else { 0 };
            let (start, mut parsed, mut lines) = (made.packed.len(), false, 0);
            match (&facts, by_hash.get(&(hash, suffix(&entry.path)))) {
                (Some(facts), _) => {
                    (parsed, lines) = (facts.parsed, facts.lines);
                    made.packed.extend(packed::write(
                        facts,
                        |text| terms.place(&mut made.terms, text),
                        |text| names.place(&mut made.names, text),
                    ));
                }
                (None, Some(old)) if role.is_ok() => {
                    (parsed, lines) = (old.parsed, old.lines);
                    made.packed.extend_from_slice(known.packed.get(old.start..old.end).unwrap_or(&[]));
                }
                _ => {}
            }
            let end = made.packed.len();
            files[at] = Some(File { path: entry.path.clone(), stamp, hash, role, parsed, lines, start, end });
            done += 1;
        }
        progress(&format!("read {done} of {} files", todo.len()));
    }
    let fresh: rustc_hash::FxHashSet<usize> = todo.into_iter().collect();
    for (at, file) in files.into_iter().enumerate() {
        let Some(mut file) = file else { continue };
        if !fresh.contains(&at) {
            let start = made.packed.len();
            made.packed.extend_from_slice(known.packed.get(file.start..file.end).unwrap_or(&[]));
            (file.start, file.end) = (start, made.packed.len());
        }
        made.files.push(file);
    }
    (made, true)
}

/// What decides how bytes are read beside the bytes: the end of the name.
fn suffix(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn read(request: &Request, entry: &Entry, at: usize, known: &FxHashMap<([u8; 16], &str), &File>) -> Read {
    let skipped = |skip| Read { at, hash: [0; 16], role: Err(skip), facts: None };
    let role = match walk::role(entry) {
        Ok(role) => role,
        Err(skip) => return skipped(skip),
    };
    let root = if request.root.is_file() { request.root.parent().unwrap_or(&request.root) } else { &request.root };
    let Ok(bytes) = subject::read(root, &request.hidden, &entry.path) else {
        return skipped(Skip::Binary);
    };
    let role = match walk::look(role, &bytes) {
        Ok(role) => role,
        Err(skip) => return skipped(skip),
    };
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..16]);
    // The same bytes as text of another role are cut differently.
    if known.get(&(hash, suffix(&entry.path))).is_some_and(|file| file.role == Ok(role)) {
        return Read { at, hash, role: Ok(role), facts: None };
    }
    Read { at, hash, role: Ok(role), facts: Some(facts::of(&entry.path, role, &bytes)) }
}

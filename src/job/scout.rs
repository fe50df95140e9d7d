//! scout behind the wall: kb's own program, but its parsers read what strangers wrote.

use super::{Desk, JobError};
use crate::agent::{Program, Start};
use crate::sandbox::{NOT_STANDING, Sandbox, Wall};
use crate::scout;
use crate::subject::{self, Snapshot};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// The strongest wall that stands here. Where none does, scout works without: it is kb itself.
pub(super) fn wall(desk: &Desk<'_>) -> Wall {
    crate::sandbox::probe(&desk.machine.program).unwrap_or(Wall::None)
}

/// How its process is started: it writes its memory of this subject and nothing else, and has neither network nor
/// variables.
pub(super) fn start<'a>(
    program: &Program,
    snapshot: &Snapshot,
    wall: Wall,
    desk: &Desk<'_>,
) -> Result<Start<'a>, JobError> {
    let memory = scout::memory(&desk.machine.cache, &snapshot.root);
    // Without it the next question takes longer: no reason to fail this one.
    let has_memory = DirBuilder::new().recursive(true).mode(0o700).create(&memory).is_ok();
    let hidden = snapshot.hidden.iter().filter(|folder| folder.starts_with(&snapshot.root) && folder.exists());
    let sandbox = Sandbox {
        folder: program.folder.clone(),
        read: readable(snapshot, desk),
        hidden: hidden.cloned().collect(),
        write: has_memory.then_some(memory).into_iter().collect(),
        ..Sandbox::default()
    };
    let entry = sandbox.enter(wall, &desk.machine.program, &program.command)?;
    Ok(Start {
        command: entry.command,
        environment: Some(entry.environment),
        not_standing: (wall != Wall::None).then_some(NOT_STANDING),
        ..Start::default()
    })
}

/// The subject, what says which files are its own, and kb's program.
pub(super) fn readable(snapshot: &Snapshot, desk: &Desk<'_>) -> Vec<PathBuf> {
    let mut read = vec![snapshot.root.clone(), desk.machine.program.clone()];
    read.extend(desk.beside(snapshot).read.iter().cloned());
    read.extend(subject::ignore_files_above(&snapshot.root));
    read
}

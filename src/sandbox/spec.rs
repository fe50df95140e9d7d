//! What the helper is to build, as kb hands it over: in a variable of the helper alone, because its
//! command line could be read by anyone and the environment of a program may hold keys.

use super::{Entry, Sandbox, Wall, WallError};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;

/// The kernel takes 128 KiB a variable.
const MOST: usize = 128 * 1024 - 64;

/// Who builds what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The helper makes namespaces and the root.
    Namespaces,
    /// bubblewrap makes them.
    Bubblewrap,
    /// bubblewrap has made them; the listener is sent to this open socket.
    Inside(Option<i32>),
    /// Landlock and seccomp alone.
    Files,
}

/// Paths are kept as bytes: file names need not be UTF-8.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) kind: Kind,
    /// kb's process: when it is gone, so is the program.
    pub(super) parent: u32,
    folder: OsString,
    read: Vec<OsString>,
    hidden: Vec<OsString>,
    write: Vec<OsString>,
    /// The socket on which kb waits for the listener.
    control: Option<OsString>,
    /// The proxy's port on the loopback interface.
    pub(super) port: Option<u16>,
    pub(super) environment: Vec<(OsString, OsString)>,
}

impl Spec {
    pub(super) fn new(wall: Wall, sandbox: &Sandbox, environment: Vec<(OsString, OsString)>, entry: &Entry) -> Self {
        let bytes = |paths: &[PathBuf]| paths.iter().map(|path| path.clone().into_os_string()).collect();
        Self {
            kind: match wall {
                Wall::Namespaces => Kind::Namespaces,
                Wall::Bubblewrap => Kind::Bubblewrap,
                Wall::Files | Wall::None => Kind::Files,
            },
            parent: std::process::id(),
            folder: sandbox.folder.clone().into_os_string(),
            read: bytes(&sandbox.read),
            hidden: bytes(&sandbox.hidden),
            write: bytes(&sandbox.write),
            control: entry.control_path().map(PathBuf::into_os_string),
            port: entry.proxy,
            environment,
        }
    }

    pub(super) fn write(&self) -> Result<String, WallError> {
        let text = serde_json::to_string(self).unwrap_or_default();
        match text.len() {
            bytes if bytes > MOST => Err(WallError::TooMuch { bytes, most: MOST }),
            _ => Ok(text),
        }
    }
}

#[cfg(target_os = "linux")]
impl Spec {
    /// Whether the program sees a root of its own.
    pub(super) fn has_root(&self) -> bool {
        self.kind != Kind::Files
    }

    pub(super) fn folder(&self) -> PathBuf {
        PathBuf::from(&self.folder)
    }

    pub(super) fn read(&self) -> Vec<PathBuf> {
        self.read.iter().map(PathBuf::from).collect()
    }

    pub(super) fn hidden(&self) -> Vec<PathBuf> {
        self.hidden.iter().map(PathBuf::from).collect()
    }

    pub(super) fn writable(&self) -> Vec<PathBuf> {
        self.write.iter().map(PathBuf::from).collect()
    }

    pub(super) fn control(&self) -> Option<PathBuf> {
        self.control.as_ref().map(PathBuf::from)
    }
}

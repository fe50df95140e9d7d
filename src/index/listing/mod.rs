//! Folders read entry by entry, and one note opened: the calls that cost the most, in the fewest
//! forms. Links are never followed below the root. Knows neither notes nor what was there before.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
pub(super) use linux::{Root, of_file};
#[cfg(not(target_os = "linux"))]
pub(super) use portable::{Root, of_file};

use std::io;

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// A FIFO, a socket, a device.
    Other,
    /// The file system does not tell before it is asked.
    Unknown,
}

/// When a file is the same as before: device, inode, size, mtime and ctime in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    pub modified: i64,
    pub changed: i64,
}

impl Stamp {
    /// How many bytes [`Stamp::packed`] gives.
    pub(super) const PACKED: usize = 40;

    /// The stamp as it stands in the table: comparing it is comparing bytes.
    #[inline]
    pub(super) fn packed(&self) -> [u8; Self::PACKED] {
        let mut bytes = [0; Self::PACKED];
        bytes[..8].copy_from_slice(&self.device.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.size.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.modified.to_le_bytes());
        bytes[32..].copy_from_slice(&self.changed.to_le_bytes());
        bytes
    }

    /// The stamp that was packed.
    pub(super) fn unpacked(bytes: &[u8]) -> Stamp {
        let at = |start: usize| bytes.get(start..).and_then(|bytes| bytes.first_chunk().copied()).unwrap_or_default();
        Stamp {
            device: u64::from_le_bytes(at(0)),
            inode: u64::from_le_bytes(at(8)),
            size: u64::from_le_bytes(at(16)),
            modified: i64::from_le_bytes(at(24)),
            changed: i64::from_le_bytes(at(32)),
        }
    }
}

/// One entry of a folder, still unlooked at.
pub(super) trait Found {
    /// Its name, as bytes.
    fn name(&self) -> &[u8];
    /// What it is, as far as the folder tells.
    fn kind(&self) -> Kind;
    /// Asks the file system.
    fn stat(&self) -> io::Result<(Kind, Stamp)>;
}

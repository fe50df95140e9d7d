//! The way in, on kb's side: the command to start, and the listener that comes out.

use super::WallError;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{os::unix::net::UnixListener, time::Instant};
#[cfg(target_os = "linux")]
use tempfile::TempDir;

/// How a program is started behind a wall.
///
/// Start `command` with `environment` and nothing else of the environment, standard input, output and
/// error as the program shall have them, from a thread that lives as long as the program: the kernel
/// ends everything behind the wall when that thread ends. The exit code is the program's (128 + n
/// for signal n), or [`NOT_STANDING`](super::NOT_STANDING). SIGTERM and SIGINT to the process are
/// handed on to the program; SIGQUIT ends everything behind the wall, SIGKILL behind `namespaces`.
#[derive(Debug, Default)]
pub struct Entry {
    /// The program to start, and its arguments.
    pub command: Vec<OsString>,
    /// The whole environment of `command`.
    pub environment: Vec<(OsString, OsString)>,
    /// The port of the proxy, as the program sees it on 127.0.0.1.
    pub proxy: Option<u16>,
    door: Door,
}

#[derive(Debug, Default)]
enum Door {
    #[default]
    Shut,
    /// kb made the listener.
    Listener(TcpListener),
    /// The helper makes the listener and sends it to this socket, which lies in a private folder.
    #[cfg(target_os = "linux")]
    Control(UnixListener, TempDir),
}

#[cfg(target_os = "linux")]
const SOCKET: &str = "s";

impl Entry {
    pub(super) fn open(command: Vec<OsString>, environment: Vec<(OsString, OsString)>) -> Self {
        Self { command, environment, ..Self::default() }
    }

    pub(super) fn with_listener() -> Result<Self, WallError> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(WallError::Listener)?;
        let port = listener.local_addr().map_err(WallError::Listener)?.port();
        Ok(Self { proxy: Some(port), door: Door::Listener(listener), ..Self::default() })
    }

    #[cfg(target_os = "linux")]
    pub(super) fn with_control() -> Result<Self, WallError> {
        let make = || {
            let named = |parent: PathBuf| tempfile::Builder::new().prefix("kb-").tempdir_in(parent);
            let folder = named(std::env::temp_dir())?;
            // The path of a socket has at most 107 bytes.
            let folder = match folder.path().as_os_str().len() {
                0..=100 => folder,
                _ => named(PathBuf::from("/tmp"))?,
            };
            let socket = UnixListener::bind(folder.path().join(SOCKET))?;
            socket.set_nonblocking(true)?;
            Ok(Door::Control(socket, folder))
        };
        let door = make().map_err(WallError::Listener)?;
        Ok(Self { proxy: Some(super::PROXY_PORT), door, ..Self::default() })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn with_control() -> Result<Self, WallError> {
        Err(WallError::NotHere)
    }

    pub(super) fn control_path(&self) -> Option<PathBuf> {
        match &self.door {
            #[cfg(target_os = "linux")]
            Door::Control(_, folder) => Some(folder.path().join(SOCKET)),
            _ => None,
        }
    }

    /// The socket on which the program's connections arrive; none without `network`. Waits until the
    /// started helper has made it, at most `timeout`.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "no helper to wait for"))]
    pub fn listener(&self, timeout: Duration) -> io::Result<Option<TcpListener>> {
        match &self.door {
            Door::Shut => Ok(None),
            Door::Listener(listener) => listener.try_clone().map(Some),
            #[cfg(target_os = "linux")]
            Door::Control(socket, _) => received(socket, Instant::now() + timeout).map(Some),
        }
    }
}

#[cfg(target_os = "linux")]
fn received(control: &UnixListener, end: Instant) -> io::Result<TcpListener> {
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    use std::io::IoSliceMut;
    use std::mem::MaybeUninit;

    wait_for(control, end)?;
    let (stream, _) = control.accept()?;
    wait_for(&stream, end)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut handles = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(&stream, &mut [IoSliceMut::new(&mut byte)], &mut handles, RecvFlags::CMSG_CLOEXEC)?;
    for message in handles.drain() {
        if let RecvAncillaryMessage::ScmRights(mut sockets) = message
            && let Some(socket) = sockets.next()
        {
            return Ok(TcpListener::from(socket));
        }
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the helper ended before the wall stood"))
}

#[cfg(target_os = "linux")]
fn wait_for(socket: &impl std::os::fd::AsFd, end: Instant) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        match poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&left)) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

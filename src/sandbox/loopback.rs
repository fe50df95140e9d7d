//! The network behind the wall: a loopback interface, and on it one listener that kb holds.

use super::PROXY_PORT;
use super::helper::{HelperError, Step};
use rustix::net::{AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketType};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;

/// `IFF_UP`, in the width in which an interface is asked for it.
const UP: libc::c_short = 1;

/// Switches the loopback interface of a new network namespace on.
pub(super) fn up() -> Result<(), HelperError> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None).step("make a socket")?;
    #[expect(unsafe_code, reason = "an interface is switched on by ioctl")]
    // SAFETY: the request is plain numbers; the name ends with a zero; the kernel reads it only.
    let done = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = from.cast_signed();
        }
        request.ifr_ifru.ifru_flags = UP;
        libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()).step("switch the loopback interface on") }
}

/// Makes the listener and sends it to kb.
pub(super) fn hand_out(control: &UnixStream) -> Result<(), HelperError> {
    let listener = TcpListener::bind(("127.0.0.1", PROXY_PORT)).step("listen for the proxy")?;
    let sockets = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut handles = SendAncillaryBuffer::new(&mut space);
    handles.push(SendAncillaryMessage::ScmRights(&sockets));
    rustix::net::sendmsg(control, &[IoSlice::new(&[1])], &mut handles, SendFlags::NOSIGNAL)
        .step("hand the listener to kb")?;
    Ok(())
}

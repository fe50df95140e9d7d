//! Processes around the program: none outlives kb, signals are handed on, exit codes come back.

use super::helper::{HelperError, Step};
use rustix::process::{Pid, Signal, WaitOptions, getppid, set_parent_process_death_signal};
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsFd;

/// Which side of a fork this is.
pub(super) enum Side {
    Child,
    Parent(Pid),
}

/// Forks. The helper has one thread, so the child may go on as it likes.
pub(super) fn fork() -> Result<Side, HelperError> {
    #[expect(unsafe_code, reason = "there is no safe fork")]
    // SAFETY: the helper has one thread: no lock can be held by another.
    let pid = unsafe { libc::fork() };
    match pid {
        -1 => Err(io::Error::last_os_error()).step("fork"),
        pid => Ok(Pid::from_raw(pid).map_or(Side::Child, Side::Parent)),
    }
}

/// Closes everything that came from kb but standard input, output and error.
pub(super) fn close_inherited() -> Result<(), HelperError> {
    #[expect(unsafe_code, reason = "rustix has no close_range")]
    // SAFETY: nothing above standard error is open yet in this process that anything here owns.
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()).step("close inherited files") }
}

/// Ends this process by `signal` when its parent ends, which must be `parent` still.
pub(super) fn end_with(parent: u32, signal: Signal) -> Result<(), HelperError> {
    set_parent_process_death_signal(Some(signal)).step("bind the helper to kb")?;
    let still = getppid().is_some_and(|pid| pid.as_raw_nonzero().get().cast_unsigned() == parent);
    if still { Ok(()) } else { Err(io::Error::other("kb is gone")).step("bind the helper to kb") }
}

/// The pipes of the program are the program's alone: whoever reads them sees their end.
pub(super) fn let_go_of_pipes() -> Result<(), HelperError> {
    let null = OpenOptions::new().read(true).write(true).open("/dev/null").step("open /dev/null")?;
    rustix::stdio::dup2_stdin(null.as_fd()).step("let go of standard input")?;
    rustix::stdio::dup2_stdout(null.as_fd()).step("let go of standard output")?;
    rustix::stdio::dup2_stderr(null.as_fd()).step("let go of standard error")
}

/// The signals that [`next_signal`] gives.
fn watched() -> libc::sigset_t {
    #[expect(unsafe_code, reason = "rustix does not wait for signals")]
    // SAFETY: a signal set is plain numbers, initialised by sigemptyset before it is read.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
            libc::sigaddset(&raw mut set, signal);
        }
        set
    }
}

/// From now on these signals wait for [`next_signal`].
pub(super) fn block_signals() -> Result<(), HelperError> {
    mask(libc::SIG_BLOCK)
}

/// As a program expects it.
pub(super) fn unblock_signals() -> Result<(), HelperError> {
    mask(libc::SIG_UNBLOCK)
}

fn mask(how: libc::c_int) -> Result<(), HelperError> {
    let set = watched();
    #[expect(unsafe_code, reason = "rustix does not change the signal mask")]
    // SAFETY: the set is alive and initialised; no old set is asked for.
    let done = unsafe { libc::sigprocmask(how, &raw const set, std::ptr::null_mut()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()).step("change the signal mask") }
}

fn next_signal() -> libc::c_int {
    let set = watched();
    let mut signal = 0;
    #[expect(unsafe_code, reason = "rustix does not wait for signals")]
    // SAFETY: both pointers are to live variables.
    unsafe {
        libc::sigwait(&raw const set, &raw mut signal);
    }
    signal
}

/// A signal as it is handed on: who sends SIGQUIT wants an end at once.
pub(super) fn handed_on(signal: Signal) -> Signal {
    if signal == Signal::QUIT { Signal::KILL } else { signal }
}

/// Waits until `main` has ended, buries others meanwhile, and gives `hand_on` each signal that asks to
/// end. Returns the exit code.
pub(super) fn watch(main: Pid, mut hand_on: impl FnMut(Signal)) -> u8 {
    loop {
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid == main {
                let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
                return code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
            }
        }
        let asked = match next_signal() {
            libc::SIGTERM => Some(Signal::TERM),
            libc::SIGINT => Some(Signal::INT),
            libc::SIGHUP => Some(Signal::HUP),
            libc::SIGQUIT => Some(Signal::QUIT),
            _ => None,
        };
        if let Some(signal) = asked {
            hand_on(signal);
        }
    }
}

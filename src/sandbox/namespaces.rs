//! The strong wall: namespaces of the program's own, in the order in which they must be made.
//!
//! kb starts the helper, which makes the namespaces; its child is process 1 inside, builds the root,
//! starts the program and then becomes a fresh `kb __wall init` that holds nothing worth reading.

use super::helper::{HelperError, Step, become_program};
use super::layout::{INSIDE, Layout};
use super::process::{self, Side};
use super::spec::Spec;
use super::{COMMAND, loopback, root};
use rustix::fs::{Mode, OFlags};
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, Signal, kill_process, kill_process_group, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::UnshareFlags;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Processes that may live at a time.
const MOST_PROCESSES: u64 = 600;

pub(super) fn run(spec: &Spec, program: &[OsString]) -> Result<u8, HelperError> {
    process::end_with(spec.parent, Signal::KILL)?;
    let control = spec.control().map(UnixStream::connect).transpose().step("reach kb")?;
    process::block_signals()?;
    own_namespaces()?;
    let (alive, held) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).step("make a pipe")?;
    match process::fork()? {
        Side::Child => {
            drop(held);
            inside(spec, program, control, &alive).map(|never| match never {})
        }
        Side::Parent(init) => {
            drop((control, alive));
            process::let_go_of_pipes()?;
            Ok(process::watch(init, |signal| _ = kill_process(init, process::handed_on(signal))))
        }
    }
}

fn own_namespaces() -> Result<(), HelperError> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let all = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS;
    #[expect(unsafe_code, reason = "unshare can take away memory or files that another thread uses")]
    // SAFETY: the helper has one thread, and no flag is about memory or open files.
    unsafe { rustix::thread::unshare_unsafe(all) }.step("make namespaces")?;
    tell("/proc/self/setgroups", "deny").step("give up groups")?;
    tell("/proc/self/uid_map", &format!("{INSIDE} {user} 1")).step("map the user")?;
    tell("/proc/self/gid_map", &format!("{INSIDE} {group} 1")).step("map the group")
}

/// Writes to a file of the kernel's, which takes it in one call or not at all.
fn tell(file: &str, words: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(words.as_bytes())
}

/// Process 1.
fn inside(
    spec: &Spec,
    program: &[OsString],
    control: Option<UnixStream>,
    alive: &OwnedFd,
) -> Result<Infallible, HelperError> {
    set_parent_process_death_signal(Some(Signal::KILL)).step("bind process 1 to the helper")?;
    still_there(alive)?;
    let own = rustix::fs::open("/proc/self/exe", OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).step("find kb")?;
    bound_processes();
    root::build(&Layout::of(spec)?)?;
    loopback::up()?;
    if let Some(control) = control {
        loopback::hand_out(&control)?;
    }
    drop_capabilities();
    let (gate, held) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).step("make a pipe")?;
    match process::fork()? {
        Side::Child => {
            drop(held);
            // Until process 1 cannot be looked into any more.
            let _ = std::fs::File::from(gate).read(&mut [0]);
            become_program(spec, program)
        }
        Side::Parent(main) => {
            drop(gate);
            #[expect(clippy::disallowed_methods, reason = "the helper becomes kb again, with nothing in it")]
            let mut init = Command::new(format!("/proc/self/fd/{}", own.as_raw_fd()));
            init.arg0("kb").args([COMMAND, "init", &main.as_raw_nonzero().to_string()]);
            let source = init.env_clear().stdin(Stdio::from(held)).exec();
            Err(source).step("start process 1 anew")
        }
    }
}

/// The helper may have ended before process 1 was bound to it.
fn still_there(alive: &OwnedFd) -> Result<(), HelperError> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut [PollFd::new(alive, PollFlags::IN)], Some(&now)) {
        Ok(0) => Ok(()),
        _ => Err(std::io::Error::other("the helper is gone")).step("bind process 1 to the helper"),
    }
}

/// Best effort: each is also held by something else, or costs time only.
fn bound_processes() {
    let _ = tell("/proc/sys/user/max_user_namespaces", "0");
    // Before, there is one `pid_max` for the whole machine, and root could change it from here.
    if linux() >= (6, 14) {
        let _ = tell("/proc/sys/kernel/pid_max", &MOST_PROCESSES.to_string());
    }
    // Before, the processes of the user are counted everywhere. Root is exempt.
    if linux() >= (5, 14) {
        let most = Some(MOST_PROCESSES);
        let _ = setrlimit(Resource::Nproc, Rlimit { current: most, maximum: most });
    }
}

/// The kernel's version.
fn linux() -> (u32, u32) {
    let name = rustix::system::uname();
    let mut numbers = name.release().to_str().unwrap_or_default().split(|mark: char| !mark.is_ascii_digit());
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
    (next(), next())
}

/// What is left are the capabilities of this moment, which end with the next exec.
pub(super) fn drop_capabilities() {
    for bit in 0..64 {
        let one = rustix::thread::CapabilitySet::from_bits_retain(1 << bit);
        if rustix::thread::remove_capability_from_bounding_set(one).is_err() {
            break;
        }
    }
}

/// What process 1 is from then on: it buries the dead, and when the program ends, everything does.
pub(super) fn init(main: i32) -> Result<u8, HelperError> {
    let main = Pid::from_raw(main).filter(|_| rustix::process::getpid().is_init()).ok_or(HelperError::NotByHand)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).step("hide process 1")?;
    rustix::thread::set_no_new_privs(true).step("give up new privileges")?;
    process::let_go_of_pipes()?;
    Ok(process::watch(main, |signal| {
        if kill_process_group(main, signal).is_err() {
            let _ = kill_process(main, signal);
        }
    }))
}

//! The strong wall where only bubblewrap may make namespaces, as some systems have it: bubblewrap makes
//! them and the root, and a second helper inside adds Landlock and seccomp.

use super::helper::{HelperError, Step, become_program};
use super::layout::{DEVICE_LINKS, DEVICES, INSIDE, Layout, Over, TMP_SIZE};
use super::namespaces::drop_capabilities;
use super::process::{self, Side};
use super::spec::{Kind, Spec};
use super::{COMMAND, VARIABLE, loopback};
use rustix::fs::MemfdFlags;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Where systems keep it. Not looked up on PATH: what it is given is trusted.
const PLACES: [&str; 3] = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/run/current-system/sw/bin/bwrap"];
/// Where kb's own program is seen inside.
const KB: &str = "/run/kb";

/// Starts bubblewrap and hands signals on to the program, which bubblewrap itself does not.
pub(super) fn run(mut spec: Spec, program: &[OsString]) -> Result<u8, HelperError> {
    let bubblewrap = PLACES.into_iter().find(|place| Path::new(place).is_file());
    let bubblewrap = bubblewrap.ok_or(std::io::ErrorKind::NotFound).step("find bubblewrap")?;
    process::end_with(spec.parent, Signal::KILL)?;
    process::block_signals()?;
    let helper = std::process::id();
    match process::fork()? {
        Side::Child => {
            process::end_with(helper, Signal::KILL)?;
            let own = fs::read_link("/proc/self/exe").step("find kb")?;
            let mut open = Vec::new();
            let control = spec.control().map(UnixStream::connect).transpose().step("reach kb")?.map(OwnedFd::from);
            let number = control.map(|control| kept_open(control, &mut open)).transpose()?;
            #[expect(clippy::disallowed_methods, reason = "the helper becomes bubblewrap")]
            let mut command = Command::new(bubblewrap);
            command.args(arguments(&Layout::of(&spec)?, &own, &mut open)?).args([KB, COMMAND, "start"]).args(program);
            spec.kind = Kind::Inside(number);
            let inner = spec.write().map_err(std::io::Error::other).step("hand over what is to be built")?;
            let source = command.env_clear().env(VARIABLE, inner).exec();
            Err(HelperError::Start { program: bubblewrap.into(), source })
        }
        Side::Parent(bubblewrap) => {
            process::let_go_of_pipes()?;
            Ok(process::watch(bubblewrap, |signal| {
                let signal = process::handed_on(signal);
                // Process 1 of the wall, whose child is the program.
                for main in children(bubblewrap).into_iter().flat_map(children) {
                    if kill_process_group(main, signal).is_err() {
                        let _ = kill_process(main, signal);
                    }
                }
            }))
        }
    }
}

/// What the second helper does, behind what bubblewrap built.
pub(super) fn inside(spec: &Spec, program: &[OsString], control: Option<i32>) -> Result<u8, HelperError> {
    if let Some(number) = control {
        #[expect(unsafe_code, reason = "an open file is named by its number alone")]
        // SAFETY: the first helper left this socket open for this one, and nothing else here knows it.
        let socket = unsafe { OwnedFd::from_raw_fd(number) };
        loopback::hand_out(&UnixStream::from(socket))?;
    }
    process::close_inherited()?;
    drop_capabilities();
    become_program(spec, program).map(|never| match never {})
}

/// bubblewrap's arguments, in the order in which it builds.
fn arguments(layout: &Layout, kb: &Path, open: &mut Vec<OwnedFd>) -> Result<Vec<OsString>, HelperError> {
    let mut arguments: Vec<OsString> =
        ["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
            .map(OsString::from)
            .to_vec();
    let mut add = |words: &[&dyn AsRef<OsStr>]| arguments.extend(words.iter().map(|word| word.as_ref().to_owned()));
    let inside = INSIDE.to_string();
    add(&[&"--uid", &inside, &"--gid", &inside, &"--proc", &"/proc"]);
    add(&[&"--perms", &"1777", &"--size", &TMP_SIZE, &"--tmpfs", &"/tmp"]);
    for device in DEVICES {
        add(&[&"--dev-bind", &device, &device]);
    }
    for (link, target) in DEVICE_LINKS {
        add(&[&"--symlink", &target, &link]);
    }
    for (link, target) in &layout.links {
        add(&[&"--symlink", target, link]);
    }
    for (seen_at, from) in &layout.read {
        add(&[&"--ro-bind", from, seen_at]);
    }
    for (path, what) in &layout.over {
        match what {
            Over::EmptyFolder => add(&[&"--perms", &"0555", &"--size", &"65536", &"--tmpfs", path]),
            // A device, on a mount where there are none: it cannot be opened.
            Over::NoFile => add(&[&"--ro-bind", &"/dev/null", path]),
            Over::Read(from) => add(&[&"--ro-bind", from, path]),
            Over::Link(target) => add(&[&"--symlink", target, path]),
        }
    }
    for folder in &layout.write {
        add(&[&"--bind", folder, folder]);
    }
    // Not before: the private home may lie in one of them.
    for (path, _) in layout.over.iter().filter(|(_, what)| matches!(what, Over::EmptyFolder)) {
        add(&[&"--remount-ro", path]);
    }
    for (name, text) in layout.etc() {
        let file = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC).step("fill /etc")?;
        let mut file = fs::File::from(file);
        file.write_all(text.as_bytes()).and_then(|()| file.rewind()).step("fill /etc")?;
        let number = kept_open(file.into(), open)?.to_string();
        add(&[&"--perms", &"0644", &"--ro-bind-data", &number, &format!("/etc/{name}")]);
    }
    add(&[&"--ro-bind", &kb, &KB, &"--remount-ro", &"/", &"--chdir", &"/", &"--"]);
    Ok(arguments)
}

/// The number under which the next program finds an open file.
fn kept_open(file: OwnedFd, open: &mut Vec<OwnedFd>) -> Result<i32, HelperError> {
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).step("keep a file open")?;
    let number = file.as_raw_fd();
    open.push(file);
    Ok(number)
}

fn children(of: Pid) -> Vec<Pid> {
    let pid = of.as_raw_nonzero();
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

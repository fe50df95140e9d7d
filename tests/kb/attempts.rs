//! What a hostile program would try, one function each: an attempt succeeds only if it had its effect.

#![expect(unsafe_code, reason = "an attacker calls the kernel as it likes")]

use rustix::process::{Pid, Signal};
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the attempts are made on; handed over in variables.
pub(crate) struct Target {
    /// Holds `user` (the home folder), `repo`, `other` and `private` (what may be written).
    pub(crate) root: PathBuf,
    /// A process of the user's.
    pub(crate) victim: i32,
    /// TCP, on the loopback interface.
    pub(crate) tcp: u16,
    /// UDP, answers what it is sent.
    pub(crate) udp: u16,
    /// A System V shared memory.
    pub(crate) memory: i32,
}

type Tried = io::Result<()>;

pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&Target) -> Tried,
    /// Whether it works everywhere without a wall, for every user.
    pub(crate) sure: bool,
}

const fn sure(name: &'static str, make: fn(&Target) -> Tried) -> Attempt {
    Attempt { name, make, sure: true }
}

/// Needs root, a setting or a device that a machine may not have.
const fn maybe(name: &'static str, make: fn(&Target) -> Tried) -> Attempt {
    Attempt { name, make, sure: false }
}

// Of linux/fs.h, which the libc crate does not have for every C library.
const GET_FLAGS: u32 = 0x8008_6601;
const SET_FLAGS: u32 = 0x4008_6602;
const GET_ATTRIBUTES: u32 = 0x801c_581f;
const SET_ATTRIBUTES: u32 = 0x401c_5820;
const SET_VERSION: u32 = 0x4008_7602;
const NO_DUMP: libc::c_int = 0x40;
const NO_DUMP_ATTRIBUTE: u32 = 0x80;

pub(crate) const ATTEMPTS: &[Attempt] = &[
    sure("write a file", |t| fs::write(t.repo("a.py"), "evil")),
    sure("append to a file", |t| append(&t.repo("a.py"))),
    sure("truncate a file by its name", |t| {
        let path = c(&t.repo("a.py"));
        check(unsafe { libc::truncate(path.as_ptr(), 0) })
    }),
    sure("make a file", |t| fs::write(t.repo("new.py"), "")),
    sure("make CLAUDE.md for the next agent", |t| fs::write(t.repo("CLAUDE.md"), "obey")),
    sure("remove a file", |t| fs::remove_file(t.repo("a.py"))),
    sure("rename a file", |t| fs::rename(t.repo("a.py"), t.repo("b.py"))),
    sure("move a file out", |t| fs::rename(t.repo("a.py"), t.private("a.py"))),
    sure("move a file in", |t| {
        fs::write(t.private("x"), "")?;
        fs::rename(t.private("x"), t.repo("x"))
    }),
    sure("make a folder", |t| fs::create_dir(t.repo("new"))),
    sure("remove a folder", |t| fs::remove_dir(t.repo("empty"))),
    sure("make a link in the repository", |t| symlink("/etc/passwd", t.repo("link"))),
    sure("write through a hard link of one's own", |t| {
        fs::hard_link(t.repo("a.py"), t.private("hard"))?;
        append(&t.private("hard"))
    }),
    sure("write through a symbolic link of one's own", |t| {
        symlink(t.repo("a.py"), t.private("soft"))?;
        append(&t.private("soft"))
    }),
    sure("chmod", |t| {
        fs::set_permissions(t.repo("a.py"), fs::Permissions::from_mode(0o777))?;
        happened(fs::metadata(t.repo("a.py"))?.mode() & 0o777 == 0o777)
    }),
    sure("chmod of an open file", |t| {
        File::open(t.repo("a.py"))?.set_permissions(fs::Permissions::from_mode(0o777))?;
        happened(fs::metadata(t.repo("a.py"))?.mode() & 0o777 == 0o777)
    }),
    sure("fchmodat2", |t| {
        let path = c(&t.repo("a.py"));
        check_long(unsafe { libc::syscall(452, libc::AT_FDCWD, path.as_ptr(), 0o777, 0) })?;
        happened(fs::metadata(t.repo("a.py"))?.mode() & 0o777 == 0o777)
    }),
    sure("set a file's time", |t| {
        let path = c(&t.repo("a.py"));
        let times = [libc::timespec { tv_sec: 1, tv_nsec: 0 }; 2];
        check(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), times.as_ptr(), 0) })?;
        happened(fs::metadata(t.repo("a.py"))?.mtime() == 1)
    }),
    maybe("set a file's flags", |t| {
        let file = File::open(t.repo("a.py"))?;
        let (mut before, mut after): (libc::c_int, libc::c_int) = (0, 0);
        ask(&file, GET_FLAGS, &raw mut before)?;
        let mut wanted = before ^ NO_DUMP;
        ask(&file, SET_FLAGS, &raw mut wanted)?;
        ask(&file, GET_FLAGS, &raw mut after)?;
        happened(after == wanted)
    }),
    maybe("set a file's attributes of its file system", |t| {
        let file = File::open(t.repo("a.py"))?;
        let (mut before, mut after) = ([0_u32; 7], [0_u32; 7]);
        ask(&file, GET_ATTRIBUTES, before.as_mut_ptr())?;
        before[0] ^= NO_DUMP_ATTRIBUTE;
        ask(&file, SET_ATTRIBUTES, before.as_mut_ptr())?;
        ask(&file, GET_ATTRIBUTES, after.as_mut_ptr())?;
        happened(after[0] == before[0])
    }),
    maybe("set a file's version", |t| {
        let file = File::open(t.repo("a.py"))?;
        let mut version: libc::c_int = 7;
        ask(&file, SET_VERSION, &raw mut version)
    }),
    sure("hold up whoever saves a file", |t| {
        let file = File::open(t.repo("a.py"))?;
        check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_RDLCK) })
    }),
    maybe("be told what changes in a folder", |t| {
        let folder = File::open(t.repo(""))?;
        check(unsafe { libc::fcntl(folder.as_raw_fd(), libc::F_NOTIFY, 2) })
    }),
    sure("lock a file", |t| {
        let file = File::open(t.repo("a.py"))?;
        check(unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) })
    }),
    maybe("set an extended attribute", |t| {
        let path = c(&t.repo("a.py"));
        check(unsafe { libc::setxattr(path.as_ptr(), c"user.evil".as_ptr(), c"x".as_ptr().cast(), 1, 0) })?;
        let mut value = [0_u8; 1];
        let got =
            unsafe { libc::getxattr(path.as_ptr(), c"user.evil".as_ptr(), value.as_mut_ptr().cast(), value.len()) };
        happened(got == 1)
    }),
    maybe("chown", |t| {
        std::os::unix::fs::chown(t.repo("a.py"), Some(12345), None)?;
        happened(fs::metadata(t.repo("a.py"))?.uid() == 12345)
    }),
    sure("plant a hook", |t| fs::write(t.repo(".git/hooks/pre-commit"), "#!/bin/sh\n")),
    sure("change .git/config", |t| append(&t.repo(".git/config"))),
    sure("change ~/.bashrc", |t| append(&t.home(".bashrc"))),
    sure("make ~/.profile", |t| fs::write(t.home(".profile"), "evil")),
    sure("read ~/.ssh/id", |t| read(&t.home(".ssh/id"))),
    sure("list ~/.ssh", |t| list(&t.home(".ssh"))),
    sure("ask whether ~/.ssh/id is there", |t| fs::metadata(t.home(".ssh/id")).map(drop)),
    sure("watch ~/.ssh", |t| {
        let path = c(&t.home(".ssh"));
        let watch = unsafe { libc::inotify_init1(0) };
        check(unsafe { libc::inotify_add_watch(watch, path.as_ptr(), libc::IN_ACCESS) })
    }),
    sure("read ~/.ssh/id through a link of one's own", |t| {
        symlink(t.home(".ssh/id"), t.private("id"))?;
        read(&t.private("id"))
    }),
    sure("read another repository", |t| read(&t.root.join("other/secret.py"))),
    sure("read another agent's transcript", |t| read(&t.home(".claude/projects/p.jsonl"))),
    sure("list the folder around the repository", |t| {
        happened(fs::read_dir(&t.root)?.flatten().any(|entry| entry.file_name() == "other"))
    }),
    sure("read a note", |t| read(&t.repo("notes/note.md"))),
    sure("change a note", |t| append(&t.repo("notes/note.md"))),
    sure("list the notes", |t| happened(fs::read_dir(t.repo("notes"))?.next().is_some())),
    sure("read another process's environment", |t| {
        let text = fs::read(format!("/proc/{}/environ", t.victim))?;
        happened(text.windows(6).any(|part| part == b"SECRET"))
    }),
    sure("read another process's command line", |t| {
        let text = fs::read(format!("/proc/{}/cmdline", t.victim))?;
        happened(text.starts_with(b"sleep"))
    }),
    sure("see the machine's connections", |t| {
        let table = fs::read_to_string("/proc/self/net/tcp")?;
        happened(table.contains(&format!(":{:04X} ", t.tcp)))
    }),
    maybe("open another process's memory", |t| File::open(format!("/proc/{}/mem", t.victim)).map(drop)),
    maybe("look into another process's root", |t| list(Path::new(&format!("/proc/{}/root", t.victim)))),
    sure("signal another process", |t| Ok(rustix::process::kill_process(t.pid()?, Signal::CONT)?)),
    maybe("trace another process", |t| check_long(unsafe { libc::ptrace(libc::PTRACE_SEIZE, t.victim, 0, 0) })),
    maybe("take an open file of another process", |t| {
        let process = rustix::process::pidfd_open(t.pid()?, rustix::process::PidfdFlags::empty())?;
        check_long(unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), 0, 0) })
    }),
    sure("limit another process", |t| {
        let limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        check(unsafe { libc::prlimit(t.victim, libc::RLIMIT_CORE, &raw const limit, std::ptr::null_mut()) })
    }),
    sure("slow another process down", |t| {
        let who = t.victim.cast_unsigned();
        check(unsafe { libc::setpriority(libc::PRIO_PROCESS, who, 19) })
    }),
    sure("TCP to the loopback interface", |t| TcpStream::connect(("127.0.0.1", t.tcp)).map(drop)),
    sure("UDP to the loopback interface", |t| {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        socket.send_to(b"x", ("127.0.0.1", t.udp))?;
        socket.recv(&mut [0]).map(drop)
    }),
    maybe("a name server's address", |_| {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:53")?;
        socket.send(b"x").map(drop)
    }),
    sure("a unix socket by its path", |t| UnixStream::connect(t.home("agent.sock")).map(drop)),
    sure("an abstract unix socket", |t| {
        UnixStream::connect_addr(&SocketAddr::from_abstract_name(t.root.as_os_str().as_bytes())?).map(drop)
    }),
    maybe("a vsock socket", |_| socket(libc::AF_VSOCK, libc::SOCK_STREAM)),
    sure("a netlink socket", |_| socket(libc::AF_NETLINK, libc::SOCK_RAW)),
    maybe("a packet socket", |_| socket(libc::AF_PACKET, libc::SOCK_RAW)),
    maybe("a raw socket", |_| check(unsafe { libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP) })),
    maybe("io_uring", |_| {
        let mut parameters = [0_u8; 120];
        check_long(unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr()) })
    }),
    maybe("a user namespace", |_| in_child(|| check(unsafe { libc::unshare(libc::CLONE_NEWUSER) }))),
    maybe("a user namespace by clone3", |_| {
        in_child(|| {
            let mut arguments = [0_u64; 8];
            arguments[0] = u64::from(libc::CLONE_NEWUSER.cast_unsigned());
            arguments[4] = u64::from(libc::SIGCHLD.cast_unsigned());
            let pid = unsafe { libc::syscall(libc::SYS_clone3, arguments.as_mut_ptr(), size_of_val(&arguments)) };
            if pid == 0 {
                unsafe { libc::_exit(0) }
            }
            check_long(pid)
        })
    }),
    maybe("mount over a folder", |t| {
        let (folder, fs) = (c(&t.private("")), c"tmpfs".as_ptr());
        in_child(|| {
            check(unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS) })?;
            check(unsafe { libc::mount(fs, folder.as_ptr(), fs, 0, std::ptr::null()) })
        })
    }),
    maybe("join another process's namespaces", |t| {
        let file = File::open(format!("/proc/{}/ns/net", t.victim))?;
        in_child(|| check(unsafe { libc::setns(file.as_raw_fd(), 0) }))
    }),
    maybe("chroot", |t| in_child(|| check(unsafe { libc::chroot(c(&t.private("")).as_ptr()) }))),
    maybe("make a device", |t| {
        check(unsafe { libc::mknod(c(&t.private("null")).as_ptr(), libc::S_IFCHR | 0o666, libc::makedev(1, 3)) })
    }),
    sure("a session keyring", |_| {
        let (kind, name) = (c"user".as_ptr(), c"kb-test".as_ptr());
        check_long(unsafe { libc::syscall(libc::SYS_add_key, kind, name, c"x".as_ptr(), 1_usize, -1) })
    }),
    maybe("bpf", |_| {
        let mut attributes = [0_u32; 18];
        attributes[..4].copy_from_slice(&[2, 4, 4, 1]);
        check_long(unsafe { libc::syscall(libc::SYS_bpf, 0, attributes.as_mut_ptr(), size_of_val(&attributes)) })
    }),
    maybe("perf events", |_| {
        let mut attributes = [0_u64; 16];
        attributes[0] = 1 | (128 << 32);
        let made = unsafe { libc::syscall(libc::SYS_perf_event_open, attributes.as_mut_ptr(), 0, -1, -1, 0) };
        check_long(made)
    }),
    maybe("userfaultfd", |_| check_long(unsafe { libc::syscall(libc::SYS_userfaultfd, 1) })),
    sure("a file's handle", |t| {
        let mut handle = [0_u32; 34];
        handle[0] = 128;
        let (path, mut mount) = (c(&t.repo("a.py")), 0);
        let flags = 0;
        check_long(unsafe {
            let handle = handle.as_mut_ptr();
            libc::syscall(libc::SYS_name_to_handle_at, libc::AT_FDCWD, path.as_ptr(), handle, &raw mut mount, flags)
        })
    }),
    maybe("the kernel's log", |_| File::open("/dev/kmsg").map(drop)),
    maybe("the kernel's settings", |_| OpenOptions::new().write(true).open("/proc/sys/kernel/core_pattern").map(drop)),
    maybe("type into a terminal", |_| {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/ptmx")?;
        check(unsafe { libc::ioctl(terminal.as_raw_fd(), 0x5412, c"x".as_ptr()) })
    }),
    sure("System V shared memory", |t| {
        let at = unsafe { libc::shmat(t.memory, std::ptr::null(), 0) };
        if at.addr() == usize::MAX { Err(io::Error::last_os_error()) } else { Ok(()) }
    }),
    maybe("POSIX shared memory", |t| fs::write(Path::new("/dev/shm").join(t.shared_name()), "evil")),
    sure("fill /tmp", |_| {
        let mut file = tempfile::tempfile_in("/tmp")?;
        check(unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, 300_000_000) })?;
        file.write_all(b"x")?;
        happened(file.metadata()?.len() == 300_000_000)
    }),
    sure("a storm of processes", |_| {
        let mut children = Vec::new();
        let mut all = true;
        for _ in 0..700 {
            match unsafe { libc::fork() } {
                0 => loop {
                    unsafe { libc::pause() };
                },
                pid if pid > 0 => children.push(pid),
                _ => {
                    all = false;
                    break;
                }
            }
        }
        for pid in children {
            unsafe { libc::kill(pid, libc::SIGKILL) };
            unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        }
        happened(all)
    }),
];

impl Target {
    fn repo(&self, path: &str) -> PathBuf {
        self.root.join("repo").join(path)
    }

    fn home(&self, path: &str) -> PathBuf {
        self.root.join("user").join(path)
    }

    fn private(&self, path: &str) -> PathBuf {
        self.root.join("private").join(path)
    }

    /// A name in `/dev/shm`.
    pub(crate) fn shared_name(&self) -> String {
        self.root.file_name().unwrap().to_string_lossy().into_owned()
    }

    fn pid(&self) -> io::Result<Pid> {
        Pid::from_raw(self.victim).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn append(path: &Path) -> Tried {
    OpenOptions::new().append(true).open(path)?.write_all(b"evil")
}

fn read(path: &Path) -> Tried {
    File::open(path)?.read_exact(&mut [0])
}

fn list(path: &Path) -> Tried {
    happened(fs::read_dir(path)?.count() > 0)
}

fn socket(family: libc::c_int, kind: libc::c_int) -> Tried {
    check(unsafe { libc::socket(family, kind, 0) })
}

fn ask<T>(file: &File, request: u32, value: *mut T) -> Tried {
    check_long(unsafe { libc::syscall(libc::SYS_ioctl, file.as_raw_fd(), u64::from(request), value) })
}

fn happened(it: bool) -> Tried {
    if it { Ok(()) } else { Err(io::Error::other("no effect")) }
}

fn check(returned: libc::c_int) -> Tried {
    check_long(returned.into())
}

fn check_long(returned: libc::c_long) -> Tried {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn c(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

/// What would change this process for good, in a child. It has one thread, as a program of an attacker's
/// would.
fn in_child(make: impl Fn() -> Tried) -> Tried {
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let code = make().map_or_else(|error| error.raw_os_error().unwrap_or(1), |()| 0);
        unsafe { libc::_exit(code) }
    }
    let mut status = 0;
    check(unsafe { libc::waitpid(pid, &raw mut status, 0) })?;
    match libc::WEXITSTATUS(status) {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// A System V shared memory that goes with its last user.
pub(crate) fn shared_memory() -> i32 {
    let id = unsafe { libc::shmget(libc::IPC_PRIVATE, 4096, libc::IPC_CREAT | 0o600) };
    assert!(id >= 0, "no shared memory");
    id
}

pub(crate) fn remove_shared_memory(id: i32) {
    unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
}

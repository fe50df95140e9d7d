//! The root that a program sees behind `namespaces`: empty, and only what it needs added, read-only.

use super::helper::{HelperError, Step};
use super::spec::Spec;
use rustix::fs::CWD;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Programs, libraries and what they cannot do without. What is missing is left out; links stay links.
pub(super) const SYSTEM: [&str; 18] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/ca-certificates/extracted",
    "/etc/localtime",
];
/// Devices that give or take bytes, and nothing else.
pub(super) const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// The bytes that `/tmp` holds at most.
const TMP_SIZE: &str = "268435456";
/// The files that it holds at most.
const TMP_FILES: &str = "65536";
/// Where the new root is put together, in a mount namespace of our own: any folder that every system
/// has will do, since the trees to be shown are in hand before it is covered.
const SITE: &str = "/usr";

const HARMLESS: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID.union(MountAttrFlags::MOUNT_ATTR_NODEV);
const READ_ONLY: MountAttrFlags = HARMLESS.union(MountAttrFlags::MOUNT_ATTR_RDONLY);
const DEVICE: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID.union(MountAttrFlags::MOUNT_ATTR_NOEXEC);

/// Trees in hand, by where they will be seen: parents before what lies in them.
#[derive(Default)]
struct Plan {
    trees: BTreeMap<PathBuf, Tree>,
    links: Vec<(PathBuf, PathBuf)>,
    /// Where the content of each hidden folder would be seen.
    hidden: Vec<PathBuf>,
}

struct Tree {
    handle: OwnedFd,
    is_folder: bool,
    attributes: MountAttrFlags,
}

/// Builds the root and moves this process into it; nothing of the old one can be reached after that.
pub(super) fn build(spec: &Spec) -> Result<(), HelperError> {
    let everywhere = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", everywhere).step("take the mounts apart from the system's")?;
    let plan = Plan::gather(spec)?;
    let devices = DEVICES.into_iter().map(|path| Ok((path, take(Path::new(path), DEVICE)?)));
    let devices = devices.collect::<Result<Vec<_>, HelperError>>()?;
    let process_files = process_files()?;

    put(&temporary_files("4194304", "4096", "755", HARMLESS)?, Path::new(SITE)).step("cover the root")?;
    rustix::process::chdir(SITE).step("enter the new root")?;
    for folder in ["proc", "dev", "tmp", "etc"] {
        fs::create_dir(folder).step("make the new root's folders")?;
    }
    put(&process_files, Path::new("proc")).step("show /proc")?;
    put(&temporary_files(TMP_SIZE, TMP_FILES, "1777", HARMLESS)?, Path::new("tmp")).step("make /tmp")?;
    for (path, tree) in devices {
        show(Path::new(path), &tree)?;
    }
    for (name, target) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        symlink(format!("/proc/self/fd{target}"), format!("dev/{name}")).step("fill /dev")?;
    }
    plan.carry_out()?;
    write_etc(spec).step("fill /etc")?;

    let here = rustix::fs::open(".", rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).step("seal the root")?;
    set_attributes(&here, READ_ONLY, false).step("seal the root")?;
    rustix::process::pivot_root(".", ".").step("change the root")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH).step("let go of the old root")?;
    rustix::process::chdir("/").step("enter the new root")
}

impl Plan {
    fn gather(spec: &Spec) -> Result<Self, HelperError> {
        let mut plan = Self::default();
        for path in SYSTEM.map(Path::new) {
            match fs::read_link(path) {
                Ok(target) => plan.links.push((path.to_owned(), target)),
                Err(_) if path.exists() => plan.add(path, path, READ_ONLY)?,
                Err(_) => {}
            }
        }
        let mut given = spec.read();
        given.sort();
        for path in given {
            let real = path.canonicalize().map_err(|source| HelperError::Show { path: path.clone(), source })?;
            if !plan.shows(&real) {
                plan.add(&real, &real, READ_ONLY)?;
            }
            // The same under the name by which it was given, if that leads over links that are not there.
            if path != real && !plan.shows(&path) {
                plan.add(&path, &real, READ_ONLY)?;
            }
        }
        for hidden in spec.hidden().iter().filter_map(|path| path.canonicalize().ok()).filter(|path| path.is_dir()) {
            // Given under two names, a tree is seen under both.
            let beside = spec.read().into_iter().filter_map(|path| {
                let rest = hidden.strip_prefix(path.canonicalize().ok()?).ok()?.to_owned();
                Some(path.join(rest))
            });
            let names = beside.chain([hidden.clone()]);
            plan.hidden.extend(names.filter(|name| plan.trees.keys().any(|tree| name.starts_with(tree))));
        }
        plan.hidden.sort();
        plan.hidden.dedup();
        for path in spec.writable() {
            let real = path.canonicalize().map_err(|source| HelperError::Show { path: path.clone(), source })?;
            plan.add(&real, &real, HARMLESS)?;
        }
        Ok(plan)
    }

    fn add(&mut self, seen_at: &Path, from: &Path, attributes: MountAttrFlags) -> Result<(), HelperError> {
        self.trees.insert(seen_at.to_owned(), take(from, attributes)?);
        Ok(())
    }

    /// Whether a path can be seen through what is there already.
    fn shows(&self, path: &Path) -> bool {
        self.trees.keys().chain(self.links.iter().map(|(link, _)| link)).any(|known| path.starts_with(known))
    }

    fn carry_out(self) -> Result<(), HelperError> {
        for (link, target) in &self.links {
            let place = inside(link);
            place.parent().map_or(Ok(()), fs::create_dir_all).step("make the new root's folders")?;
            symlink(target, place).step("make the new root's links")?;
        }
        let (writable, readable): (Vec<_>, Vec<_>) =
            self.trees.iter().partition(|(_, tree)| !tree.attributes.contains(MountAttrFlags::MOUNT_ATTR_RDONLY));
        for (path, tree) in readable {
            show(path, tree)?;
        }
        for hidden in &self.hidden {
            let nothing = temporary_files("4096", "1", "555", READ_ONLY)?;
            put(&nothing, inside(hidden)).map_err(|source| HelperError::Show { path: hidden.clone(), source })?;
        }
        for (path, tree) in writable {
            show(path, tree)?;
        }
        Ok(())
    }
}

/// The place of an absolute path below the current folder, which is the new root.
fn inside(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

/// A copy of the tree of mounts at a path: the very files that are there now, whatever becomes of the
/// path.
fn take(path: &Path, attributes: MountAttrFlags) -> Result<Tree, HelperError> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
    let take = || {
        let handle = rustix::mount::open_tree(CWD, path, flags)?;
        set_attributes(&handle, attributes, true)?;
        let kind = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&handle)?.st_mode);
        Ok(Tree { handle, is_folder: kind.is_dir(), attributes })
    };
    take().map_err(|source| HelperError::Show { path: path.to_owned(), source })
}

fn show(path: &Path, tree: &Tree) -> Result<(), HelperError> {
    let place = inside(path);
    let show = || {
        if fs::symlink_metadata(place).is_err() {
            if tree.is_folder {
                fs::create_dir_all(place)?;
            } else {
                place.parent().map_or(Ok(()), fs::create_dir_all)?;
                File::create_new(place)?;
            }
        }
        put(&tree.handle, place)
    };
    show().map_err(|source| HelperError::Show { path: path.to_owned(), source })
}

fn put(tree: &OwnedFd, place: &Path) -> io::Result<()> {
    Ok(rustix::mount::move_mount(tree, "", CWD, place, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

fn temporary_files(
    size: &str,
    files: &str,
    permissions: &str,
    attributes: MountAttrFlags,
) -> Result<OwnedFd, HelperError> {
    let make = || {
        let made = rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        for (key, value) in [("size", size), ("nr_inodes", files), ("mode", permissions)] {
            rustix::mount::fsconfig_set_string(made.as_fd(), key, value)?;
        }
        rustix::mount::fsconfig_create(made.as_fd())?;
        rustix::mount::fsmount(made.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
    };
    make().step("make a temporary file system")
}

/// A `/proc` of the program's own processes, and nothing of the kernel's. Containers that mask parts
/// of theirs may not make one: then the outer one, in which no process of the program is found.
fn process_files() -> Result<OwnedFd, HelperError> {
    let attributes = READ_ONLY | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let make = || {
        let made = rustix::mount::fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
        rustix::mount::fsconfig_set_string(made.as_fd(), "subset", "pid")?;
        rustix::mount::fsconfig_create(made.as_fd())?;
        rustix::mount::fsmount(
            made.as_fd(),
            FsMountFlags::FSMOUNT_CLOEXEC,
            attributes & !MountAttrFlags::MOUNT_ATTR_RDONLY,
        )
    };
    match make() {
        Ok(files) => Ok(files),
        Err(rustix::io::Errno::PERM) => take(Path::new("/proc"), attributes).map(|tree| tree.handle),
        Err(error) => Err(error).step("make /proc"),
    }
}

fn set_attributes(tree: &OwnedFd, attributes: MountAttrFlags, whole: bool) -> io::Result<()> {
    let wanted = libc::mount_attr { attr_set: attributes.bits().into(), attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if whole { libc::AT_RECURSIVE } else { 0 };
    #[expect(unsafe_code, reason = "rustix has no mount_setattr")]
    // SAFETY: the path is an empty C string, `wanted` is alive and its size is given.
    let done = unsafe {
        let size = size_of::<libc::mount_attr>();
        libc::syscall(libc::SYS_mount_setattr, tree.as_raw_fd(), c"".as_ptr(), flags, &raw const wanted, size)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The few files that programs ask for, with nothing of this machine in them.
fn write_etc(spec: &Spec) -> io::Result<()> {
    let home = spec.writable().into_iter().next().unwrap_or_else(|| PathBuf::from("/tmp"));
    let passwd = format!("user:x:1000:1000::{}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", home.display());
    for (name, text) in [
        ("passwd", passwd.as_str()),
        ("group", "user:x:1000:\nnogroup:x:65534:\n"),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
        ("resolv.conf", "nameserver 127.0.0.1\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    ] {
        #[expect(clippy::disallowed_methods, reason = "a file system that is gone with the program")]
        fs::write(Path::new("etc").join(name), text)?;
    }
    Ok(())
}

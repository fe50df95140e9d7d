//! The root that a program sees behind `namespaces`: empty, and only what it needs added, read-only.

use super::helper::{HelperError, Step};
use super::layout::{DEVICE_LINKS, DEVICES, Layout, Over, TMP_SIZE};
use rustix::fs::CWD;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::Path;

/// The files that `/tmp` holds at most.
const TMP_FILES: &str = "65536";
/// Where the new root is put together, in a mount namespace of our own: any folder that every system
/// has will do, since the trees to be shown are in hand before it is covered.
const SITE: &str = "/usr";

const HARMLESS: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID.union(MountAttrFlags::MOUNT_ATTR_NODEV);
const READ_ONLY: MountAttrFlags = HARMLESS.union(MountAttrFlags::MOUNT_ATTR_RDONLY);
const DEVICE: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID.union(MountAttrFlags::MOUNT_ATTR_NOEXEC);

/// A tree of mounts in hand.
struct Tree {
    handle: OwnedFd,
    is_folder: bool,
}

/// What comes over a tree.
enum Layer<'a> {
    Tree(Tree),
    Link(&'a Path),
    Cover,
}

/// Builds the root and moves this process into it; nothing of the old one can be reached after that.
pub(super) fn build(layout: &Layout) -> Result<(), HelperError> {
    let everywhere = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", everywhere).step("take the mounts apart from the system's")?;
    // All is in hand before anything is covered.
    let readable = layout.read.iter().map(|(seen_at, from)| Ok((seen_at.as_path(), take(from, READ_ONLY)?)));
    let readable = readable.collect::<Result<Vec<_>, HelperError>>()?;
    let writable = layout.write.iter().map(|path| Ok((path.as_path(), take(path, HARMLESS)?)));
    let writable = writable.collect::<Result<Vec<_>, HelperError>>()?;
    let over = layout.over.iter().map(|(path, what)| {
        let layer = match what {
            Over::EmptyFolder => Layer::Cover,
            // A device, on a mount where there are none: it cannot be opened.
            Over::NoFile => Layer::Tree(take(Path::new("/dev/null"), READ_ONLY)?),
            Over::Read(from) => Layer::Tree(take(from, READ_ONLY)?),
            Over::Link(target) => Layer::Link(target),
        };
        Ok((path.as_path(), layer))
    });
    let over = over.collect::<Result<Vec<_>, HelperError>>()?;
    let devices = DEVICES.into_iter().map(|path| Ok((Path::new(path), take(Path::new(path), DEVICE)?)));
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
        show(path, &tree)?;
    }
    for (link, target) in DEVICE_LINKS {
        symlink(target, inside(Path::new(link))).step("fill /dev")?;
    }
    for (link, target) in &layout.links {
        let place = inside(link);
        place.parent().map_or(Ok(()), fs::create_dir_all).step("make the new root's folders")?;
        symlink(target, place).step("make the new root's links")?;
    }
    for (path, tree) in readable {
        show(path, &tree)?;
    }
    // What is shown in a hidden folder needs a place there; that is sealed when all have one.
    let mut covers = Vec::new();
    for (path, layer) in over {
        match layer {
            Layer::Tree(tree) => show(path, &tree)?,
            Layer::Link(target) => {
                let place = inside(path);
                place.parent().map_or(Ok(()), fs::create_dir_all).step("make the new root's folders")?;
                symlink(target, place).step("make the new root's links")?;
            }
            Layer::Cover => {
                let nothing = temporary_files("65536", "256", "555", HARMLESS)?;
                put(&nothing, inside(path)).map_err(|source| HelperError::Show { path: path.to_owned(), source })?;
                covers.push(nothing);
            }
        }
    }
    for (path, tree) in writable {
        show(path, &tree)?;
    }
    for cover in &covers {
        set_attributes(cover, READ_ONLY, false).step("seal what hides folders")?;
    }
    for (name, text) in layout.etc() {
        #[expect(clippy::disallowed_methods, reason = "a file system that is gone with the program")]
        fs::write(Path::new("etc").join(name), text).step("fill /etc")?;
    }

    let here = rustix::fs::open(".", rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).step("seal the root")?;
    set_attributes(&here, READ_ONLY, false).step("seal the root")?;
    rustix::process::pivot_root(".", ".").step("change the root")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH).step("let go of the old root")?;
    rustix::process::chdir("/").step("enter the new root")
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
        Ok(Tree { handle, is_folder: kind.is_dir() })
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

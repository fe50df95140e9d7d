//! What a program sees behind a wall with a root of its own: which file or folder is shown where. Paths
//! alone; who builds the root mounts them.

use super::helper::HelperError;
use super::spec::Spec;
use std::collections::BTreeMap;
use std::fs;
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
/// Links in `/dev`, and where they lead.
pub(super) const DEVICE_LINKS: [(&str, &str); 4] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
];
/// The bytes that `/tmp` holds at most.
pub(super) const TMP_SIZE: &str = "268435456";
/// The user and group that the program runs as, in its own eyes. Not 0: then starting the program
/// drops all capabilities.
pub(super) const INSIDE: u32 = 1000;

/// By where it is seen: parents before what lies in them.
#[derive(Default)]
pub(super) struct Layout {
    /// What can be read there, by its real path.
    pub(super) read: BTreeMap<PathBuf, PathBuf>,
    /// Links and where they lead, none of them in a tree.
    pub(super) links: Vec<(PathBuf, PathBuf)>,
    /// What comes over that, in this order: hidden folders and files, and what is shown in them all the same.
    pub(super) over: Vec<(PathBuf, Over)>,
    /// Folders that can be changed, seen under their real path.
    pub(super) write: Vec<PathBuf>,
}

/// What comes over a tree that is shown.
pub(super) enum Over {
    /// Nothing is seen of the folder that is there.
    EmptyFolder,
    /// Nothing is seen of the file that is there.
    NoFile,
    /// What can be read there, by its real path.
    Read(PathBuf),
    /// A link, and where it leads.
    Link(PathBuf),
}

impl Layout {
    pub(super) fn of(spec: &Spec) -> Result<Self, HelperError> {
        let mut layout = Self::default();
        for path in SYSTEM.map(Path::new) {
            match fs::read_link(path) {
                Ok(target) => layout.links.push((path.to_owned(), target)),
                Err(_) if path.exists() => layout.add(path, path),
                Err(_) => {}
            }
        }
        let mut given = spec.read();
        given.sort();
        for path in given {
            let real = real(&path)?;
            if !layout.shows(&real) {
                layout.add(&real, &real);
            }
            // The same under the name by which it was given, if that leads over links that are not there. A
            // program finds what lies beside it by resolving such a link.
            if path != real && !layout.shows(&path) {
                match real.is_file() {
                    true => layout.links.push((path, real)),
                    false => layout.add(&path, &real),
                }
            }
        }
        layout.write = spec.writable().iter().map(|path| real(path)).collect::<Result<_, _>>()?;
        layout.over = layout.over(spec);
        Ok(layout)
    }

    /// Of two that lie in each other, the inner one counts: what is shown in a hidden folder, what is hidden in that.
    fn over(&self, spec: &Spec) -> Vec<(PathBuf, Over)> {
        let mut all = BTreeMap::new();
        for path in spec.read() {
            let Ok(real) = path.canonicalize() else { continue };
            if path != real && real.is_file() {
                all.insert(path, Over::Link(real.clone()));
            }
            all.insert(real.clone(), Over::Read(real));
        }
        for hidden in spec.hidden().iter().filter_map(|path| path.canonicalize().ok()) {
            // Given under two names, a tree is seen under both.
            let beside = spec.read().into_iter().filter_map(|path| {
                let rest = hidden.strip_prefix(path.canonicalize().ok()?).ok()?.to_owned();
                Some(path.join(rest))
            });
            let is_folder = hidden.is_dir();
            let beside: Vec<PathBuf> = beside.collect();
            for name in beside.into_iter().chain([hidden]) {
                all.insert(name, if is_folder { Over::EmptyFolder } else { Over::NoFile });
            }
        }
        let mut over: Vec<(PathBuf, Over)> = Vec::new();
        for (path, what) in all {
            let around = over.iter().rev().find(|(outer, _)| path.starts_with(outer)).map(|(_, what)| what);
            let hides = |what: &Over| matches!(what, Over::EmptyFolder | Over::NoFile);
            let counts = match (around, hides(&what)) {
                (Some(around), is_hidden) => hides(around) != is_hidden,
                (None, is_hidden) => is_hidden && self.read.keys().any(|tree| path.starts_with(tree)),
            };
            if counts {
                over.push((path, what));
            }
        }
        over
    }

    fn add(&mut self, seen_at: &Path, from: &Path) {
        self.read.insert(seen_at.to_owned(), from.to_owned());
    }

    /// Whether a path can be seen through what is there already.
    fn shows(&self, path: &Path) -> bool {
        self.read.keys().chain(self.links.iter().map(|(link, _)| link)).any(|known| path.starts_with(known))
    }

    /// The few files below `/etc` that programs ask for, with nothing of this machine in them.
    pub(super) fn etc(&self) -> [(&'static str, String); 5] {
        let home = self.write.first().map_or(Path::new("/tmp"), PathBuf::as_path);
        let passwd =
            format!("user:x:{INSIDE}:{INSIDE}::{}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", home.display());
        [
            ("passwd", passwd),
            ("group", format!("user:x:{INSIDE}:\nnogroup:x:65534:\n")),
            ("hosts", "127.0.0.1 localhost\n::1 localhost\n".to_owned()),
            ("resolv.conf", "nameserver 127.0.0.1\n".to_owned()),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n".to_owned()),
        ]
    }
}

fn real(path: &Path) -> Result<PathBuf, HelperError> {
    path.canonicalize().map_err(|source| HelperError::Show { path: path.to_owned(), source })
}

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
    /// Where the content of each hidden folder would be seen; none lies in another.
    pub(super) hidden: Vec<PathBuf>,
    /// Folders that can be changed, seen under their real path.
    pub(super) write: Vec<PathBuf>,
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
        for hidden in spec.hidden().iter().filter_map(|path| path.canonicalize().ok()).filter(|path| path.is_dir()) {
            // Given under two names, a tree is seen under both.
            let beside = spec.read().into_iter().filter_map(|path| {
                let rest = hidden.strip_prefix(path.canonicalize().ok()?).ok()?.to_owned();
                Some(path.join(rest))
            });
            let names = beside.chain([hidden.clone()]);
            layout.hidden.extend(names.filter(|name| layout.read.keys().any(|tree| name.starts_with(tree))));
        }
        layout.hidden.sort();
        layout.hidden.dedup_by(|inner, outer| inner.starts_with(outer));
        Ok(layout)
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

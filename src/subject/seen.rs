//! Where repositories were last seen on this machine: kept outside the notes, which are to say the
//! same on every machine. Starts no process.

use super::{Kind, Pinned, Snapshot, git};
use crate::machine::Machine;
use crate::save;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILE: &str = "seen.json";

/// How many places of one subject are kept: its clones and copies.
const MOST_PLACES: usize = 8;

/// Where subjects were last seen: of each the places, the latest first.
#[derive(Clone, Debug, Default)]
pub struct Seen(BTreeMap<String, Vec<String>>);

impl Seen {
    /// What this machine knows; nothing if that cannot be read.
    pub fn read(machine: &Machine) -> Self {
        let bytes = std::fs::read(machine.state.join(FILE)).unwrap_or_default();
        Self(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Notes where a subject lies. Best effort: not knowing costs the status `unknown`.
    pub fn remember(snapshot: &Snapshot, machine: &Machine) {
        let Some(root) = snapshot.root.to_str() else { return };
        let mut seen = Self::read(machine);
        let mut changed = false;
        for key in keys(&snapshot.pinned) {
            let places = seen.0.entry(key).or_default();
            if places.first().is_none_or(|first| first != root) {
                places.retain(|place| place != root);
                places.insert(0, root.to_owned());
                places.truncate(MOST_PLACES);
                changed = true;
            }
        }
        if changed && std::fs::create_dir_all(&machine.state).is_ok() {
            let text = serde_json::to_vec_pretty(&seen.0).unwrap_or_default();
            let _ = save::replace(&machine.state.join(FILE), &text);
        }
    }

    /// Where a subject that a note names can lie now, the likeliest first: the copy or work tree around
    /// one of `near` (the current folder, the knowledge base), then where it was seen.
    pub fn whereabouts(&self, pinned: &Pinned, near: &[&Path]) -> Vec<PathBuf> {
        let mut known: Vec<PathBuf> = Vec::new();
        for place in keys(pinned).iter().filter_map(|key| self.0.get(key)).flatten().map(PathBuf::from) {
            if !known.contains(&place) && place.is_dir() {
                known.push(place);
            }
        }
        let seen_around = |folder: &Path| known.iter().find(|place| folder.starts_with(place)).cloned();
        let around = near.iter().find_map(|folder| seen_around(folder).or_else(|| tree_around(folder, pinned, &known)));
        if let Some(around) = around {
            known.retain(|place| *place != around);
            known.insert(0, around);
        }
        known
    }
}

impl Pinned {
    /// What tells this subject from others, at whatever state.
    pub fn identity(&self) -> String {
        let mut identity = keys(self).join("\n");
        identity.push('\n');
        identity.push_str(&self.name);
        identity
    }

    /// Whether this is the same subject, at whatever state, as far as can be told: of one remote or one root
    /// commit; folders that git does not know, of one name.
    pub fn is(&self, other: &Pinned) -> bool {
        let theirs = keys(other);
        keys(self).iter().any(|key| theirs.contains(key))
    }

    /// Whether this is the same folder of the same repository, at whatever state, the same version of a package,
    /// or a folder of the same name. A fork is another repository.
    pub fn is_exactly(&self, other: &Pinned) -> bool {
        match (&self.kind, &other.kind) {
            (
                Kind::Git { remote: remote_a, root: root_a, folder: folder_a, .. },
                Kind::Git { remote: remote_b, root: root_b, folder: folder_b, .. },
            ) => {
                let same = match (remote_a, remote_b) {
                    (Some(a), Some(b)) => address(a) == address(b),
                    _ if root_a.is_some() || root_b.is_some() => root_a == root_b,
                    _ => self.name == other.name,
                };
                same && folder_a == folder_b
            }
            (Kind::Package { package: a, .. }, Kind::Package { package: b, .. }) => a == b,
            (Kind::Folder, Kind::Folder) => self.name == other.name,
            _ => false,
        }
    }

    /// Whether this can be the same subject, at whatever state: of one remote, one root commit or, where
    /// neither can tell, of one name.
    pub fn may_be(&self, other: &Pinned) -> bool {
        if self.is(other) {
            return true;
        }
        match (&self.kind, &other.kind) {
            // Forks share their first commit; a shallow clone does not know it.
            (Kind::Git { root: Some(_), .. }, Kind::Git { root: Some(_), .. })
            | (Kind::Package { .. }, _)
            | (_, Kind::Package { .. }) => false,
            _ => self.name == other.name,
        }
    }

    /// The whole repository, and the folder of it that this subject is, if it is a folder of one.
    pub fn whole(&self) -> (Pinned, Option<String>) {
        let mut whole = self.clone();
        let folder = match &mut whole.kind {
            Kind::Git { folder, .. } => folder.take(),
            Kind::Package { .. } | Kind::Folder => None,
        };
        (whole, folder)
    }

    /// Where another subject lies if this one lies in `root`: the same one, or a folder in it.
    pub fn root_for(&self, other: &Pinned, root: &Path) -> Option<PathBuf> {
        if self.may_be(other) {
            return Some(root.to_owned());
        }
        let (Kind::Git { folder: None, .. }, Kind::Git { folder: Some(inside), .. }) = (&self.kind, &other.kind) else {
            return None;
        };
        let (whole, _) = other.whole();
        let keys_fit = keys(self).iter().any(|key| keys(&whole).contains(key));
        let place = root.join(inside);
        (keys_fit && place.is_dir()).then_some(place)
    }

    /// The commit that was read, in hex.
    pub fn commit(&self) -> Option<&str> {
        match &self.kind {
            Kind::Git { commit, .. } => commit.as_deref(),
            Kind::Package { .. } | Kind::Folder => None,
        }
    }
}

/// What a subject is recognised by, the surest first.
fn keys(pinned: &Pinned) -> Vec<String> {
    match &pinned.kind {
        Kind::Git { remote, root, folder, .. } => {
            let inside = folder.as_deref().map(|folder| format!("/{folder}")).unwrap_or_default();
            let root = root.iter().map(|root| format!("root {root}{inside}"));
            let remote = remote.iter().map(|remote| format!("remote {}{inside}", address(remote)));
            let nameless = matches!(&pinned.kind, Kind::Git { remote: None, root: None, .. });
            let name = nameless.then(|| format!("git {}", pinned.name));
            remote.chain(root).chain(name).collect()
        }
        Kind::Package { package, .. } => vec![format!("package {package}")],
        Kind::Folder => vec![format!("folder {}", pinned.name)],
    }
}

/// `git@host:owner/name.git` and `https://host/owner/name` are one address.
fn address(remote: &str) -> String {
    let without_scheme = remote.split_once("://").map_or(remote, |(_, rest)| rest);
    let without_user = without_scheme.split_once('@').map_or(without_scheme, |(_, rest)| rest);
    without_user.replacen(':', "/", 1).trim_end_matches('/').trim_end_matches(".git").to_lowercase()
}

/// The subject in the work tree around a folder: one that shares its git folder with where the subject
/// was seen, or a clone of the same remote.
fn tree_around(near: &Path, pinned: &Pinned, known: &[PathBuf]) -> Option<PathBuf> {
    let Kind::Git { remote, folder, .. } = &pinned.kind else { return None };
    let git::GitFolders { work_tree, common_dir, .. } = git::folders(near)?;
    let shared = |path: &PathBuf| git::folders(path).is_some_and(|git| git.common_dir == common_dir);
    let same = known.iter().any(shared)
        || match remote {
            Some(remote) => remotes(&common_dir).iter().any(|url| address(url) == address(remote)),
            None => known.is_empty() && work_tree.file_name().is_some_and(|name| name.to_string_lossy() == pinned.name),
        };
    let place = folder.as_deref().map_or_else(|| work_tree.clone(), |folder| work_tree.join(folder));
    (same && place.is_dir()).then(|| place.canonicalize().ok())?
}

/// The addresses in a repository's configuration, read without git.
fn remotes(common_dir: &Path) -> Vec<String> {
    let config = std::fs::read_to_string(common_dir.join("config")).unwrap_or_default();
    let urls = config.lines().filter_map(|line| line.trim().strip_prefix("url")?.trim_start().strip_prefix('='));
    urls.map(|url| git::without_credentials(url.trim())).collect()
}

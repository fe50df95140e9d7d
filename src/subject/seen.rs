//! Where repositories were last seen on this machine: kept outside the notes, which are to say the
//! same on every machine.

use super::{Kind, Pinned, Snapshot, git, pin};
use crate::machine::Machine;
use crate::save;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILE: &str = "seen.json";

/// How many places of one subject are kept: its clones and copies.
const MOST_PLACES: usize = 8;

/// Where subjects were last seen.
#[derive(Debug)]
pub struct Seen {
    file: PathBuf,
    /// By what a subject is recognised by; the latest place first.
    places: RefCell<BTreeMap<String, Vec<String>>>,
}

impl Seen {
    /// What this machine knows; nothing if that cannot be read.
    pub fn read(machine: &Machine) -> Self {
        let file = machine.state.join(FILE);
        let bytes = std::fs::read(&file).unwrap_or_default();
        Self { file, places: RefCell::new(serde_json::from_slice(&bytes).unwrap_or_default()) }
    }

    /// Notes where a subject lies. Best effort: not knowing costs the status `unknown`.
    pub fn remember(snapshot: &Snapshot, machine: &Machine) {
        Self::read(machine).note(&snapshot.pinned, &snapshot.root);
    }

    fn note(&self, pinned: &Pinned, root: &Path) {
        let Some(root) = root.to_str() else { return };
        let mut all = self.places.borrow_mut();
        let mut changed = false;
        for key in keys(pinned) {
            let places = all.entry(key).or_default();
            if places.first().is_none_or(|first| first != root) {
                places.retain(|place| place != root);
                places.insert(0, root.to_owned());
                places.truncate(MOST_PLACES);
                changed = true;
            }
        }
        if changed && self.file.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok()) {
            let _ = save::replace(&self.file, &serde_json::to_vec_pretty(&*all).unwrap_or_default());
        }
    }

    /// Where a subject that a note names can lie now, the likeliest first: the copy or work tree around
    /// one of `near` (the current folder, the knowledge base), then where it was seen.
    pub fn whereabouts(&self, pinned: &Pinned, near: &[&Path]) -> Vec<PathBuf> {
        let mut known: Vec<PathBuf> = Vec::new();
        for place in keys(pinned).iter().flat_map(|key| self.under(key)) {
            let is_there = match pinned.kind {
                Kind::Git { .. } => place.is_dir() && git::folders(&place).is_some(),
                _ => place.is_dir(),
            };
            if is_there && !known.contains(&place) {
                known.push(place);
            }
        }
        let seen_around = |folder: &Path| known.iter().find(|place| folder.starts_with(place)).cloned();
        let around = near.iter().find_map(|folder| seen_around(folder).or_else(|| self.around(folder, pinned, &known)));
        if let Some(around) = around {
            known.retain(|place| *place != around);
            known.insert(0, around);
        }
        known
    }

    fn under(&self, key: &str) -> Vec<PathBuf> {
        self.places.borrow().get(key).into_iter().flatten().map(PathBuf::from).collect()
    }

    /// The subject around a folder, where nobody has seen it yet: a work tree that shares its git folder with
    /// a place where it was seen, or a clone; without git a folder of its name.
    fn around(&self, near: &Path, pinned: &Pinned, known: &[PathBuf]) -> Option<PathBuf> {
        let place = match &pinned.kind {
            Kind::Git { folder, .. } => {
                let git = git::folders(near)?;
                let shared =
                    |path: &PathBuf| git::folders(path).is_some_and(|other| other.common_dir == git.common_dir);
                let same = known.iter().any(shared) || self.is_clone(&git, pinned, known.is_empty());
                let work_tree = same.then_some(git.work_tree)?;
                folder.as_deref().map_or_else(|| work_tree.clone(), |folder| work_tree.join(folder))
            }
            Kind::Folder => {
                let named = |folder: &&Path| folder.file_name().is_some_and(|name| *name == *pinned.name);
                // Further up a folder of that name is there by chance.
                near.ancestors().take(2).find(named)?.to_owned()
            }
            Kind::Package { .. } => return None,
        };
        if place.is_dir() { place.canonicalize().ok() } else { None }
    }

    /// Whether a repository is a clone of the one that a note is about: of one remote, of one first commit
    /// (a fork), or, where a shallow clone does not know that and nobody has seen another, of one name.
    fn is_clone(&self, git: &git::GitFolders, pinned: &Pinned, unseen: bool) -> bool {
        let Kind::Git { remote, root, .. } = &pinned.kind else { return false };
        let urls = remotes(&git.common_dir);
        if remote.as_ref().is_some_and(|remote| urls.iter().any(|url| address(url) == address(remote))) {
            return true;
        }
        let own = self.root_commit(&git.work_tree);
        match (root, own) {
            (Some(root), Some(own)) => *root == own,
            _ => unseen && pin::name_of(&git.work_tree, urls.first().map(String::as_str)) == pinned.name,
        }
    }

    /// The first commit of the repository in a work tree. Git is asked once for all: that takes long where
    /// there is much history.
    fn root_commit(&self, work_tree: &Path) -> Option<String> {
        let known = || -> Option<Option<String>> {
            let places = self.places.borrow();
            let here = |(_, places): &(&String, &Vec<String>)| places.iter().any(|place| work_tree == Path::new(place));
            let mut keys = places.iter().filter(here).map(|(key, _)| key).peekable();
            keys.peek()?;
            Some(keys.find_map(|key| key.strip_prefix("root ")).map(str::to_owned))
        };
        known().unwrap_or_else(|| {
            let pinned = pin::repository(work_tree)?;
            self.note(&pinned, work_tree);
            match pinned.kind {
                Kind::Git { root, .. } => root,
                _ => None,
            }
        })
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

    /// The first commit of its history, in hex.
    pub fn root(&self) -> Option<&str> {
        match &self.kind {
            Kind::Git { root, .. } => root.as_deref(),
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

/// The addresses in a repository's configuration, read without git.
fn remotes(common_dir: &Path) -> Vec<String> {
    let config = std::fs::read_to_string(common_dir.join("config")).unwrap_or_default();
    let urls = config.lines().filter_map(|line| line.trim().strip_prefix("url")?.trim_start().strip_prefix('='));
    urls.map(|url| git::without_credentials(url.trim())).collect()
}

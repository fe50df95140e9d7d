//! Questions to the `git` program about a repository that may be hostile: nothing of it is run,
//! fetched or changed.
//!
//! Flags and environment stop what they can, and whatever reads the work tree is asked in a git
//! folder of kb's own, so that the repository's configuration (filters, diff drivers, fsmonitor) is
//! never read.

use sha1::{Digest, Sha1};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What one look at a repository tells.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub(super) folders: GitFolders,
    /// Whether its history was cut off by a shallow clone.
    pub(super) shallow: bool,
    /// The commit that is checked out; none before the first one.
    pub(super) commit: Option<String>,
    /// Where it was cloned from, without credentials.
    pub(super) remote: Option<String>,
}

/// The folders of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitFolders {
    /// Top of the work tree.
    pub work_tree: PathBuf,
    /// `.git` of this work tree.
    pub git_dir: PathBuf,
    /// `.git` that all work trees of the repository share.
    pub common_dir: PathBuf,
}

/// The repository around a folder, found without starting git.
pub fn folders(folder: &Path) -> Option<GitFolders> {
    let work_tree = folder.ancestors().find(|folder| folder.join(".git").exists())?;
    let dot_git = work_tree.join(".git");
    let git_dir = if dot_git.is_dir() {
        dot_git
    } else {
        const LARGEST_POINTER: u64 = 4096;
        fs::metadata(&dot_git).ok().filter(|file| file.is_file() && file.len() <= LARGEST_POINTER)?;
        let pointer = fs::read_to_string(&dot_git).ok()?;
        work_tree.join(pointer.strip_prefix("gitdir:")?.trim()).canonicalize().ok()?
    };
    let common_dir = match fs::read_to_string(git_dir.join("commondir")) {
        Ok(common) => git_dir.join(common.trim()).canonicalize().ok()?,
        Err(_) => git_dir.clone(),
    };
    Some(GitFolders { work_tree: work_tree.to_owned(), git_dir, common_dir })
}

/// The repository that a folder lies in, if it lies in one and git is installed.
pub(super) fn repository(folder: &Path) -> Option<Repository> {
    let folders = folders(folder)?;
    let mut asked = plain(&folders.work_tree);
    asked.args(["rev-parse", "--is-shallow-repository", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}"]);
    let (output, remote) = std::thread::scope(|scope| {
        let remote = scope.spawn(|| remote(&folders.work_tree));
        (asked.output(), remote.join().ok().flatten())
    });
    let lines = lines(&output.ok()?.stdout);
    // An unborn HEAD ends the list early; a folder that git refuses gives none.
    let shallow = lines.first()? == "true";
    let is_id = |line: &&String| line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some(Repository { shallow, commit: lines.last().filter(is_id).cloned(), remote, folders })
}

fn remote(work_tree: &Path) -> Option<String> {
    let mut asked = plain(work_tree);
    asked.args(["config", "--local", "--no-includes", "--get-regexp", r"^remote\..*\.url$"]);
    let lines = lines(&run(&mut asked)?);
    let url_of = |line: &String| line.split_once(' ').map(|(_, url)| without_credentials(url));
    let origin = lines.iter().find(|line| line.starts_with("remote.origin.url "));
    // A folder of this machine is no address.
    origin.or(lines.first()).and_then(url_of).filter(|url| !is_folder(url))
}

fn is_folder(url: &str) -> bool {
    url.starts_with(['/', '.', '~']) || url.starts_with("file:")
}

/// `https://user:secret@host/path` becomes `https://host/path`. The user name of `git@host:path` is
/// part of the address and stays.
pub(super) fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end].rsplit_once('@').map_or(&rest[..end], |(_, host)| host);
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => url.to_owned(),
    }
}

/// The oldest commit that the checked out one descends from; the first of several. None in a
/// shallow clone, whose history ends somewhere else.
pub(super) fn root_commit(repository: &Repository) -> Option<String> {
    let commit = repository.commit.as_ref().filter(|_| !repository.shallow)?;
    let mut asked = plain(&repository.folders.work_tree);
    asked.args(["rev-list", "--max-parents=0", "--end-of-options", commit]);
    let mut roots = lines(&run(&mut asked)?);
    roots.sort();
    roots.into_iter().next()
}

/// Paths below `folder`, relative to it, that differ from the commit in the work tree, untracked ones
/// included (a whole folder of them as one, with `/` behind it); the `hidden` folders do not count.
/// None before the first commit, and where git cannot tell. Asked in a git folder of kb's own, made in
/// `scratch`.
pub(super) fn differing(
    repository: &Repository,
    folder: &Path,
    hidden: &[PathBuf],
    scratch: &Path,
) -> Option<Vec<String>> {
    let mut asked = apart(repository, scratch)?;
    asked.args(["status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=normal"]);
    let inside = only(&mut asked, repository, folder, hidden)?;
    let entries = run(&mut asked)?;
    Some(entries.split(|byte| *byte == 0).filter_map(|entry| path_of(entry, inside)).collect())
}

/// Files that git tracks below `folder`, relative to it, a NUL byte behind each.
pub(super) fn tracked(repository: &Repository, folder: &Path, hidden: &[PathBuf], scratch: &Path) -> Option<Vec<u8>> {
    let mut asked = apart(repository, scratch)?;
    asked.current_dir(folder).args(["ls-files", "-z"]);
    only(&mut asked, repository, folder, hidden)?;
    run(&mut asked)
}

/// The path of one entry of a status, `? PATH` or that behind its fields, relative to a folder.
fn path_of(entry: &[u8], inside: &Path) -> Option<String> {
    let fields = match entry.first()? {
        b'?' => 1,
        b'1' => 8,
        b'u' => 10,
        _ => return None,
    };
    let path = entry.splitn(fields + 1, |byte| *byte == b' ').nth(fields)?;
    let path = OsStr::to_string_lossy(std::os::unix::ffi::OsStrExt::from_bytes(path)).into_owned();
    match inside.to_str()? {
        "" => Some(path),
        inside => Some(path.strip_prefix(inside)?.strip_prefix('/')?.to_owned()),
    }
}

/// Narrows a question to `folder` without the `hidden` folders; returns where `folder` lies in the work
/// tree.
fn only<'a>(asked: &mut Command, repository: &Repository, folder: &'a Path, hidden: &[PathBuf]) -> Option<&'a Path> {
    let work_tree = &repository.folders.work_tree;
    let inside = folder.strip_prefix(work_tree).ok()?;
    let pathspec = |magic: &str, path: &Path| {
        let mut spec = std::ffi::OsString::from(format!(":({magic})"));
        spec.push(path);
        spec
    };
    asked.arg("--").arg(pathspec("top,literal", inside));
    let hidden = hidden.iter().filter_map(|hidden| hidden.strip_prefix(work_tree).ok());
    asked.args(hidden.map(|hidden| pathspec("exclude,top,literal", hidden)));
    Some(inside)
}

/// A git that knows the repository's commit, index and objects, and nothing of its configuration.
fn apart(repository: &Repository, scratch: &Path) -> Option<Command> {
    let commit = repository.commit.as_ref()?;
    let own = own_folder(commit, scratch)?;
    for (from, to) in [
        (repository.folders.common_dir.join("shallow"), own.join("shallow")),
        (repository.folders.common_dir.join("info/exclude"), own.join("info/exclude")),
        (repository.folders.git_dir.join("index"), own.join("index")),
    ] {
        if from.is_file() {
            fs::copy(from, to).ok()?;
        }
    }
    for entry in fs::read_dir(&repository.folders.git_dir).ok()?.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b"sharedindex.") {
            fs::copy(entry.path(), own.join(entry.file_name())).ok()?;
        }
    }
    let mut asked = git();
    asked
        .current_dir(&repository.folders.work_tree)
        .env("GIT_DIR", &own)
        .env("GIT_OBJECT_DIRECTORY", repository.folders.common_dir.join("objects"))
        .env("GIT_WORK_TREE", &repository.folders.work_tree)
        .env("GIT_INDEX_FILE", own.join("index"));
    Some(asked)
}

/// A git folder of kb's own, at a commit.
fn own_folder(commit: &str, scratch: &Path) -> Option<PathBuf> {
    const SHA256: usize = 64;
    let own = scratch.join("git");
    for folder in ["refs", "objects", "info"] {
        fs::create_dir_all(own.join(folder)).ok()?;
    }
    let config = match commit.len() {
        SHA256 => "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n",
        _ => "[core]\n\trepositoryformatversion = 0\n",
    };
    write(&own.join("HEAD"), format!("{commit}\n").as_bytes())?;
    write(&own.join("config"), config.as_bytes())?;
    Some(own)
}

/// Whether a folder of objects holds this commit. Nobody's configuration is read.
pub(super) fn lends(objects: &Path, commit: &str, scratch: &Path) -> bool {
    let held = || {
        let own = own_folder(commit, scratch)?;
        let mut asked = git();
        asked.current_dir(&own).env("GIT_DIR", &own).env("GIT_OBJECT_DIRECTORY", objects);
        run(asked.args(["cat-file", "-e", commit]))
    };
    held().is_some()
}

/// Git's id of a file's content, in hex (SHA-1).
pub fn blob_id(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()).as_bytes());
    hash.update(bytes);
    hash.finalize().iter().fold(String::with_capacity(40), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn write(path: &Path, bytes: &[u8]) -> Option<()> {
    #[expect(clippy::disallowed_methods, reason = "a scratch folder, made anew and thrown away")]
    fs::write(path, bytes).ok()
}

/// `git` in the repository's own git folder. Only for what reads no work tree.
pub(super) fn plain(work_tree: &Path) -> Command {
    let mut command = git();
    command.arg("-C").arg(work_tree);
    // The folder is only read, by the flags below; whose it is does not matter then.
    let mut safe = std::ffi::OsString::from("safe.directory=");
    safe.push(work_tree);
    command.arg("-c").arg(safe);
    command
}

/// The flags and the environment under which a repository cannot make git start anything, save for
/// filters and diff drivers.
fn git() -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one place that starts git")]
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"GIT_") {
            command.env_remove(name);
        }
    }
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_ALLOW_PROTOCOL", "none"),
        ("GIT_PROTOCOL_FROM_USER", "0"),
        ("GIT_SSH_COMMAND", "false"),
        ("GIT_ASKPASS", "false"),
        ("GIT_PAGER", "cat"),
        ("HOME", "/nonexistent"),
        ("LC_ALL", "C"),
    ] {
        command.env(name, value);
    }
    command.arg("--no-pager");
    for setting in [
        "core.fsmonitor=false",
        "core.hooksPath=/dev/null",
        "core.attributesFile=/dev/null",
        "protocol.allow=never",
        "protocol.ext.allow=never",
        "credential.helper=",
        "core.sshCommand=false",
        "core.gitProxy=",
        "core.askPass=",
        "gpg.program=false",
        "log.showSignature=false",
        "submodule.recurse=false",
        "diff.ignoreSubmodules=all",
        "safe.bareRepository=explicit",
        "gc.auto=0",
        "maintenance.auto=false",
    ] {
        command.arg("-c").arg(setting);
    }
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

pub(super) fn run(command: &mut Command) -> Option<Vec<u8>> {
    let Output { status, stdout, .. } = command.output().ok()?;
    // Nothing printed by a git that failed is no answer.
    status.success().then_some(stdout)
}

fn lines(output: &[u8]) -> Vec<String> {
    let text = |bytes: &[u8]| OsStr::to_string_lossy(std::os::unix::ffi::OsStrExt::from_bytes(bytes)).into_owned();
    output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_has_the_id_that_git_gives_it() {
        assert_eq!(blob_id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn credentials_are_not_kept() {
        assert_eq!(without_credentials("https://me:secret@example.com/a@b.git"), "https://example.com/a@b.git");
        assert_eq!(without_credentials("git@example.com:a/b.git"), "git@example.com:a/b.git");
    }
}

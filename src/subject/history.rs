//! What happened in a repository since notes were written, asked of git: commits, changed files, how
//! far a remote branch is ahead. Git reads objects and refs, nothing of the work tree.

use super::git::{self, run};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A commit that touched files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id in hex.
    pub id: String,
    /// The day that it was committed, `2026-11-24`.
    pub date: String,
    /// The first line of its message.
    pub subject: String,
    /// The files it touched, relative to the folder.
    pub paths: Vec<String>,
}

/// The repository around a folder, asked about its past.
#[derive(Clone, Debug)]
pub struct History {
    work_tree: PathBuf,
    /// The folder inside the work tree, with `/` behind it; empty for all of it.
    inside: String,
}

/// So many commits are looked at.
const MOST_COMMITS: &str = "200";
/// So many commits that notes were written at are set against a remote branch.
const MOST_READ: usize = 500;
/// More paths than that are picked out of all.
const MOST_PATHS: usize = 200;

impl History {
    /// None if no repository is around the folder.
    pub fn around(folder: &Path) -> Option<Self> {
        let work_tree = git::folders(folder)?.work_tree;
        let inside = folder.strip_prefix(&work_tree).ok()?.to_str()?.to_owned();
        Some(Self { work_tree, inside: if inside.is_empty() { inside } else { format!("{inside}/") } })
    }

    /// Where a path of the folder lies in the work tree.
    pub fn in_work_tree(&self, path: &str) -> String {
        format!("{}{path}", self.inside)
    }

    /// The id of the commit that a revision means.
    pub fn commit(&self, revision: &str) -> Option<String> {
        let name = format!("{revision}^{{commit}}");
        self.one(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name])
    }

    /// Where two lines of commits parted.
    pub fn merge_base(&self, one: &str, other: &str) -> Option<String> {
        self.one(&["merge-base", "--", one, other])
    }

    /// The files of the folder in a commit.
    pub fn files(&self, commit: &str) -> Option<Vec<String>> {
        let mut asked = git::plain(&self.work_tree);
        asked.args(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]);
        Some(self.names(&run(&mut asked)?))
    }

    /// The files of the folder that differ between two commits.
    pub fn changed(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut asked = git::plain(&self.work_tree);
        asked.args(["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", from, to]);
        Some(self.names(&run(&mut asked)?))
    }

    /// The commits since one and until another, oldest first, that touched any of these paths; empty where git no longer
    /// knows that commit.
    pub fn since(&self, commit: &str, until: &str, paths: &[&str]) -> Vec<Commit> {
        let mut asked = git::plain(&self.work_tree);
        asked.args(["--literal-pathspecs", "log", "-z", "--name-only", "--no-renames", "--no-ext-diff"]);
        asked.args(["--no-textconv", "--no-show-signature", "--no-decorate", "--no-color", "--reverse"]);
        asked.args(["--format=%x1e%H%x1f%cs%x1f%s", "-n", MOST_COMMITS, &format!("{commit}..{until}"), "--"]);
        if paths.len() <= MOST_PATHS {
            asked.args(paths.iter().map(|path| self.in_work_tree(path)));
        }
        let output = run(&mut asked).unwrap_or_default();
        let text = String::from_utf8_lossy(&output);
        let one = |record: &str| {
            let (head, names) = record.split_once('\0').unwrap_or((record, ""));
            let mut fields = head.splitn(3, '\x1f');
            let (id, date, subject) = (fields.next()?, fields.next()?, fields.next()?);
            let paths = self.names(names.trim_start_matches('\n').as_bytes());
            Some(Commit { id: id.to_owned(), date: date.to_owned(), subject: subject.trim_end().to_owned(), paths })
        };
        text.split('\x1e').skip(1).filter_map(one).collect()
    }

    /// The remote-tracking branch of the one that is checked out.
    pub fn upstream(&self) -> Option<String> {
        self.one(&["rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"])
    }

    /// How many commits that branch has that are neither checked out nor come before any of these.
    pub fn ahead<'a>(&self, upstream: &str, read: impl Iterator<Item = &'a str>) -> Option<u32> {
        let branch = format!("refs/remotes/{upstream}");
        let mut asked = git::plain(&self.work_tree);
        asked.args(["rev-list", "--count", "--ignore-missing", &branch, "--not", "HEAD"]);
        // A note says what it was read at, and could say anything.
        let is_id = |commit: &&str| commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        asked.args(read.filter(is_id).take(MOST_READ)).arg("--");
        String::from_utf8(run(&mut asked)?).ok()?.trim().parse().ok()
    }

    fn one(&self, arguments: &[&str]) -> Option<String> {
        let mut asked = git::plain(&self.work_tree);
        asked.args(arguments.iter().map(OsStr::new));
        let output = String::from_utf8(run(&mut asked)?).ok()?;
        output.lines().next().map(str::to_owned).filter(|line| !line.is_empty())
    }

    fn names(&self, output: &[u8]) -> Vec<String> {
        let names = output.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
        names
            .filter_map(|name| name.trim_start_matches('\n').strip_prefix(self.inside.as_str()))
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

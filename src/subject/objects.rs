//! What a repository's git still holds of the past: files as they were. Objects are read and nothing
//! else; where git is missing there is no past.

use super::{LARGEST_TEXT, git};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

/// The objects of the repository around a folder. The one process that reads them starts with the
/// first question and ends with the value.
#[derive(Debug)]
pub struct Objects {
    work_tree: PathBuf,
    /// The folder inside the work tree, with `/` behind it; empty for all of it.
    inside: String,
    reader: Mutex<Reader>,
}

#[derive(Debug)]
enum Reader {
    NotStarted,
    Running { child: Child, questions: ChildStdin, answers: BufReader<ChildStdout> },
    Failed,
}

impl Objects {
    /// None if no repository is around the folder.
    pub fn around(folder: &Path) -> Option<Self> {
        let work_tree = git::folders(folder)?.work_tree;
        let inside = folder.strip_prefix(&work_tree).ok()?.to_str()?.to_owned();
        let inside = if inside.is_empty() { inside } else { format!("{inside}/") };
        Some(Self { work_tree, inside, reader: Mutex::new(Reader::NotStarted) })
    }

    /// The file with this git id, or the beginning of one.
    pub fn blob(&self, id: &str) -> Option<Vec<u8>> {
        let is_id = id.len() >= 7 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| self.ask(id)).flatten()
    }

    /// A file of the folder as it was in a commit. `path` is relative to the folder.
    pub fn at(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        let is_id = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| self.ask(&format!("{commit}:{}{path}", self.inside))).flatten()
    }

    fn ask(&self, name: &str) -> Option<Vec<u8>> {
        if name.contains('\n') {
            return None;
        }
        let mut reader = self.reader.lock().ok()?;
        if matches!(*reader, Reader::NotStarted) {
            *reader = start(&self.work_tree).unwrap_or(Reader::Failed);
        }
        let Reader::Running { questions, answers, .. } = &mut *reader else { return None };
        let answer = answer(name, questions, answers);
        if answer.is_err() {
            *reader = Reader::Failed;
        }
        answer.ok().flatten()
    }
}

fn start(work_tree: &Path) -> Option<Reader> {
    let mut command = git::plain(work_tree);
    command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let (questions, answers) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
    Some(Reader::Running { child, questions, answers })
}

/// `Err` where the process can no longer be understood.
fn answer(
    name: &str,
    questions: &mut ChildStdin,
    answers: &mut BufReader<ChildStdout>,
) -> std::io::Result<Option<Vec<u8>>> {
    writeln!(questions, "{name}")?;
    questions.flush()?;
    let mut header = Vec::new();
    if answers.read_until(b'\n', &mut header)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let header = String::from_utf8_lossy(&header).trim_end().to_owned();
    // `ID TYPE SIZE`; a name that means nothing is said in other words, of which the last is no number.
    let mut words = header.rsplitn(3, ' ');
    let (size, kind) = (words.next().and_then(|size| size.parse::<u64>().ok()), words.next().unwrap_or(""));
    let Some(size) = size.filter(|_| matches!(kind, "blob" | "tree" | "commit" | "tag")) else { return Ok(None) };
    let wanted = kind == "blob" && size <= LARGEST_TEXT;
    let mut bytes = Vec::new();
    if wanted {
        answers.by_ref().take(size).read_to_end(&mut bytes)?;
    } else {
        std::io::copy(&mut answers.by_ref().take(size), &mut std::io::sink())?;
    }
    let mut line_end = [0];
    answers.read_exact(&mut line_end)?;
    Ok(wanted.then_some(bytes))
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Reader::Running { child, .. } = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

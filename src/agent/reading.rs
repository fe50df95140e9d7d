//! What the readers of all agents share: text since the last tool, what a tool does in a few words,
//! how a text ends, which kind of failure a message tells of.

use super::{AgentError, AgentStamp, Answer, Event, Exit, NOT_FOUND, Step, Trouble, Usage};
use serde_json::Value;
use std::time::Duration;

/// How lines of standard error begin that tell nothing of why: programs print them always.
const CHATTER: [&str; 5] =
    ["Package extraction took", "Ripgrep is not available", "Warning:", "YOLO mode is enabled", "[STARTUP]"];
/// How long an agent may take unless the user says otherwise.
pub(super) const TIME_LIMIT: Duration = Duration::from_mins(15);
/// Names of certificate files for a proxy of the user's: every agent knows one of them.
pub(super) const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
/// The longest report of what an agent does, in characters.
const LONGEST_DOING: usize = 80;
/// So many first characters that come again are a beginning anew, not a repetition.
const RESTART: usize = 40;
/// The longest reason, in characters.
const LONGEST_WHY: usize = 200;
/// What ends a sentence, a quotation, a code span, a table row.
const CLOSING: &str = ".!?:;)]}>\"'`*_|~…。！？」』）”’»";

/// Names as owned words.
pub(super) fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// The variables of an agent, and those that all agents need.
pub(super) fn variables(own: &[&str]) -> Vec<String> {
    names(&[own, &CERTIFICATES].concat())
}

/// The value at the end of a path of keys.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| &value[*key])
}

/// The text at the end of a path of keys.
pub(super) fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path).as_str()
}

/// What an agent has said so far.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Remarks between tools.
    before: Vec<String>,
    /// Since the last tool.
    last: String,
}

impl Said {
    /// A piece that continues the text as it stands.
    pub(super) fn push(&mut self, piece: &str) {
        self.last.push_str(piece);
    }

    /// A piece of its own: a new paragraph, unless the text before it stops in mid-sentence.
    pub(super) fn add(&mut self, piece: &str) {
        if is_whole(&self.last) {
            self.last.truncate(self.last.trim_end().len());
            self.last.push_str("\n\n");
            self.last.push_str(piece.trim_start());
        } else {
            self.last.push_str(piece);
        }
    }

    /// What was said until here was a remark: a tool is used, or the text is said anew.
    pub(super) fn turn(&mut self) {
        let last = std::mem::take(&mut self.last);
        if !last.trim().is_empty() {
            self.before.push(last.trim().to_owned());
        }
    }

    /// What was said since the last tool will be said again.
    pub(super) fn forget(&mut self) {
        self.last.clear();
    }

    /// The text since the last tool.
    pub(super) fn answer(&self) -> &str {
        self.last.trim()
    }

    /// Everything, remarks included: what is left when the answer did not come to its end.
    pub(super) fn everything(&self) -> String {
        let pieces = self.before.iter().map(String::as_str).chain([self.answer()]);
        pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}

/// How a program ended, without what it says on standard error each time.
pub(super) fn telling(exit: &Exit) -> Exit {
    let lines = exit.stderr.lines().filter(|line| !CHATTER.iter().any(|start| line.starts_with(start)));
    Exit { code: exit.code, stderr: lines.collect::<Vec<_>>().join("\n") }
}

/// The error of an agent that did not come to its end, with all that is known of why.
pub(super) struct Ending<'a> {
    /// Which agent.
    pub(super) agent: &'a str,
    /// How its program ended.
    pub(super) exit: &'a Exit,
    /// What it had said.
    pub(super) said: &'a Said,
}

impl Ending<'_> {
    /// It began to answer and did not finish. Without a word said it is a failure.
    pub(super) fn incomplete(&self, why: &str) -> AgentError {
        let partial = self.said.everything();
        match partial.is_empty() {
            true => self.failed(why),
            false => AgentError::Incomplete {
                agent: self.agent.to_owned(),
                why: cut(why, LONGEST_WHY),
                partial,
                stderr: self.exit.stderr.clone(),
            },
        }
    }

    /// It reported a failure. Text that it had said before is not lost, unless another try is needed anyway.
    pub(super) fn failed(&self, why: &str) -> AgentError {
        let kind = match trouble(why) {
            Trouble::Other => trouble(&self.exit.stderr),
            known => known,
        };
        if matches!(kind, Trouble::Overload | Trouble::Other) && !self.said.everything().is_empty() {
            return self.incomplete(why);
        }
        AgentError::Failed {
            agent: self.agent.to_owned(),
            why: cut(why, LONGEST_WHY),
            kind,
            stderr: self.exit.stderr.clone(),
        }
    }

    /// Its program ended without a word about why.
    pub(super) fn ended(&self) -> AgentError {
        let how = self.exit.how();
        if !self.said.everything().is_empty() {
            return self.incomplete(&format!("it ended in the middle ({how})"));
        }
        let telling = self.exit.stderr.lines().find(|line| trouble(line) != Trouble::Other);
        match telling {
            Some(line) => self.failed(line),
            None => AgentError::NoAnswer {
                agent: self.agent.to_owned(),
                how,
                killed: self.exit.is_killed(),
                stderr: self.exit.stderr.clone(),
            },
        }
    }

    /// The answer, if there is one: not empty, not a line that reports an error.
    pub(super) fn answer(&self, text: &str, agent: AgentStamp, usage: Usage) -> Result<Answer, AgentError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(match self.said.everything().is_empty() {
                true => self.ended(),
                false => self.incomplete("no answer came after the last tool"),
            });
        }
        if text.lines().count() == 1 && ["API Error", "Error:", "Info:"].iter().any(|word| text.starts_with(word)) {
            let kind = trouble(text);
            let (agent, stderr) = (self.agent.to_owned(), self.exit.stderr.clone());
            return Err(AgentError::Failed { agent, why: cut(text, LONGEST_WHY), kind, stderr });
        }
        let (markdown, found) = match not_found(text) {
            Some(rest) => (rest.to_owned(), false),
            None => (text.to_owned(), true),
        };
        Ok(Answer { markdown, found, cited: None, agent, usage })
    }
}

/// The rest of an answer that says at its very beginning that it is not there.
fn not_found(text: &str) -> Option<&str> {
    let decoration = ['#', '*', '_', '`', ' '];
    let rest = text.trim_start_matches(decoration).strip_prefix(NOT_FOUND.trim_end_matches(':'))?;
    let rest = rest.trim_start_matches(decoration).strip_prefix(':')?;
    let rest = rest.trim_start_matches(['*', '_', '`']).trim();
    (!rest.is_empty()).then_some(rest)
}

/// What a tool does, in a few words on one line. Paths below `root` are shown without it.
pub(super) fn doing(tool: &str, input: &Value, root: &str) -> Step {
    let first = |keys: &[&str]| keys.iter().find_map(|key| input[*key].as_str()).unwrap_or_default();
    let path = first(&["file_path", "path", "filePath", "absolute_path", "dir_path"]);
    let path = path.strip_prefix(root).map_or(path, |path| path.trim_start_matches('/'));
    let pattern = first(&["pattern", "query"]);
    let what = match tool.to_lowercase().as_str() {
        "read" | "read_file" | "view" => format!("reads {path}"),
        "grep" | "grep_search" | "search_file_content" | "rg" => format!("searches for {pattern}"),
        "glob" => format!("looks for files {pattern}"),
        "ls" | "list" | "list_directory" => format!("lists {}", if path.is_empty() { "files" } else { path }),
        "bash" | "shell" | "run_shell_command" => format!("runs {}", first(&["command"])),
        "agent" | "task" => "asks a helper of its own".to_owned(),
        _ => format!("uses {tool}"),
    };
    does(&what)
}

/// What an agent does, as an event.
pub(super) fn does(what: &str) -> Step {
    Step::Event(Event::Doing(cut(what, LONGEST_DOING)))
}

/// One line of bearable length, in characters.
fn cut(text: &str, longest: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(longest) {
        None => line,
        Some(_) => line.chars().take(longest - 1).chain(['…']).collect(),
    }
}

/// Where a text stops in the middle, in a few words. Models whose programs do not say that they were
/// cut are known by it.
pub(super) fn unfinished(text: &str) -> Option<&'static str> {
    if open_fence(text) {
        return Some("it ends inside a code block");
    }
    let line = text.trim_end().lines().next_back().unwrap_or_default().trim_start();
    if line.starts_with("```") || line.starts_with("~~~") {
        return None;
    }
    if line.starts_with('#') {
        return Some("it ends with a heading");
    }
    if line.matches('`').count() % 2 == 1 {
        return Some("it ends inside a code span");
    }
    let listed = line.starts_with(['-', '*', '+', '|', '>'])
        || line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')']);
    match line.chars().next_back() {
        Some(last) if CLOSING.contains(last) => None,
        // Lists are often written without full stops.
        Some(last) if listed && last.is_alphanumeric() => None,
        _ => Some("it ends in the middle of a sentence"),
    }
}

/// A text without the beginnings of attempts that broke: programs that retry print each anew, from
/// the first letter on.
pub(super) fn without_restarts(text: &str) -> &str {
    let Some((end, _)) = text.char_indices().nth(RESTART) else { return text };
    match text.rfind(&text[..end]) {
        Some(last) => &text[last..],
        None => text,
    }
}

/// Whether a text could be the end of a paragraph.
fn is_whole(text: &str) -> bool {
    !text.trim().is_empty() && text.trim_end().ends_with(|c| CLOSING.contains(c)) && unfinished(text).is_none()
}

fn open_fence(text: &str) -> bool {
    let mut open: Option<(char, usize)> = None;
    for line in text.lines().map(str::trim_start) {
        let Some(mark) = line.chars().next().filter(|c| "`~".contains(*c)) else { continue };
        let length = line.chars().take_while(|c| *c == mark).count();
        match open {
            None if length >= 3 => open = Some((mark, length)),
            Some((opened, least)) if opened == mark && length >= least && line.trim_end().len() == length => {
                open = None;
            }
            _ => {}
        }
    }
    open.is_some()
}

/// Which kind of failure a message tells of.
pub(super) fn trouble(message: &str) -> Trouble {
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // Whole words: a port number may hold a status code.
    let status = |codes: &[&str]| message.split(|c: char| !c.is_alphanumeric()).any(|word| codes.contains(&word));
    if says(&[
        "no conversation found",
        "no rollout found",
        "session not found",
        "invalid session",
        "no session",
        "no previous session",
        "session with id",
    ]) {
        Trouble::NoSuchSession
    } else if status(&["401", "403"]) {
        Trouble::Login
    } else if status(&["429", "503", "529"]) {
        Trouble::Overload
    } else if says(&["unauthorized", "not logged in", "authenticat", "api key", "auth method", "/login"]) {
        Trouble::Login
    } else if says(&[
        "overloaded",
        "rate limit",
        "rate_limit",
        "quota",
        "at capacity",
        "usage limit",
        "resource_exhausted",
    ]) {
        Trouble::Overload
    } else {
        Trouble::Other
    }
}

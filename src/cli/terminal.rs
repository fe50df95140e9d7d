//! The terminal while agents work: one kb reads its keys, and another, in a session of its own, runs the
//! jobs and prints. So the jobs can go on without the terminal, and none is started twice.

use super::fail::{self, Failure};
use super::format::say;
use super::settings::Settings;
use crate::job::{self, Record};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long the kb that runs the jobs may take to let go of the terminal.
const LETS_GO: Duration = Duration::from_secs(5);
/// What Ctrl-Z types.
const SUSPEND: u8 = 0x1a;
/// A character that is none: the terminal sends no signal for it.
const DISABLED: u8 = 0;

/// What the kb that reads keys says to the one that runs jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Go on without the terminal.
    Detach,
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, or it is gone.
    End,
}

/// Whether a person looks at this terminal and can type.
pub(super) fn can_watch(settings: &Settings) -> bool {
    let all = io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal();
    // In the background of a shell it must not read.
    all && !settings.json && tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Has jobs run by a kb of their own until they end or the person detaches.
pub(super) fn watch(records: &[Record], at_once: usize, settings: &Settings) -> Result<u8, Failure> {
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    // The other one changes the modes; they come back here even if it is killed.
    let _modes = Modes::of(io::stdin());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(async {
        let mut interrupted = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
        let mut terminated = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
        let (mut runner, mut link) = job::run_watched(&ids, at_once, &settings.machine).map_err(Failure::Detach)?;
        say("`d` detaches: the jobs then go on without this terminal; closing it cancels them");
        let (ended, mut end) = unbounded_channel();
        std::thread::spawn(move || ended.send(runner.wait()));
        let mut keys = keys();
        loop {
            let word = tokio::select! {
                status = end.recv() => {
                    let code = status.and_then(Result::ok).and_then(|status| status.code());
                    return Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(fail::FAILED));
                }
                _ = interrupted.recv() => Word::Interrupt,
                _ = terminated.recv() => Word::End,
                Some(key) = keys.recv() => match key {
                    b'd' | SUSPEND => Word::Detach,
                    _ => continue,
                },
            };
            // Where it is gone already, its end tells.
            let _ = link.write_all(&[word.byte()]);
            if word == Word::Detach && has_let_go(&mut link) {
                say(&format!("{}: `kb jobs` shows them, `kb wait` waits for them", detached(ids.len())));
                return Ok(fail::DONE);
            }
        }
    })
}

fn detached(count: usize) -> String {
    match count {
        1 => "detached; the job goes on".to_owned(),
        count => format!("detached; {count} jobs go on"),
    }
}

fn has_let_go(link: &mut UnixStream) -> bool {
    link.set_read_timeout(Some(LETS_GO)).is_ok() && link.read(&mut [0]).is_ok_and(|count| count == 1)
}

/// What is typed.
fn keys() -> UnboundedReceiver<u8> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        let mut key = [0];
        while io::stdin().read_exact(&mut key).is_ok() && sender.send(key[0]).is_ok() {}
    });
    receiver
}

impl Word {
    fn byte(self) -> u8 {
        match self {
            Word::Detach => b'd',
            Word::Interrupt => b'i',
            Word::End => b'e',
        }
    }

    fn of(byte: u8) -> Self {
        match byte {
            b'd' => Word::Detach,
            b'i' => Word::Interrupt,
            _ => Word::End,
        }
    }
}

/// Who looks at jobs that this process runs.
pub(super) struct Looker {
    looks: bool,
    words: Option<UnboundedReceiver<Word>>,
    link: Option<UnixStream>,
    modes: Option<Modes>,
}

impl Looker {
    /// Whoever started this kb.
    pub(super) fn here() -> Self {
        Self { looks: true, words: None, link: None, modes: None }
    }

    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self { looks: false, ..Self::here() }
    }

    /// A person, through the kb that reads keys and speaks through standard input.
    pub(super) fn elsewhere() -> io::Result<Self> {
        let link = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let (words, receiver) = unbounded_channel();
        let listening = link.try_clone()?;
        std::thread::spawn(move || listen(listening, &words));
        let modes = Modes::of(io::stderr());
        if let Some(modes) = &modes {
            modes.give_keys_at_once();
        }
        Ok(Self { looks: true, words: Some(receiver), link: Some(link), modes })
    }

    /// Whether anybody does.
    pub(super) fn looks(&self) -> bool {
        self.looks
    }

    /// What is said next; waits for ever where nobody can say anything.
    pub(super) async fn word(&mut self) -> Word {
        match &mut self.words {
            Some(words) => words.recv().await.unwrap_or(Word::End),
            None => std::future::pending().await,
        }
    }

    /// Lets go of the terminal, for good.
    pub(super) fn let_go(&mut self) {
        self.looks = false;
        self.words = None;
        // What else is printed goes nowhere.
        if let Ok(null) = OpenOptions::new().read(true).write(true).open("/dev/null") {
            let _ = rustix::stdio::dup2_stdout(&null);
            let _ = rustix::stdio::dup2_stderr(&null);
            let _ = rustix::stdio::dup2_stdin(&null);
        }
        self.modes = None;
        let _ = self.link.take().map(|mut link| link.write_all(b"d"));
    }
}

fn listen(mut link: UnixStream, words: &UnboundedSender<Word>) {
    let mut byte = [0];
    while link.read_exact(&mut byte).is_ok() {
        let word = Word::of(byte[0]);
        if words.send(word).is_err() || word == Word::Detach {
            return;
        }
    }
    let _ = words.send(Word::End);
}

/// A terminal's modes, which come back when the value goes.
struct Modes {
    terminal: OwnedFd,
    before: Termios,
}

impl Modes {
    fn of(terminal: impl AsFd) -> Option<Self> {
        let before = tcgetattr(&terminal).ok()?;
        Some(Self { terminal: terminal.as_fd().try_clone_to_owned().ok()?, before })
    }

    /// Each key counts as it is typed, and is not shown; Ctrl-Z is a key.
    fn give_keys_at_once(&self) {
        let mut modes = self.before.clone();
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        modes.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &modes);
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

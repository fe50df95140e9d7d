//! Runs an agent's program: the only place that waits for one. Its output is bounded, its time is
//! limited, its raw stream is kept, and it does not outlive kb.

use super::{AgentError, Answer, Dialogue, Event, Exit, Program, Step};
use crate::sandbox::memory_of;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// The most that is read of an agent in all, in bytes; a longer line cannot be either.
const LARGEST_OUTPUT: usize = 64 << 20;
/// How much of the end of standard error is kept, in bytes.
const LAST_WORDS: usize = 4 << 10;
/// How long output is awaited that a grandchild may still hold, after the program has ended.
const AFTER_THE_END: Duration = Duration::from_millis(500);
/// How often whoever runs the agent is called.
const TICK: Duration = Duration::from_secs(1);
/// How long a program that was asked to end may take to save what it needs later.
pub const GRACE: Duration = Duration::from_millis(1500);
/// How long it may take until all is gone that was told to go at once.
const AT_ONCE: Duration = Duration::from_millis(500);

/// How a program is started.
#[derive(Default)]
pub struct Start<'a> {
    /// The command line, with the wall before it; empty: the program's own.
    pub command: Vec<OsString>,
    /// All its variables; none: kb's own.
    pub environment: Option<Vec<(OsString, OsString)>>,
    /// Where its raw standard output is kept.
    pub stream: Option<PathBuf>,
    /// Where the end of its standard error is kept, if it says anything there.
    pub last_words: Option<PathBuf>,
    /// The exit code by which whoever builds the wall says that it did not come to the program.
    pub not_standing: Option<u8>,
    /// How much memory it and all that it starts may hold, in bytes; looked at about once a second.
    pub memory: Option<u64>,
    /// Called about once a second while it runs, and once when it has ended; an error stops it.
    pub tick: Option<Tick<'a>>,
    /// Ends when somebody wants the program to stop.
    pub stop: Option<Pin<Box<dyn Future<Output = ()> + 'a>>>,
}

/// Looks after a running program.
pub type Tick<'a> = Box<dyn FnMut() -> Result<(), AgentError> + 'a>;

/// Starts the program, feeds it, reads it to its end, and returns its answer. One that takes too long or
/// is to stop is asked to end, and a little later ended with all that it started.
pub async fn run(program: Program, mut start: Start<'_>, events: &mut dyn FnMut(Event)) -> Result<Answer, AgentError> {
    let first = program.command.first().map(std::path::Path::new);
    let name = first.map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    let short = first.and_then(std::path::Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let mut child = spawn(&program, &start).map_err(|source| AgentError::Start { program: name.clone(), source })?;
    let mut processes = Processes::of(&child, start.not_standing.is_some());
    let (sender, receiver) = unbounded_channel();
    let _ = sender.send(program.stdin);
    let feeding = feed(child.stdin.take(), receiver);
    let stderr = last_words(child.stderr.take());
    let mut talk = Talk {
        name: &name,
        dialogue: program.dialogue,
        stream: start.stream.as_deref().and_then(|path| private(path).ok()),
        stdin: Some(sender).filter(|_| program.talks),
        total: 0,
    };
    let (stop, memory) = (start.stop.take(), start.memory);
    let limits = Limits { time: program.time_limit, memory, stop, tick: start.tick.as_mut() };
    let listen = talk.listen(&mut child, &mut processes, limits, events);
    // Standard error says nothing more when the program has ended; who holds it open is not awaited.
    let together = async {
        let mut feeding = std::pin::pin!(feeding);
        let mut stderr = std::pin::pin!(stderr);
        let mut listen = std::pin::pin!(listen);
        let (mut fed, mut said) = (false, None);
        let heard = loop {
            tokio::select! {
                heard = &mut listen => break heard,
                () = &mut feeding, if !fed => fed = true,
                words = &mut stderr, if said.is_none() => said = Some(words),
            }
        };
        if said.is_none() {
            said = tokio::time::timeout(AFTER_THE_END, &mut stderr).await.ok();
        }
        (heard, said.unwrap_or_default())
    };
    let (heard, stderr) = together.await;
    if let Some(path) = start.last_words.as_deref().filter(|_| !stderr.is_empty()) {
        // Best effort: what of it tells why comes with the error.
        let _ = private(path).and_then(|mut file| file.write_all(stderr.as_bytes()));
    }
    processes.end(&mut child).await;
    let last_look = start.tick.as_mut().map_or(Ok(()), |tick| tick());
    let (code, stopped) = match heard? {
        Heard::Ended(code) => (code, None),
        Heard::Stopped(why) => (None, Some(why)),
    };
    let Some(why) = stopped else {
        return match start.not_standing.map(i32::from) {
            Some(refused) if code == Some(refused) => Err(AgentError::NotStanding { program: name, stderr }),
            _ => last_look.and_then(|()| talk.dialogue.end(&Exit { code, stderr })),
        };
    };
    let partial = match talk.dialogue.end(&Exit { code: None, stderr }) {
        Err(AgentError::Incomplete { partial, .. }) => partial,
        _ => String::new(),
    };
    Err(match why {
        Why::Time => AgentError::TimeOut { agent: short, limit: program.time_limit, partial },
        Why::TooMuch => AgentError::TooMuch { agent: short, limit: LARGEST_OUTPUT, partial },
        Why::Memory(limit) => AgentError::TooMuchMemory { agent: short, limit, partial },
        Why::Wanted => AgentError::Stopped { agent: short, partial },
        Why::Error(error) => error,
    })
}

/// What ends a program before it ends by itself.
struct Limits<'a, 'b> {
    time: Duration,
    memory: Option<u64>,
    stop: Option<Pin<Box<dyn Future<Output = ()> + 'a>>>,
    tick: Option<&'b mut Tick<'a>>,
}

/// How listening ended.
enum Heard {
    Ended(Option<i32>),
    Stopped(Why),
}

/// Why a program was stopped.
enum Why {
    Time,
    Memory(u64),
    TooMuch,
    Wanted,
    Error(AgentError),
}

/// A program that talks, and what is kept of it.
struct Talk<'a> {
    name: &'a str,
    dialogue: Box<dyn Dialogue>,
    stream: Option<File>,
    stdin: Option<UnboundedSender<Vec<u8>>>,
    total: usize,
}

impl Talk<'_> {
    /// Reads lines until the program has ended, or is to.
    async fn listen(
        &mut self,
        child: &mut Child,
        processes: &mut Processes,
        mut limits: Limits<'_, '_>,
        events: &mut dyn FnMut(Event),
    ) -> Result<Heard, AgentError> {
        let lost = |source| AgentError::Lost { program: self.name.to_owned(), source };
        let Some(stdout) = child.stdout.take() else { return Ok(Heard::Ended(None)) };
        let mut lines = BufReader::new(stdout.take(LARGEST_OUTPUT as u64 + 1)).split(b'\n');
        let mut is_open = true;
        let mut ended: Option<Option<i32>> = None;
        let mut stopped: Option<Why> = None;
        let mut stop = limits.stop.take().unwrap_or_else(|| Box::pin(std::future::pending()));
        let mut ticks = tokio::time::interval_at(Instant::now() + TICK, TICK);
        // First the end of its time; then of its grace, or of the wait for what it may still have said.
        let mut until = Instant::now() + limits.time;
        let end_by = |why: Why, stopped: &mut Option<Why>, processes: &Processes| {
            processes.ask_to_end();
            *stopped = Some(why);
            Instant::now() + GRACE
        };
        loop {
            let awaits_end = ended.is_none() && stopped.is_none();
            if let Some(code) = ended.filter(|_| !is_open) {
                return Ok(stopped.map_or(Heard::Ended(code), Heard::Stopped));
            }
            tokio::select! {
                line = lines.next_segment(), if is_open => match line.map_err(lost)? {
                    Some(line) => match self.line(&line, events) {
                        Next::Line => {}
                        Next::TooMuch => return Ok(Heard::Stopped(Why::TooMuch)),
                        Next::Stop => return Ok(stopped.map_or(Heard::Ended(None), Heard::Stopped)),
                    },
                    None => is_open = false,
                },
                status = child.wait(), if ended.is_none() => {
                    processes.ended = true;
                    ended = Some(status.map_err(lost)?.code());
                    until = Instant::now() + AFTER_THE_END;
                }
                () = tokio::time::sleep_until(until) => match (ended, stopped.take()) {
                    (_, Some(why)) => return Ok(Heard::Stopped(why)),
                    (Some(code), None) => return Ok(Heard::Ended(code)),
                    (None, None) => until = end_by(Why::Time, &mut stopped, processes),
                },
                () = &mut stop, if awaits_end => until = end_by(Why::Wanted, &mut stopped, processes),
                _ = ticks.tick() => if let Some(most) = limits.memory.filter(|most| processes.memory() > *most) {
                    // It would take more while it is asked.
                    return Ok(Heard::Stopped(Why::Memory(most)));
                } else if let Some(Err(error)) = limits.tick.as_deref_mut().map(|tick| tick())
                    && awaits_end
                {
                    until = end_by(Why::Error(error), &mut stopped, processes);
                },
            }
        }
    }

    fn line(&mut self, line: &[u8], events: &mut dyn FnMut(Event)) -> Next {
        self.total += line.len() + 1;
        if self.total > LARGEST_OUTPUT {
            return Next::TooMuch;
        }
        if let Some(stream) = &mut self.stream {
            // A full disk must not cost the answer; it will be told when the note is saved.
            let _ = stream.write_all(line).and_then(|()| stream.write_all(b"\n"));
        }
        let mut next = Next::Line;
        let Self { dialogue, stdin, .. } = self;
        dialogue.line(String::from_utf8_lossy(line).trim_end(), &mut |step| match step {
            Step::Event(event) => events(event),
            Step::Send(text) => {
                let _ = stdin.as_ref().map(|stdin| stdin.send(format!("{text}\n").into_bytes()));
            }
            Step::HangUp => *stdin = None,
            Step::Stop => next = Next::Stop,
        });
        next
    }
}

enum Next {
    Line,
    TooMuch,
    Stop,
}

/// The program and all that it started, which end with the value.
struct Processes {
    pid: Option<Pid>,
    /// A helper stands between: it hands signals on, and ends what the program leaves.
    walled: bool,
    /// The program has ended and is buried: its number may be another's.
    ended: bool,
}

impl Processes {
    fn of(child: &Child, walled: bool) -> Self {
        Self { pid: child.id().and_then(|id| Pid::from_raw(id.cast_signed())), walled, ended: false }
    }

    /// What it holds, in bytes.
    fn memory(&self) -> u64 {
        let pid = self.pid.filter(|_| !self.ended);
        pid.map_or(0, |pid| memory_of(pid.as_raw_nonzero().get().cast_unsigned()))
    }

    /// Asks it to end by itself.
    fn ask_to_end(&self) {
        match self.pid.filter(|_| !self.ended) {
            Some(pid) if self.walled => _ = kill_process(pid, Signal::TERM),
            Some(pid) => _ = kill_process_group(pid, Signal::TERM),
            None => {}
        }
    }

    /// Ends all of it now.
    async fn end(&mut self, child: &mut Child) {
        self.tell_to_end();
        if !self.ended {
            self.ended = tokio::time::timeout(AT_ONCE, child.wait()).await.is_ok();
        }
    }

    fn tell_to_end(&self) {
        match self.pid {
            Some(pid) if self.walled && !self.ended => _ = kill_process(pid, Signal::QUIT),
            Some(pid) if !self.walled => _ = kill_process_group(pid, Signal::KILL),
            _ => {}
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        let Some(pid) = self.pid.filter(|_| !self.ended) else { return };
        self.tell_to_end();
        // A helper that is killed ends less than one that ends by itself.
        let begun = Instant::now();
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while self.walled && begun.elapsed() < AT_ONCE && matches!(waitid(WaitId::Pid(pid), look), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

fn spawn(program: &Program, start: &Start<'_>) -> std::io::Result<Child> {
    let whole = if start.command.is_empty() { &program.command } else { &start.command };
    let (first, arguments) = whole.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    #[expect(clippy::disallowed_methods, reason = "the one place that starts agents")]
    let mut command = Command::new(first);
    command.args(arguments).current_dir(&program.folder);
    if let Some(environment) = &start.environment {
        command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true).spawn()
}

fn private(path: &std::path::Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

async fn feed(pipe: Option<ChildStdin>, mut texts: UnboundedReceiver<Vec<u8>>) {
    let Some(mut pipe) = pipe else { return };
    while let Some(text) = texts.recv().await {
        // A program that does not read its question will say so by its answer.
        let _ = pipe.write_all(&text).await;
        let _ = pipe.flush().await;
    }
    let _ = pipe.shutdown().await;
}

async fn last_words(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(pipe) = pipe else { return String::new() };
    let (mut kept, mut chunk) = (Vec::new(), [0; 4096]);
    // Whoever says more meets a closed pipe.
    let mut pipe = pipe.take(LARGEST_OUTPUT as u64);
    while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..count]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    // Colours say nothing.
    anstream::adapter::strip_str(&String::from_utf8_lossy(&kept)).to_string()
}

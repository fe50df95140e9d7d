//! Runs an agent's program: the only place that waits for one. Its output is bounded, its time is
//! limited, and it does not outlive kb.

use super::{AgentError, Answer, Event, Exit, Program, Step};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// The longest line, and the most that is read of an answer in all, in bytes.
const LARGEST_OUTPUT: usize = 64 << 20;
/// How much of the end of standard error is kept, in bytes.
const LAST_WORDS: usize = 4 << 10;

/// Starts the program, feeds it, reads it to its end, and returns its answer.
pub async fn run(program: Program, events: &mut dyn FnMut(Event)) -> Result<Answer, AgentError> {
    let Program { command, folder, stdin, mut dialogue, time_limit, .. } = program;
    let name = command.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    let mut child = start(&command, &folder).map_err(|source| AgentError::Start { program: name.clone(), source })?;
    let lost = |source| AgentError::Lost { program: name.clone(), source };
    let feed = feed(child.stdin.take(), stdin);
    let stderr = last_words(child.stderr.take());
    let stdout = child.stdout.take();
    let talk = async {
        let read = async {
            let Some(stdout) = stdout else { return Ok(()) };
            let mut lines = BufReader::new(stdout.take(LARGEST_OUTPUT as u64 + 1));
            let (mut line, mut total) = (Vec::new(), 0);
            while lines.read_until(b'\n', &mut line).await.map_err(lost)? > 0 {
                total += line.len();
                if total > LARGEST_OUTPUT {
                    return Err(AgentError::TooMuch { program: name.clone(), limit: LARGEST_OUTPUT });
                }
                dialogue.line(String::from_utf8_lossy(&line).trim_end(), &mut |step| {
                    if let Step::Event(event) = step {
                        events(event);
                    }
                });
                line.clear();
            }
            Ok(())
        };
        let (read, (), stderr) = tokio::join!(read, feed, stderr);
        read?;
        let status = child.wait().await.map_err(lost)?;
        Ok(Exit { code: status.code(), stderr })
    };
    match tokio::time::timeout(time_limit, talk).await {
        Ok(exit) => dialogue.end(&exit?),
        Err(_) => Err(AgentError::TimeOut { agent: name, limit: time_limit }),
    }
}

fn start(command: &[std::ffi::OsString], folder: &std::path::Path) -> std::io::Result<Child> {
    let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    #[expect(clippy::disallowed_methods, reason = "the one place that starts agents")]
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).spawn()
}

async fn feed(pipe: Option<tokio::process::ChildStdin>, text: Vec<u8>) {
    if let Some(mut pipe) = pipe {
        // A program that does not read its question will say so by its answer.
        let _ = pipe.write_all(&text).await;
        let _ = pipe.shutdown().await;
    }
}

async fn last_words(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let (mut kept, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..count]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

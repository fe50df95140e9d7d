//! The helper, `kb __wall`: builds the wall around itself and becomes the program.

use super::spec::{Kind, Spec};
use super::{access, bubblewrap, calls, files, namespaces, process};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, setsid};
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// A program writes no larger file, in bytes.
const LARGEST_FILE: u64 = 512 << 20;

/// Why the wall does not stand, or the program did not start.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Only kb starts the helper.
    #[error("this command is started by kb itself")]
    NotByHand,
    /// A system call was refused.
    #[error("cannot {step}: {source}")]
    Step {
        /// What it was for.
        step: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A path could not be shown to the program.
    #[error("cannot show `{}` to the program: {source}", path.display())]
    Show {
        /// The path.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel has no Landlock, or an old one.
    #[error("Landlock is missing or older than Linux 6.12")]
    NoLandlock,
    /// A filter for this processor cannot be made.
    #[error("cannot make the filter of system calls: {0}")]
    Filter(String),
    /// The program cannot be started behind the wall.
    #[error("cannot start `{}`: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// Names the step that failed.
pub(super) trait Step<T> {
    fn step(self, step: &'static str) -> Result<T, HelperError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: &'static str) -> Result<T, HelperError> {
        self.map_err(|error| HelperError::Step { step, source: error.into() })
    }
}

/// What `kb __wall` does with the arguments behind its name and the value of
/// [`VARIABLE`](super::VARIABLE). Returns the exit code; in the process that becomes the program, only
/// if that fails.
pub fn wall_main(arguments: &[OsString], spec: Option<&OsStr>) -> Result<u8, HelperError> {
    match (arguments.split_first(), spec) {
        (Some((mode, program)), Some(spec)) if mode == "start" && !program.is_empty() => {
            let spec: Spec =
                spec.to_str().and_then(|text| serde_json::from_str(text).ok()).ok_or(HelperError::NotByHand)?;
            if let Kind::Inside(control) = spec.kind {
                return bubblewrap::inside(&spec, program, control);
            }
            process::close_inherited()?;
            match spec.kind {
                Kind::Namespaces => namespaces::run(&spec, program),
                Kind::Bubblewrap | Kind::Inside(_) => bubblewrap::run(spec, program),
                Kind::Files => files::run(&spec, program),
            }
        }
        (Some((mode, main)), None) if mode == "init" => {
            let main = main.first().and_then(|pid| pid.to_str()?.parse().ok()).ok_or(HelperError::NotByHand)?;
            namespaces::init(main)
        }
        _ => Err(HelperError::NotByHand),
    }
}

/// The last steps, the same behind both walls.
pub(super) fn become_program(spec: &Spec, program: &[OsString]) -> Result<Infallible, HelperError> {
    setsid().step("leave the terminal")?;
    // Where memory gets short, this is ended before what the user works with. Best effort.
    let _ = OpenOptions::new().write(true).open("/proc/self/oom_score_adj").and_then(|mut file| file.write_all(b"500"));
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).step("forbid core files")?;
    let largest = getrlimit(Resource::Fsize).maximum.map_or(LARGEST_FILE, |most| most.min(LARGEST_FILE));
    let largest = Rlimit { current: Some(largest), maximum: Some(largest) };
    setrlimit(Resource::Fsize, largest).step("bound files")?;
    rustix::thread::set_no_new_privs(true).step("give up new privileges")?;
    access::restrict(spec)?;
    rustix::process::chdir(spec.folder())
        .map_err(|error| HelperError::Show { path: spec.folder(), source: error.into() })?;
    process::unblock_signals()?;
    calls::restrict(spec)?;
    #[expect(clippy::disallowed_methods, reason = "the helper becomes the program")]
    let mut command = Command::new(&program[0]);
    let environment = spec.environment.iter().map(|(name, value)| (name, value));
    let source = command.args(&program[1..]).env_clear().envs(environment).exec();
    Err(HelperError::Start { program: PathBuf::from(&program[0]), source })
}

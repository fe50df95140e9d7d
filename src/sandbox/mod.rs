//! The wall: what a program may read, write and reach, held by the kernel, not by the program's
//! good will.
//!
//! kb starts itself as a helper (`kb __wall`), which takes everything away from itself and then
//! becomes the program: no code runs between fork and exec in kb, which has threads. Behind
//! `namespaces` the program sees a root of its own ([`root`]), processes of its own, no network but
//! one listener; Landlock ([`access`]) and seccomp ([`calls`]) stand inside as a second wall. Where only
//! [`bubblewrap`] may make namespaces, it makes them. Behind `files` Landlock and seccomp stand alone.

#[cfg(target_os = "linux")]
mod access;
#[cfg(target_os = "linux")]
mod bubblewrap;
#[cfg(target_os = "linux")]
mod calls;
mod entry;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod helper;
#[cfg(target_os = "linux")]
mod layout;
#[cfg(target_os = "linux")]
mod loopback;
mod memory;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod probe;
pub mod proxy;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod root;
mod spec;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::wall_main;
pub use entry::Entry;
#[cfg(target_os = "linux")]
pub use helper::wall_main;
pub use memory::{memory_of, usual_memory};
pub use probe::probe;

use spec::Spec;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// The hidden command by which kb starts the helper.
pub const COMMAND: &str = "__wall";
/// The variable in which the helper finds what it is to build.
pub const VARIABLE: &str = "KB_WALL";
/// How the helper ends when the wall could not be built or the program not be started; what failed
/// is then on its standard error.
pub const NOT_STANDING: u8 = 119;
/// Where a program behind `namespaces` finds the listener.
pub const PROXY_PORT: u16 = 8118;

/// Said of every wall.
const LOCKS: &str = "a readable file can be locked, which holds up programs that wait for such a lock";
/// Said of every wall: memory and disk are looked at about once a second.
const OUT_OF_SIGHT: &str = "memory and disk are looked at once a second: more can be taken for a moment, and in files \
                            without a name that are mapped and not open";
/// Said of namespaces, which are mostly not in a container.
const CONTAINERS: &str =
    "in a container that covers parts of /proc, command lines of other processes can be read (not their environment)";

/// What the kernel keeps a program from, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wall {
    /// A root, processes and a network of its own; Landlock and seccomp inside.
    Namespaces,
    /// The same, made by bubblewrap.
    Bubblewrap,
    /// Landlock and seccomp alone.
    Files,
    /// Nothing.
    None,
}

impl Wall {
    /// The name by which notes and people know it.
    pub fn word(self) -> &'static str {
        match self {
            Wall::Namespaces | Wall::Bubblewrap => "namespaces",
            Wall::Files => "files",
            Wall::None => "none",
        }
    }

    /// What a program can do behind it that it should not.
    pub fn leaks(self) -> &'static [&'static str] {
        match self {
            Wall::Namespaces => &[LOCKS, OUT_OF_SIGHT, CONTAINERS],
            Wall::Bubblewrap => &[
                LOCKS,
                OUT_OF_SIGHT,
                "as many processes can be started as the user may",
                "the kernel's settings in /proc can be read",
            ],
            Wall::Files => &[
                LOCKS,
                OUT_OF_SIGHT,
                "names, sizes and times of files anywhere can be asked for by name (not their content)",
                "when a file anywhere is opened or changed can be watched",
                "names of files in hidden folders can be listed (not their content)",
                "command lines of other processes can be read (not their environment)",
                "the machine's connections, mounts and devices can be read in /proc",
                "as many processes can be started as the user may",
                "the proxy's port number can be reached on any address, not only on this machine",
            ],
            Wall::None => &["everything that the user may do"],
        }
    }
}

/// What a program may read, write and reach.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    /// Working directory; absolute.
    pub folder: PathBuf,
    /// Folders and files that can be read, besides the system's programs and libraries; absolute.
    pub read: Vec<PathBuf>,
    /// Folders and files inside `read` whose content stays out of sight, save for what of `read` and `write`
    /// lies inside them; absolute.
    pub hidden: Vec<PathBuf>,
    /// Folders that can be changed; absolute.
    pub write: Vec<PathBuf>,
    /// Whether a proxy can be reached, by a listener that [`Entry::listener`] hands out. Else no
    /// network at all.
    pub network: bool,
    /// Names of this machine (`localhost`, `127.0.0.1`) under which the program finds a service outside:
    /// it goes through the proxy for them. Any other is its own side of the wall.
    pub outside: Vec<String>,
    /// The whole environment of the program. With `network` the proxy's variables are added, behind
    /// `files` one that keeps git from the system's configuration.
    pub environment: Vec<(OsString, OsString)>,
}

/// Why no wall stands.
#[derive(Debug, thiserror::Error)]
pub enum WallError {
    /// No kind of wall can be built.
    #[error("no wall stands here: namespaces: {namespaces}; bubblewrap: {bubblewrap}; files: {files}")]
    NoWall {
        /// What the helper said about namespaces.
        namespaces: String,
        /// What it said about bubblewrap.
        bubblewrap: String,
        /// What it said about Landlock and seccomp.
        files: String,
    },
    /// Not Linux.
    #[error("kb builds walls on Linux only")]
    NotHere,
    /// The helper, or a program to try it with, cannot be started.
    #[error("cannot start `{}`: {source}", program.display())]
    Start {
        /// What was started.
        program: PathBuf,
        /// Why it did not start.
        source: io::Error,
    },
    /// What is to be readable, and the environment, do not fit.
    #[error("the environment and the paths of a program take {bytes} bytes, and at most {most} fit")]
    TooMuch {
        /// Written out.
        bytes: usize,
        /// What fits.
        most: usize,
    },
    /// A path is relative, or all of the file system.
    #[error("`{}` cannot be given to a program behind the wall", path.display())]
    Path {
        /// The path as given.
        path: PathBuf,
    },
    /// There is no place for the listener.
    #[error("cannot make a listener for the program: {0}")]
    Listener(io::Error),
}

impl WallError {
    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            WallError::NoWall { .. } => {
                "allow unprivileged user namespaces (`sysctl user.max_user_namespaces`, \
                 `kernel.unprivileged_userns_clone=1`, `kernel.apparmor_restrict_unprivileged_userns=0`; in a \
                 container `--security-opt seccomp=unconfined`), or install bubblewrap, or use Linux 6.12 or newer with Landlock; \
                 `--no-wall` runs the agent without protection"
            }
            WallError::NotHere => "`--no-wall` runs the agent without protection",
            WallError::Start { .. } => "start kb by its full path",
            WallError::TooMuch { .. } => "let fewer variables through",
            WallError::Path { .. } => "name a folder by its absolute path, not `/`",
            WallError::Listener(_) => "look at the folder for temporary files",
        }
    }
}

impl Sandbox {
    /// How to start `program` (its path first) behind `wall`; `kb` is this program's own file.
    pub fn enter(&self, wall: Wall, kb: &Path, program: &[OsString]) -> Result<Entry, WallError> {
        let given = [&self.folder].into_iter().chain(&self.read).chain(&self.hidden).chain(&self.write);
        if let Some(path) = given.into_iter().find(|path| !path.is_absolute() || path.parent().is_none()) {
            return Err(WallError::Path { path: path.clone() });
        }
        let mut entry = match wall {
            Wall::None => return Ok(Entry::open(program.to_vec(), self.environment.clone())),
            Wall::Namespaces | Wall::Bubblewrap if self.network => Entry::with_control()?,
            Wall::Files if self.network => Entry::with_listener()?,
            Wall::Namespaces | Wall::Bubblewrap | Wall::Files => Entry::default(),
        };
        let mut environment = self.environment.clone();
        if let Some(port) = entry.proxy {
            let url = format!("http://127.0.0.1:{port}");
            let own_side: Vec<&str> =
                ["localhost", "127.0.0.1"].into_iter().filter(|name| !self.outside.iter().any(|o| o == name)).collect();
            for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
                set(&mut environment, name, &url);
            }
            for name in ["NO_PROXY", "no_proxy"] {
                set(&mut environment, name, &own_side.join(","));
            }
        }
        if wall == Wall::Files {
            // git stops at a system file that is there and cannot be read.
            set(&mut environment, "GIT_CONFIG_NOSYSTEM", "1");
        }
        let spec = Spec::new(wall, self, environment, &entry);
        entry.environment = vec![(VARIABLE.into(), spec.write()?.into())];
        entry.command = [kb.as_os_str(), OsStr::new(COMMAND), OsStr::new("start")].map(OsStr::to_owned).to_vec();
        entry.command.extend_from_slice(program);
        Ok(entry)
    }
}

fn set(environment: &mut Vec<(OsString, OsString)>, name: &str, value: &str) {
    environment.retain(|(known, _)| known != name);
    environment.push((name.into(), value.into()));
}

//! The wall, tried by what a hostile program would try: each attempt works without a wall, and is
//! refused behind each wall that stands here.

use crate::attempts::{self, ATTEMPTS, Target};
use crate::harness::cannot_run;
use kb::sandbox::{Entry, Sandbox, Wall};
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a wall cannot refuse, and the words of [`Wall::leaks`] that say so.
const CANNOT: &[(Wall, &str, &str)] = &[
    (Wall::Namespaces, "lock a file", "a readable file can be locked"),
    (Wall::Bubblewrap, "lock a file", "a readable file can be locked"),
    (Wall::Files, "lock a file", "a readable file can be locked"),
    (Wall::Bubblewrap, "a storm of processes", "as many processes can be started as the user may"),
    (Wall::Files, "a storm of processes", "as many processes can be started as the user may"),
    (Wall::Files, "ask whether ~/.ssh/id is there", "names, sizes and times of files anywhere"),
    (Wall::Files, "watch ~/.ssh", "when a file anywhere is opened or changed can be watched"),
    (Wall::Files, "list the notes", "names of files in hidden folders can be listed"),
    (Wall::Files, "see the machine's connections", "the machine's connections, mounts and devices"),
    (Wall::Files, COMMAND_LINE, "command lines of other processes can be read"),
    (Wall::Namespaces, COMMAND_LINE, "command lines of other processes can be read"),
];
/// What `namespaces` cannot refuse only where the kernel gives it no `/proc` of its own.
const COMMAND_LINE: &str = "read another process's command line";
const OUT_OF_SIGHT: &str = "memory and disk are looked at once a second";
/// Said of a wall, and not tried: it takes another machine, or all of one, or is no secret.
const NOT_TRIED: [(Wall, &str); 5] = [
    (Wall::Namespaces, OUT_OF_SIGHT),
    (Wall::Bubblewrap, OUT_OF_SIGHT),
    (Wall::Files, OUT_OF_SIGHT),
    (Wall::Files, "the proxy's port number"),
    (Wall::Bubblewrap, "the kernel's settings in /proc"),
];
const ATTEMPT: &str = "KB_TEST_ATTEMPT";
const CLIENT: &str = "KB_TEST_CLIENT";
const KEEPER: &str = "KB_TEST_KEEPER";
const PATIENCE: Duration = Duration::from_secs(20);

fn kb() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_kb"))
}

/// A home with keys, a repository with notes in it, another one, sockets, a process.
struct Place {
    folder: TempDir,
    victim: Child,
    tcp: TcpListener,
    udp: u16,
    memory: i32,
    _sockets: [UnixListener; 2],
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path();
        for folder in ["user/.ssh", "user/.claude/projects", "repo/.git/hooks", "repo/empty", "repo/notes", "other"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::create_dir(root.join("private")).unwrap();
        for file in [
            "user/.ssh/id",
            "user/.bashrc",
            "user/.claude/projects/p.jsonl",
            "repo/a.py",
            "repo/.git/config",
            "repo/notes/note.md",
            "other/secret.py",
        ] {
            fs::write(root.join(file), "text\n").unwrap();
        }
        let victim = Command::new("sleep").arg("300").env("SECRET", "hunter2").spawn().unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = udp.local_addr().unwrap().port();
        std::thread::spawn(move || {
            udp.set_read_timeout(Some(PATIENCE)).unwrap();
            if let Ok((_, from)) = udp.recv_from(&mut [0]) {
                let _ = udp.send_to(b"x", from);
            }
        });
        let abstract_name = SocketAddr::from_abstract_name(root.as_os_str().as_bytes()).unwrap();
        let sockets = [
            UnixListener::bind(root.join("user/agent.sock")).unwrap(),
            UnixListener::bind_addr(&abstract_name).unwrap(),
        ];
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = Self { victim, tcp, udp: port, memory: attempts::shared_memory(), _sockets: sockets, folder };
        let _ = fs::write(place.shared(), "text");
        place
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn private(&self) -> PathBuf {
        self.root().join("private")
    }

    fn shared(&self) -> PathBuf {
        Path::new("/dev/shm").join(self.root().file_name().unwrap())
    }

    /// What an agent gets.
    fn sandbox(&self) -> Sandbox {
        let own = std::env::current_exe().unwrap();
        Sandbox {
            folder: self.root().join("repo"),
            read: vec![self.root().join("repo"), own.parent().unwrap().to_owned()],
            hidden: vec![self.root().join("repo/notes")],
            write: vec![self.private()],
            network: false,
            outside: Vec::new(),
            environment: vec![
                ("PATH".into(), "/usr/bin:/bin".into()),
                ("HOME".into(), self.private().into()),
                ("TMPDIR".into(), self.private().into()),
            ],
        }
    }

    fn attempt(&self, name: &str, wall: Wall) -> Output {
        let mut sandbox = self.sandbox();
        let target = format!(
            "{name}\n{}\n{}\n{}\n{}\n{}",
            self.root().display(),
            self.victim.id(),
            self.tcp.local_addr().unwrap().port(),
            self.udp,
            self.memory
        );
        sandbox.environment.push((ATTEMPT.into(), target.into()));
        output(start(&sandbox, wall, &own_test("wall::one_attempt")))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
        attempts::remove_shared_memory(self.memory);
        let _ = fs::remove_file(self.shared());
    }
}

/// This program, as one test of it.
fn own_test(name: &str) -> Vec<OsString> {
    let own = std::env::current_exe().unwrap();
    let arguments = ["--exact", name, "--nocapture", "--test-threads", "1"].map(OsString::from);
    [own.into_os_string()].into_iter().chain(arguments).collect()
}

fn shell(line: &str) -> Vec<OsString> {
    ["/bin/sh", "-c", line].map(OsString::from).to_vec()
}

fn command(entry: &Entry) -> Command {
    let mut command = Command::new(&entry.command[0]);
    command.args(&entry.command[1..]).env_clear().envs(entry.environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(sandbox: &Sandbox, wall: Wall, program: &[OsString]) -> Child {
    command(&sandbox.enter(wall, kb(), program).unwrap()).spawn().unwrap()
}

fn output(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The walls that stand here.
fn walls() -> Vec<Wall> {
    let place = Place::new();
    let stands = |wall: &Wall| {
        let output = output(start(&place.sandbox(), *wall, &shell("exit 0")));
        if !output.status.success() {
            cannot_run(&format!("no wall {wall:?}: {}", text(&output)));
        }
        output.status.success()
    };
    [Wall::Namespaces, Wall::Bubblewrap, Wall::Files].into_iter().filter(stands).collect()
}

/// Not a test, but what a test starts behind the wall.
#[test]
fn one_attempt() {
    let Ok(given) = std::env::var(ATTEMPT) else { return };
    let parts: Vec<&str> = given.lines().collect();
    let number = |at: usize| parts[at].parse::<i32>().unwrap();
    let port = |at: usize| parts[at].parse::<u16>().unwrap();
    let target = Target { root: parts[1].into(), victim: number(2), tcp: port(3), udp: port(4), memory: number(5) };
    let attempt = ATTEMPTS.iter().find(|attempt| attempt.name == parts[0]).unwrap();
    let said = (attempt.make)(&target).map_or_else(|error| format!("REFUSED {error}"), |()| "SUCCEEDED".to_owned());
    writeln!(std::io::stdout(), "{said}").unwrap();
}

#[test]
fn what_works_without_a_wall_is_refused_behind_it() {
    assert!(ATTEMPTS.len() >= 40);
    let walls = walls();
    let no_own_proc = walls.contains(&Wall::Namespaces) && {
        let kernel_files = shell("test -e /proc/meminfo");
        output(start(&Place::new().sandbox(), Wall::Namespaces, &kernel_files)).status.success()
    };
    let (mut wrong, mut not_here) = (Vec::new(), Vec::new());
    for attempt in ATTEMPTS {
        let outside = text(&Place::new().attempt(attempt.name, Wall::None));
        match outside.contains("SUCCEEDED") {
            false if attempt.sure => wrong.push(format!("{} does not work without a wall: {outside}", attempt.name)),
            false => not_here.push(attempt.name),
            true => {}
        }
        for wall in &walls {
            let inside = text(&Place::new().attempt(attempt.name, *wall));
            let is_here = *wall != Wall::Namespaces || no_own_proc || attempt.name != COMMAND_LINE;
            let known = is_here && CANNOT.iter().any(|(of, name, _)| of == wall && *name == attempt.name);
            match (inside.contains("SUCCEEDED"), inside.contains("REFUSED")) {
                (false, true) if !known => {}
                (true, false) if known => {}
                _ => wrong.push(format!("{} behind {wall:?}: {inside}", attempt.name)),
            }
        }
    }
    if !not_here.is_empty() {
        let _ = writeln!(std::io::stderr(), "not possible here without a wall either: {}", not_here.join(", "));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_held_is_said() {
    for wall in [Wall::Namespaces, Wall::Bubblewrap, Wall::Files] {
        let tried = CANNOT.iter().filter(|(of, ..)| *of == wall).map(|(_, name, said)| (*name, *said));
        let not_tried = NOT_TRIED.iter().filter(|(of, _)| *of == wall).map(|(_, said)| ("", *said));
        let known: Vec<(&str, &str)> = tried.chain(not_tried).collect();
        for (name, said) in &known {
            assert!(name.is_empty() || ATTEMPTS.iter().any(|attempt| attempt.name == *name), "nobody tries {name}");
            let says_so = wall.leaks().iter().filter(|leak| leak.contains(said)).count();
            assert_eq!(says_so, 1, "{wall:?} says of `{name}`: {:?}", wall.leaks());
        }
        for leak in wall.leaks() {
            assert!(known.iter().any(|(_, said)| leak.contains(said)), "{wall:?} says what is not so: {leak}");
        }
    }
}

#[test]
fn a_program_behind_the_wall_can_work() {
    for wall in walls() {
        let place = Place::new();
        let line = "git init --quiet $HOME/own && cat a.py && echo kept > $HOME/x && cat $HOME/x && \
                    env | grep -vE '^(PWD=|GIT_|_=)' | sort | cut -d= -f1 | \
                    tr '\\n' ' ' && ls /proc/self/fd && echo note >&2 && exit 7";
        let output = output(start(&place.sandbox(), wall, &shell(line)));
        assert_eq!(output.status.code(), Some(7), "{}", text(&output));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.starts_with("text\nkept\nHOME PATH TMPDIR 0\n1\n2\n3\n"), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "note\n");
        assert_eq!(fs::read_to_string(place.private().join("x")).unwrap(), "kept\n");
    }
}

#[test]
fn what_is_needed_of_a_hidden_folder_is_there_and_nothing_beside_it() {
    for wall in walls() {
        let place = Place::new();
        let (state, repo) = (place.root().join("repo/state"), place.root().join("repo"));
        let (own, tool) = (state.join("homes/own"), state.join("tool"));
        fs::create_dir_all(&own).unwrap();
        fs::create_dir_all(tool.join("notes")).unwrap();
        for file in ["homes/token", "tool/program", "tool/notes/note", "real"] {
            fs::write(state.join(file), "inside\n").unwrap();
        }
        fs::write(repo.join("secret.txt"), "secret").unwrap();
        std::os::unix::fs::symlink("real", state.join("link")).unwrap();
        let mut sandbox = place.sandbox();
        sandbox.read.extend([tool.clone(), state.join("link")]);
        sandbox.hidden.extend([state.clone(), tool.join("notes"), repo.join("secret.txt")]);
        sandbox.write = vec![own.clone()];
        let line = "cd state && echo kept > homes/own/x && cat tool/program link && mkdir homes/own/deep || exit 1; \
                    cat homes/token ../secret.txt tool/notes/note && exit 2; cat homes/token && exit 3; \
                    cat ../secret.txt && exit 4; cat tool/notes/note && exit 5; (echo x > homes/new) && exit 6; \
                    (echo x > new) && exit 7; (echo x > tool/program) && exit 8; cat ../a.py";
        let output = output(start(&sandbox, wall, &shell(line)));
        assert_eq!(output.status.code(), Some(0), "{wall:?}: {}", text(&output));
        assert_eq!(fs::read_to_string(own.join("x")).unwrap(), "kept\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "inside\ninside\ntext\n", "{wall:?}");
    }
}

#[test]
fn exit_codes_and_signals_come_through() {
    for wall in walls() {
        let place = Place::new();
        let killed = output(start(&place.sandbox(), wall, &shell("kill -9 $$")));
        assert_eq!(killed.status.code(), Some(137), "{wall:?}");
        let mut child =
            start(&place.sandbox(), wall, &shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"));
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        signal(&child, rustix::process::Signal::TERM);
        assert_eq!(output(child).status.code(), Some(5), "{wall:?}");
    }
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

#[test]
fn a_program_that_is_not_there_is_named() {
    for wall in walls() {
        let output = output(start(&Place::new().sandbox(), wall, &["/no/such/program".into()]));
        assert_eq!(output.status.code(), Some(i32::from(kb::sandbox::NOT_STANDING)));
        assert!(text(&output).contains("cannot start `/no/such/program`"), "{}", text(&output));
    }
}

/// A process that outlives its parent, ignores what can be ignored, and writes the time as long as it
/// lives.
const DAEMON: &str = "trap '' TERM HUP INT; \
    setsid sh -c 'trap \"\" TERM HUP INT; while :; do echo x >> $HOME/alive; sleep 0.05; done' >/dev/null 2>&1 & \
    while [ ! -s $HOME/alive ]; do sleep 0.02; done; echo ready; ";

#[track_caller]
fn nothing_lives(place: &Place, wall: Wall) {
    let alive = || fs::metadata(place.private().join("alive")).unwrap().len();
    let end = Instant::now() + Duration::from_secs(3);
    loop {
        let before = alive();
        std::thread::sleep(Duration::from_millis(400));
        if alive() == before {
            return;
        }
        assert!(Instant::now() < end, "something lives on behind {wall:?}");
    }
}

#[test]
fn nothing_outlives_the_program() {
    for wall in walls() {
        let place = Place::new();
        let mut child = start(&place.sandbox(), wall, &shell(&format!("{DAEMON} exit 0")));
        assert!(child.wait().unwrap().success());
        nothing_lives(&place, wall);
    }
}

/// Not a test, but an agent that says its number to the proxy.
#[test]
fn a_client() {
    let Ok(number) = std::env::var(CLIENT) else { return };
    let proxy = std::env::var("HTTPS_PROXY").unwrap();
    TcpStream::connect(proxy.trim_start_matches("http://")).unwrap().write_all(number.as_bytes()).unwrap();
}

/// Not a test, but a stand-in for kb that a test kills.
#[test]
fn a_keeper() {
    let Ok(given) = std::env::var(KEEPER) else { return };
    let (wall, private) = given.split_once('\n').unwrap();
    let wall = [Wall::Namespaces, Wall::Bubblewrap, Wall::Files].into_iter().find(|known| format!("{known:?}") == wall);
    let wall = wall.unwrap();
    let private = PathBuf::from(private);
    let sandbox = Sandbox {
        folder: private.clone(),
        write: vec![private.clone()],
        environment: vec![("PATH".into(), "/usr/bin:/bin".into()), ("HOME".into(), private.into())],
        ..Sandbox::default()
    };
    let _ = start(&sandbox, wall, &shell(&format!("{DAEMON} while :; do sleep 1; done"))).wait();
}

#[test]
fn nothing_outlives_kb() {
    for wall in walls() {
        let place = Place::new();
        let own = own_test("wall::a_keeper");
        let mut keeper = Command::new(&own[0])
            .args(&own[1..])
            .env(KEEPER, format!("{wall:?}\n{}", place.private().display()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + PATIENCE;
        while fs::metadata(place.private().join("alive")).map_or(0, |file| file.len()) == 0 {
            assert!(Instant::now() < end, "the program did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        keeper.kill().unwrap();
        keeper.wait().unwrap();
        nothing_lives(&place, wall);
    }
}

#[test]
fn nothing_outlives_the_killed_helper() {
    for wall in walls().into_iter().filter(|wall| *wall != Wall::Files) {
        let place = Place::new();
        let mut child = start(&place.sandbox(), wall, &shell(&format!("{DAEMON} while :; do sleep 1; done")));
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        nothing_lives(&place, wall);
    }
}

#[test]
fn nothing_outlives_a_program_that_is_told_to_end_at_once() {
    for wall in walls() {
        let place = Place::new();
        let script = format!("trap '' TERM QUIT; {DAEMON} while :; do sleep 1; done");
        let mut child = start(&place.sandbox(), wall, &shell(&script));
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        signal(&child, rustix::process::Signal::QUIT);
        child.wait().unwrap();
        nothing_lives(&place, wall);
    }
}

#[test]
fn many_walls_stand_at_once_and_each_has_its_own_listener() {
    for wall in walls() {
        let threads: Vec<_> = (0..16)
            .map(|number| {
                std::thread::spawn(move || {
                    let place = Place::new();
                    let mut sandbox = Sandbox { network: true, ..place.sandbox() };
                    sandbox.environment.push((CLIENT.into(), number.to_string().into()));
                    let entry = sandbox.enter(wall, kb(), &own_test("wall::a_client")).unwrap();
                    let child = command(&entry).spawn().unwrap();
                    let listener = entry.listener(PATIENCE).unwrap().unwrap();
                    let reader = std::thread::spawn(move || {
                        let mut said = String::new();
                        let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
                        stream.read_to_string(&mut said).unwrap();
                        said
                    });
                    let output = output(child);
                    assert!(output.status.success(), "{}", text(&output));
                    assert_eq!(reader.join().unwrap(), number.to_string());
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn the_probe_finds_the_strongest() {
    let walls = walls();
    match kb::sandbox::probe(kb()) {
        Ok(wall) => assert_eq!(Some(&wall), walls.first()),
        Err(error) => assert!(walls.is_empty(), "{error}"),
    }
}

#[test]
fn the_helper_is_not_for_people() {
    for line in ["__wall", "__wall start true", "__wall init 1"] {
        let output = Command::new(kb()).args(line.split(' ')).env_clear().output().unwrap();
        assert_eq!(output.status.code(), Some(i32::from(kb::sandbox::NOT_STANDING)), "{line}");
        assert_eq!(text(&output), "kb: this command is started by kb itself\n");
    }
}

#[test]
fn the_readme_says_what_is_not_held() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme.split("### What a wall does not hold").nth(1).unwrap();
    let rows: Vec<Vec<&str>> =
        section.lines().filter(|line| line.starts_with("| ")).map(|line| line.split(" | ").collect()).skip(2).collect();
    for (column, wall) in [Wall::Namespaces, Wall::Bubblewrap, Wall::Files].into_iter().enumerate() {
        let yes = |row: &&Vec<&str>| row[column + 1].starts_with("yes");
        let mut said: Vec<&str> = rows.iter().filter(yes).map(|row| row[0].trim_start_matches("| ")).collect();
        let mut known = wall.leaks().to_vec();
        said.sort_unstable();
        known.sort_unstable();
        assert_eq!(said, known, "{wall:?}");
    }
}

//! What a person at a terminal sees of jobs, and types: a terminal of `script`, which every Linux has.

use crate::harness::{Env, cannot_run};
use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Answers when somebody has made `done`, which no git knows of.
const WAITS: &str = "#!/bin/sh\ncat > /dev/null\necho '# Cookies'\n\
    until [ -e .git/done ]; do sleep 0.02; done\necho 'Set in `shop/cookies.py:23-25` by `save_cookie`.'\n";

/// A command on a terminal, and all that was shown there.
struct Terminal {
    script: Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Runs a line of shell on a terminal, kb on its path; none where there is no `script`.
    fn new(env: &Env, line: &str) -> Option<Self> {
        let mut command = env.command("");
        let kb = std::path::Path::new(env!("CARGO_BIN_EXE_kb")).parent().unwrap();
        let path = format!("{}:{}", kb.display(), std::env::var("PATH").unwrap());
        let variables: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
        command = Command::new("script");
        command.env_clear().envs(variables).env("PATH", path).env("SHELL", "/bin/sh").current_dir(env.here());
        command.args(["--quiet", "--return", "--command", line, "/dev/null"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut script) = command.spawn() else {
            cannot_run("there is no `script`");
            return None;
        };
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut out, seen) = (script.stdout.take().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                seen.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Some(Self { script, shown })
    }

    fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    #[track_caller]
    fn until(&self, text: &str) {
        let began = Instant::now();
        while !self.shown().contains(text) {
            assert!(began.elapsed() < Duration::from_secs(40), "no {text:?} in {:?}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn types(&mut self, keys: &str) {
        self.script.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    fn ends(mut self) -> (Option<i32>, String) {
        let code = self.script.wait().unwrap().code();
        std::thread::sleep(Duration::from_millis(50));
        (code, self.shown())
    }
}

const ASK: &str = "kb ask --agent mine --no-leads where are signed cookies set; echo code $?; stty -a | tr ' ' '\\n' | grep -x -e icanon -e echo -e -echo";

#[test]
fn d_detaches_and_the_job_goes_on_without_being_started_again() {
    let env = Env::shop().agent(WAITS);
    let Some(mut terminal) =
        Terminal::new(&env, &format!("{ASK}; kb list; touch .git/done; kb wait; kb list; kb list"))
    else {
        return;
    };
    terminal.until("`d` detaches: the jobs then go on without this terminal; closing it cancels them");
    terminal.until("mine…");
    terminal.types("xd");
    let (_, shown) = terminal.ends();
    // The terminal is as it was, the note came later, nothing was typed into it.
    assert!(shown.contains("detached; the job goes on: `kb jobs`"), "{shown}");
    assert!(shown.contains("code 0\r\nicanon\r\necho\r\n"), "{shown}");
    assert!(!shown.contains("xd") && !shown.contains("saved as"), "{shown}");
    assert!(env.only_note().contains("agent: mine\n"));
    let jobs = env.kb("jobs --json").json();
    assert_eq!((&jobs["total"], &jobs["jobs"][0]["state"]), (&1.into(), &"kept".into()));
    assert!(!shown.contains("ended meanwhile"), "it was waited for: {shown}");
}

#[test]
fn a_job_that_is_looked_at_to_its_end_prints_its_note() {
    let env = Env::shop().agent(WAITS);
    fs::write(env.path(".git/done"), "").unwrap();
    let Some(terminal) = Terminal::new(&env, ASK) else { return };
    let (_, shown) = terminal.ends();
    assert!(shown.contains("save_cookie") && shown.contains("saved as"), "{shown}");
    assert!(shown.contains("code 0\r\nicanon\r\necho\r\n"), "{shown}");
}

#[test]
fn ctrl_c_on_a_terminal_ends_the_job() {
    let env = Env::shop().agent(WAITS);
    let Some(mut terminal) = Terminal::new(&env, &format!("trap : INT; {ASK}")) else { return };
    terminal.until("mine…");
    terminal.types("\x03");
    let (_, shown) = terminal.ends();
    assert!(shown.contains("is cancelled") && shown.contains("code 130\r\nicanon\r\necho\r\n"), "{shown}");
    assert_eq!(env.kb("jobs --json").json()["jobs"][0]["state"], "cancelled");
}

#[test]
fn a_terminal_is_as_it_was_when_kb_is_killed_and_the_job_ends_with_it() {
    let env = Env::shop().agent(WAITS);
    let script = "echo $$ > ../pid; exec kb ask --agent mine --no-leads where are signed cookies set";
    let line = format!("sh -c '{script}'; sleep 1; stty -a | tr ' ' '\\n' | grep -x -e icanon -e echo -e -echo");
    let Some(terminal) = Terminal::new(&env, &line) else { return };
    terminal.until("mine…");
    let pid = fs::read_to_string(env.path("../pid")).unwrap();
    assert!(Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap().success());
    let (_, shown) = terminal.ends();
    assert!(shown.contains("icanon\r\necho\r\n"), "{shown}");
    assert_eq!(env.kb("jobs --json").json()["jobs"][0]["state"], "cancelled");
}

#[test]
fn the_next_command_tells_once_of_jobs_that_ended_while_nobody_looked() {
    let env = Env::shop();
    let ids = env.kb("ask --detach where are signed cookies set").ok();
    let id = ids.trim();
    let began = Instant::now();
    while env.kb(&format!("jobs show {id} --json")).json()["state"] != "kept" {
        assert!(began.elapsed() < Duration::from_secs(40));
    }
    // Nobody is told where nobody looks.
    assert!(!env.kb("list").ends_with(0).stderr.contains("ended"));
    let Some(terminal) = Terminal::new(&env, "kb list; kb list") else { return };
    let (_, shown) = terminal.ends();
    let line = format!("ended meanwhile: {id} (kept); `kb jobs` shows more\r\n");
    assert_eq!(shown.matches(&line).count(), 1, "{shown}");
}

#[test]
fn who_cancels_a_job_is_not_told_that_it_ended() {
    let env = Env::shop().agent(WAITS);
    let id = env.kb("ask --detach --agent mine --no-leads where are signed cookies set").ok();
    env.kb(&format!("jobs cancel {}", id.trim())).ok();
    assert_eq!(env.kb(&format!("jobs show {} --json", id.trim())).json()["state"], "cancelled");
    let Some(terminal) = Terminal::new(&env, "kb list") else { return };
    let (_, shown) = terminal.ends();
    assert!(!shown.contains("ended meanwhile"), "{shown}");
}

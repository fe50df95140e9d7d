//! Agents that are stopped: by a person, by a signal, by the clock. They get a moment to save what they
//! need, what they had said is kept, and nothing of them lives on.

use crate::harness::{Env, Run, cannot_run};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Begins to answer, and says so when it is asked to end.
const SAVES: &str = "#!/bin/sh\ncat > /dev/null\ntrap 'echo saved; exit 0' TERM\n\
                     echo 'The cookies are'\nwhile :; do sleep 0.05; done\n";

/// Begins to answer, and does not end when it is asked to; nor does what it started.
fn stubborn(mark: &str) -> String {
    format!(
        "#!/bin/sh\ncat > /dev/null\ntrap '' TERM INT HUP\n\
         setsid sh -c 'trap \"\" TERM; sleep {mark}; sleep {mark}' > /dev/null 2>&1 &\n\
         echo 'The cookies are'\nsleep {mark}\nsleep {mark}\n"
    )
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The command lines of all processes.
fn lives(mark: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let line = |process: fs::DirEntry| fs::read(process.path().join("cmdline")).unwrap_or_default();
    processes.map(line).any(|line| String::from_utf8_lossy(&line).contains(mark))
}

/// The id of the job whose agent has begun to answer, once one has.
fn job(env: &Env) -> String {
    let jobs = env.home().join(".local/state/kb/jobs");
    let begun = || -> Option<fs::DirEntry> {
        let mut jobs = fs::read_dir(&jobs).ok()?.filter_map(Result::ok);
        jobs.find(|job| fs::metadata(job.path().join("stream")).is_ok_and(|stream| stream.len() > 0))
    };
    until("the agent does not begin", || begun().is_some());
    begun().unwrap().file_name().into_string().unwrap()
}

fn ask(env: &Env) -> std::process::Child {
    let mut ask = env.command("ask --agent mine --no-leads where are signed cookies set");
    ask.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: std::process::Child) -> Run {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
}

fn no_home_is_left(env: &Env) -> bool {
    fs::read_dir(env.home().join(".local/state/kb/homes/mine")).unwrap().next().is_none()
}

#[test]
fn a_job_that_is_cancelled_may_save_what_it_needs_and_keeps_what_it_said() {
    let env = Env::shop().agent(SAVES);
    let asking = ask(&env);
    let id = job(&env);
    let cancelled = env.kb(&format!("jobs cancel {id}")).ends_with(0);
    assert!(cancelled.stderr.contains("is cancelled"), "{cancelled}");
    let run = end(asking).ends_with(4);
    assert!(run.stderr.contains("cancelled before it had an answer"), "{run}");
    let shown = env.kb(&format!("jobs show {id} --json")).json();
    assert_eq!(shown["state"], "cancelled");
    assert_eq!(shown["partial"], "The cookies are\nsaved");
    assert!(no_home_is_left(&env));
}

#[test]
fn ctrl_c_ends_the_agent_cleanly_and_says_what_is_kept() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let env = Env::shop().agent(SAVES);
        let asking = ask(&env);
        let id = job(&env);
        Command::new("kill").args([signal, &asking.id().to_string()]).status().unwrap();
        let run = end(asking).ends_with(code);
        assert!(
            run.stderr.contains(&format!("{id} is cancelled; `kb jobs show {id}` prints what it had said")),
            "{run}"
        );
        assert_eq!(env.kb(&format!("jobs show {id} --json")).json()["state"], "cancelled");
        assert!(no_home_is_left(&env));
    }
}

#[test]
fn an_agent_that_does_not_end_is_ended_with_all_that_it_started() {
    let env = Env::shop().agent(&stubborn("31415"));
    let asking = ask(&env);
    let id = job(&env);
    assert!(lives("31415"));
    let began = Instant::now();
    env.kb(&format!("jobs cancel {id}")).ok();
    end(asking).ends_with(4);
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    until("something lives on", || !lives("31415"));
    assert!(no_home_is_left(&env));
}

#[test]
fn nothing_outlives_a_kb_that_is_killed() {
    let env = Env::shop().agent(&stubborn("27182"));
    let mut asking = ask(&env);
    let id = job(&env);
    assert!(lives("27182"));
    asking.kill().unwrap();
    asking.wait().unwrap();
    until("something lives on", || !lives("27182"));
    assert_eq!(env.kb(&format!("jobs show {id} --json")).json()["state"], "interrupted");
}

#[test]
fn an_agent_that_takes_too_long_is_asked_to_end_and_what_it_said_is_kept() {
    let env = Env::shop().agent(SAVES);
    let config = env.home().join(".config/kb/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("timeout = \"1s\"\n{text}")).unwrap();
    let run = env.kb("ask --json --agent mine --no-leads where are signed cookies set").ends_with(4).any_json();
    assert_eq!(run["outcome"], "incomplete");
    let shown = env.kb(&format!("jobs show {} --json", run["job"].as_str().unwrap())).json();
    assert_eq!(shown["partial"], "The cookies are\nsaved");
}

#[test]
fn an_agent_that_holds_too_much_memory_is_ended_at_once_with_what_it_started() {
    // In a process behind it, and in a file without a name that nobody has mapped.
    let pages = "sh -c 'head -c 400000000 /dev/zero; sleep 16180' | tail";
    let file = "python3 -c 'import os, time; file = os.memfd_create(\"x\"); [os.write(file, bytes(1 << 20)) for _ in \
                range(300)]; time.sleep(16180)'";
    // And in one that was removed while it was open.
    let removed = "python3 -c 'import os, time; file = os.open(os.environ[\"HOME\"] + \"/x\", os.O_CREAT | os.O_WRONLY); \
                   os.unlink(os.environ[\"HOME\"] + \"/x\"); [os.write(file, bytes(1 << 20)) for _ in range(300)]; \
                   time.sleep(16180)'";
    let has_python = Command::new("python3").arg("--version").output().is_ok();
    if !has_python {
        cannot_run("there is no python3 to hold files without a name");
    }
    let by_python = [file, removed].into_iter().filter(|_| has_python);
    for takes in std::iter::once(pages).chain(by_python) {
        let env =
            Env::shop().agent(&format!("#!/bin/sh\ncat > /dev/null\ntrap '' TERM\n{takes} > /dev/null\nsleep 16180\n"));
        let config = env.home().join(".config/kb/config.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("memory = \"200M\"\ntimeout = \"20s\"\n{text}")).unwrap();
        let run = env.kb("ask --json --agent mine --no-leads where are signed cookies set").ends_with(4).any_json();
        assert_eq!(run["outcome"], "failed", "{run}");
        assert_eq!(
            run["error"]["message"], "mine was stopped: it held more than 200 MB of memory and files without a name",
            "{run}"
        );
        assert!(run["error"]["hint"].as_str().unwrap().contains("`memory = "), "{run}");
        until("something lives on", || !lives("16180"));
    }
}

#[test]
fn a_job_that_waits_for_its_turn_can_be_cancelled() {
    let env = Env::shop().agent(SAVES);
    let mut asking = env.command("ask --agent mine --no-leads --jobs 1 'where are cookies set' 'where are invoices'");
    let asking = asking.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let first = job(&env);
    let jobs = env.kb("jobs --json").json();
    let ids = jobs["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned());
    let second = ids.into_iter().find(|id| *id != first).unwrap();
    env.kb(&format!("jobs cancel {second}")).ok();
    assert_eq!(env.kb(&format!("jobs show {second} --json")).json()["state"], "cancelled");
    assert_eq!(env.kb(&format!("jobs show {first} --json")).json()["state"], "running");
    env.kb(&format!("jobs cancel {first}")).ok();
    end(asking).ends_with(4);
}

#[test]
fn an_agent_cannot_fill_the_disk() {
    // One file: the kernel stops it. (Sparse: only its length counts.)
    let script = "#!/bin/sh\ncat > /dev/null\n\
        truncate -s 600M \"$HOME/large\" 2> /dev/null || echo 'Refused in `shop/cookies.py:23-25`.'\n";
    let env = Env::shop().agent(script);
    let answer = env.kb("ask --json --agent mine --no-leads where are signed cookies set").json();
    assert!(answer["note"]["body"].as_str().unwrap().contains("Refused"), "{answer}");
}

#[test]
fn an_agent_cannot_hide_what_it_writes() {
    // Deeper than a path can be long.
    let nest = "n=$(printf '%0200d' 1); for i in $(seq 300); do mkdir $n && cd -P $n || break; done";
    let env = Env::shop().agent(&format!("#!/bin/bash\ncat > /dev/null\ncd\n{nest}\nsleep 20\necho done\n"));
    let run = env.kb("ask --json --agent mine --no-leads where are signed cookies set").ends_with(4).any_json();
    let message = run["error"]["message"].as_str().unwrap();
    assert!(message.contains("into its private home, or hid what it wrote"), "{run}");
    assert!(no_home_is_left(&env));
    // One that has ended before anybody looked leaves nothing behind either.
    let env = Env::shop().agent(&format!("#!/bin/bash\ncat > /dev/null\ncd\n{nest}\necho done\nkill -9 $$\n"));
    env.kb("ask --agent mine --no-leads where are signed cookies set").ends_with(4);
    assert!(no_home_is_left(&env));
}

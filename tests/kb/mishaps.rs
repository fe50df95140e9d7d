//! Jobs that go wrong: no answer is lost, nobody else's job suffers, and it is said what happened.

use crate::harness::{Env, cannot_run};
#[cfg(target_os = "linux")]
use crate::stand_in;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A program that answers when there is a file `go` in the repository, or after a while.
const WAITS: &str = "#!/bin/sh\ncat > /dev/null\nn=0\nwhile [ ! -e go ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n+1)); \
                     done\necho 'Set by `save_cookie` in `shop/cookies.py:23-25`.'\n";

/// The folder of a job.
fn folder(env: &Env, id: &str) -> PathBuf {
    env.home().join(".local/state/kb/jobs").join(id)
}

/// The only job, or one of several by its question.
fn job(env: &Env, question: &str) -> serde_json::Value {
    let jobs = env.kb("jobs --json").json();
    let found = jobs["jobs"].as_array().unwrap().iter().find(|job| job["question"].as_str().unwrap() == question);
    found.unwrap_or_else(|| panic!("{jobs}")).clone()
}

/// A minute later than it always is.
fn later(mut command: Command) -> Command {
    command.env("KB_TEST_TIME", "2026-11-24T12:01:00Z");
    command
}

#[test]
fn a_job_that_ended_before_it_could_be_cancelled_says_how() {
    let env = Env::shop();
    let id = env.kb("ask --json where are signed cookies set").json()["job"].as_str().unwrap().to_owned();
    let folder = folder(&env, &id);
    // It runs, as far as anyone can see, and ends when it is asked to stop.
    let done = fs::read_to_string(folder.join("job.json")).unwrap();
    let mut running: serde_json::Value = serde_json::from_str(&done).unwrap();
    running["ended"] = serde_json::Value::Null;
    fs::write(folder.join("job.json"), running.to_string()).unwrap();
    let lock = fs::File::options().write(true).open(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let cancelled = folder.join("cancel");
    let ends = std::thread::spawn(move || {
        while !cancelled.exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        fs::write(folder.join("job.json"), done).unwrap();
        drop(lock);
    });
    let run = env.kb(&format!("jobs cancel {id}")).ends_with(0);
    ends.join().unwrap();
    assert_eq!(run.stderr, format!("{id} ended before it could be cancelled: kept\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_job_that_waits_behind_another_knowledge_base_is_alive() {
    let env = Env::shop().agent("#!/bin/sh\necho 'Nothing to say here, really.'\n");
    env.kb("init ../other").ok();
    let first = env.kb("ask --json --agent mine where are cookies set").json()["job"].as_str().unwrap().to_owned();
    let second = env.kb("ask --json --agent mine --kb ../other where are they read").json();
    let second = second["job"].as_str().unwrap();
    fs::write(env.home().join("mine"), WAITS).unwrap();
    // None of the answers cites: none is reused.
    env.kb(&format!("jobs retry {first} {second} --detach")).ok();
    let until = Instant::now() + Duration::from_secs(20);
    while job(&env, "where are cookies set")["state"] != "running" && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    let jobs = env.run(later(env.command("jobs --json")), "").json();
    let states: Vec<&str> = jobs["jobs"].as_array().unwrap().iter().map(|job| job["state"].as_str().unwrap()).collect();
    assert!(states == ["running", "queued"] || states == ["queued", "running"], "{jobs}");
    fs::write(env.path("go"), "").unwrap();
    env.run(later(env.command(&format!("wait {first} {second} --timeout 60s"))), "").ok();
}

#[cfg(target_os = "linux")]
#[test]
fn jobs_that_wait_for_their_agent_keep_no_others_waiting() {
    let env = Env::shop().agent(WAITS);
    let config = env.home().join(".config/kb/config.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + "jobs = 1\n").unwrap();
    let mut ask = env.command("ask --json --jobs 2 --agent mine,scout");
    ask.args(["where are signed cookies set", "how are invoices printed", "which threads are started"]);
    let mut child = ask.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let rows = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        row["agent"].as_str().unwrap().to_owned()
    });
    let agents: Vec<String> = rows
        .enumerate()
        .inspect(|(number, _)| {
            if *number == 2 {
                fs::write(env.path("go"), "").unwrap();
            }
        })
        .map(|(_, agent)| agent)
        .collect();
    assert_eq!(agents, ["scout", "scout", "scout", "mine", "mine", "mine"]);
    child.wait().unwrap();
}

#[test]
fn a_detached_job_that_cannot_begin_says_why() {
    let env = Env::shop();
    let id = env.kb("ask --json where are signed cookies set").json()["job"].as_str().unwrap().to_owned();
    fs::rename(env.base(), env.path("away")).unwrap();
    env.kb(&format!("--kb away jobs retry {id} --detach")).ok();
    let waited = env.kb(&format!("--kb away wait {id} --timeout 60s --json")).ends_with(4).any_json();
    let job = &waited["jobs"][0];
    assert_eq!(job["state"], "failed", "{job}");
    assert!(job["error"].as_str().unwrap().contains("/shop/notes"), "{job}");
    assert!(job["hint"].as_str().unwrap().contains("kb init"), "{job}");
}

#[test]
fn a_detached_job_that_meets_a_broken_configuration_says_so_and_spares_what_it_cannot_read() {
    let env = Env::shop();
    let id = env.kb("ask --json where are signed cookies set").json()["job"].as_str().unwrap().to_owned();
    let other = env.kb("ask --json how are invoices printed").json()["job"].as_str().unwrap().to_owned();
    let run = |env: &Env| {
        // As it is handed over.
        let text = fs::read_to_string(folder(env, &id).join("job.json")).unwrap();
        let mut record: serde_json::Value = serde_json::from_str(&text).unwrap();
        record["ended"] = serde_json::Value::Null;
        fs::write(folder(env, &id).join("job.json"), record.to_string()).unwrap();
        env.kb(&format!("__jobs --jobs 2 {other} {id}"))
    };
    let config = env.home().join(".config/kb");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "jbos = 3\n").unwrap();
    run(&env).ends_with(3);
    fs::remove_file(config.join("config.toml")).unwrap();
    let ended = job(&env, "where are signed cookies set");
    assert_eq!((&ended["state"], ended["error"].as_str().unwrap().contains("`jbos`")), (&"failed".into(), true));

    fs::write(folder(&env, &other).join("job.json"), "{").unwrap();
    run(&env).ends_with(0);
    assert_eq!(job(&env, "where are signed cookies set")["state"], "reused");
}

#[test]
fn a_job_that_somebody_else_runs_is_said_to_run_and_left_alone() {
    let env = Env::shop();
    let id = env.kb("ask --json where are signed cookies set").json()["job"].as_str().unwrap().to_owned();
    let lock = fs::File::options().write(true).open(folder(&env, &id).join("lock")).unwrap();
    lock.lock().unwrap();
    let before = fs::read_to_string(folder(&env, &id).join("job.json")).unwrap();
    let run = env.kb(&format!("__jobs --jobs 1 {id}")).ends_with(3);
    assert!(run.stderr.contains(&format!("{id} is running")), "{run}");
    assert_eq!(fs::read_to_string(folder(&env, &id).join("job.json")).unwrap(), before);
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_saved_is_a_note_in_the_job_s_folder() {
    let env = Env::shop().agent(&WAITS.replace("n=0", "echo 'It is short.'; n=0"));
    let child = {
        let mut ask = env.command("ask --agent mine where are signed cookies set");
        ask.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let until = Instant::now() + Duration::from_secs(20);
    let jobs = || fs::read_dir(env.home().join(".local/state/kb/jobs")).into_iter().flatten().flatten();
    let works = |job: fs::DirEntry| fs::metadata(job.path().join("stream")).is_ok_and(|stream| stream.len() > 0);
    while !jobs().any(works) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::rename(env.base(), env.path("away")).unwrap();
    fs::write(env.base(), "not a folder").unwrap();
    fs::write(env.path("go"), "").unwrap();
    let run = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(3), "{stderr}");
    fs::remove_file(env.base()).unwrap();
    fs::rename(env.path("away"), env.base()).unwrap();
    let job = job(&env, "where are signed cookies set");
    let kept = folder(&env, job["id"].as_str().unwrap()).join("answer.md");
    assert!(stderr.contains(&format!("the answer is kept in `{}`", kept.display())), "{stderr}");
    let stdout = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(stdout, "It is short.\nSet by `save_cookie` in `shop/cookies.py:23-25`.\n");
    let shown = env.kb(&format!("jobs show {}", job["id"].as_str().unwrap())).ok();
    assert!(shown.contains("  unsaved   /home/.local/state/kb/jobs/"), "{shown}");
    fs::copy(kept, env.base().join("saved.md")).unwrap();
    let note = &env.kb("list --json").json()["notes"][0];
    assert_eq!((&note["question"], &note["status"]), (&"where are signed cookies set".into(), &"fresh".into()));
}

/// Fills a small disk with all that kb keeps while the agent works, and lets the agent answer then.
const FULL: &str = r#"
mount -t tmpfs -o size=3m none "$HOME/.local" || exit 77
"$0" init "$HOME/.local/notes" > /dev/null
"$0" --kb "$HOME/.local/notes" ask --agent mine where are signed cookies set &
n=0
until [ -s "$(echo "$HOME"/.local/state/kb/jobs/*/stream)" ] || [ $n -gt 200 ]; do sleep 0.1; n=$((n+1)); done
cat /dev/zero > "$HOME/.local/zero" 2> /dev/null
touch go
wait $!
code=$?
"$0" jobs show "$(basename "$HOME"/.local/state/kb/jobs/*)"
exit $code
"#;

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_the_answer_is_printed_and_the_job_says_why() {
    let env = Env::shop().agent(&WAITS.replace("n=0", "echo 'It is short.'; n=0"));
    fs::create_dir_all(env.home().join(".local")).unwrap();
    let kb = env.command("");
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", FULL]).arg(kb.get_program());
    unshare.envs(kb.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(env.here());
    let run = match Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).status() {
        Ok(status) if status.success() => env.run(unshare, ""),
        _ => return cannot_run("a disk of one's own cannot be mounted here"),
    };
    assert!(run.stdout.contains("Set by `save_cookie` in `shop/cookies.py:23-25`."), "{run}");
    assert!(run.stdout.contains("failed") && !run.stdout.contains("interrupted"), "{run}");
    assert!(run.stderr.contains("No space left on device"), "{run}");
    run.ends_with(3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_session_that_is_called_like_a_job_is_gone_on_in() {
    let env = Env::shop();
    let answers = r#"case "$*" in *--resume*) text="The session goes on." ;; *) text="Nothing is here." ;; esac"#;
    let env = stand_in::claude(env, answers);
    let program = env.home().join("bin/claude");
    let script = fs::read_to_string(&program).unwrap().replace("s1", "j-s1");
    fs::write(&program, script).unwrap();
    let ask = |line: &str| stand_in::kb(&env, &format!("ask --json --no-leads --no-mend --agent claude {line}")).json();
    let first = ask("where are signed cookies set");
    assert_eq!(first["note"]["agent"]["session"], "j-s1", "{first}");
    // Each command tidies what killed jobs left.
    let second = ask(&format!("--follow {} 'and who reads them'", first["note"]["id"].as_str().unwrap()));
    assert!(second["note"]["body"].as_str().unwrap().contains("The session goes on"), "{second}");
}

#[cfg(target_os = "linux")]
#[test]
fn two_follow_ups_at_once_both_have_an_answer() {
    let env = Env::shop();
    let program = env.home().join("bin/claude");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    let script = r#"#!/bin/sh
told=$(cat)
session=s-$KB_JOB
case "$*" in *--resume*) session=s-first; sleep 2 ;; esac
case "$told" in *"The first answer"*) text="With the note" ;; *) text="The first answer" ;; esac
mkdir -p ~/.claude/projects/x && echo '{}' >> ~/.claude/projects/x/s.jsonl
printf '%s\n' '{"type":"system","subtype":"init","session_id":"'$session'","model":"m"}'
printf '%s\n' '{"type":"assistant","session_id":"'$session'","parent_tool_use_id":null,"message":{"id":"a","model":"m","content":[{"type":"text","text":"'"$text"' is here."}]}}'
printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"stop_reason":"end_turn","session_id":"'$session'","modelUsage":{"m":{"inputTokens":1,"outputTokens":1}}}'
"#;
    fs::write(&program, script).unwrap();
    std::process::Command::new("chmod").arg("700").arg(&program).status().unwrap();
    let ask = |line: &str| {
        let mut command = env.command(&format!("ask --json --no-leads --agent claude {line}"));
        command.env("PATH", format!("{}/bin:{}", env.home().display(), std::env::var("PATH").unwrap()));
        env.run(command, "")
    };
    let first = ask("where are signed cookies set").json();
    let id = first["note"]["id"].as_str().unwrap();
    let run = ask(&format!("--follow {id} 'and who reads them' 'and who signs them'")).ends_with(0);
    let rows: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.iter().all(|row| row["outcome"] == "kept"), "{run}");
    assert!(rows.iter().any(|row| row["note"]["body"].as_str().unwrap().contains("With the note")), "{run}");
    assert!(run.stderr.contains("kb: another job goes on in that session: the note goes along"), "{run}");
}

#[test]
fn a_folder_that_is_not_there_is_said_before_anything_is_asked() {
    let env = Env::shop();
    let run = env.kb("ask --repo nowhere where are signed cookies set").ends_with(3);
    assert!(run.stderr.starts_with("kb: cannot open `nowhere`: "), "{run}");
    env.kb("ask --repo README.md where are signed cookies set").ends_with(2);
    assert_eq!(env.kb("jobs --json").json()["total"], 0);
}

#[test]
fn who_names_an_agent_that_is_not_there_is_said() {
    let env = Env::shop();
    let config = env.home().join(".config/kb");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "agent = \"cluade\"\n").unwrap();
    let run = env.kb("ask where are signed cookies set").ends_with(2);
    let said = "kb: there is no agent called `cluade`: your `config.toml` names it\nhint: did you mean `claude`?\n";
    assert_eq!(run.stderr, said);
    let run = env.kb("ask --agent cluade where are signed cookies set").ends_with(2);
    assert!(run.stderr.starts_with("kb: there is no agent called `cluade`\n"), "{run}");
}

#[test]
fn agents_are_listed_where_no_knowledge_base_can_be_made() {
    let env = Env::without_base().file("file", "");
    let mut agents = env.command("agents");
    agents.env("XDG_DATA_HOME", env.path("file"));
    let run = env.run(agents, "").ends_with(0);
    assert!(run.stdout.contains("* scout  ") && run.stderr.starts_with("kb: cannot make"), "{run}");
}

//! Agents of the user's own, asked from the command line, behind the wall.

use crate::harness::Env;
#[cfg(target_os = "linux")]
use crate::{harness::cannot_run, stand_in};
#[cfg(target_os = "linux")]
use kb::sandbox::{NOT_STANDING, Sandbox, Wall};
#[cfg(target_os = "linux")]
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
#[cfg(target_os = "linux")]
use std::{path::Path, process::Command};

#[cfg(target_os = "linux")]
#[test]
fn a_program_of_one_s_own_answers_and_changes_nothing() {
    let script = "#!/bin/sh\ncat > /dev/null\ntouch shop/planted 2> /dev/null && echo planted\n\
                  ls ~/.secret 2> /dev/null && echo read\necho '# Cookies'\necho\n\
                  echo 'Set by `save_cookie` in `shop/cookies.py:23-25`.'\n";
    let env = Env::shop().agent(script);
    fs::write(env.home().join(".secret"), "x").unwrap();

    let answer = env.kb("ask --json --agent mine where are signed cookies set").json();
    assert_eq!(answer["outcome"], "kept");
    assert_eq!(answer["citations"][0]["path"], "shop/cookies.py");
    let note = env.only_note();
    assert!(note.contains("agent: mine\n") && note.contains("wall: namespaces\n"), "{note}");
    assert!(!note.contains("planted") && !note.contains("read\n"), "{note}");
    assert!(!env.path("shop/planted").exists());
}

#[test]
fn a_kb_that_an_agent_starts_asks_nobody() {
    let env = Env::shop();
    let first = env.kb("ask --json where are signed cookies set").json();
    let (job, note) = (first["job"].as_str().unwrap(), first["note"]["id"].as_str().unwrap());
    for line in [
        "ask --fresh where are signed cookies set".to_owned(),
        "ask --dry-run where are signed cookies set".to_owned(),
        "agents check scout".to_owned(),
        format!("jobs retry {job}"),
        format!("jobs retry {job} --detach"),
        format!("refresh {note}"),
    ] {
        let mut command = env.command(&line);
        command.env("KB_JOB", "j-outer");
        let run = env.run(command, "").ends_with(2);
        assert!(run.stderr.contains("inside its own job j-outer"), "{line}: {run}");
    }
    let jobs = env.kb("jobs --json").json();
    assert_eq!((&jobs["total"], &jobs["jobs"][0]["state"]), (&1.into(), &"kept".into()), "as it was");
}

#[test]
fn a_dry_run_shows_what_would_be_told_and_asks_nobody() {
    let env = Env::shop();
    let plan = env.kb("ask --dry-run --json --agent scout where are signed cookies set").json();
    assert_eq!(plan["agent"], "scout");
    assert!(plan["prompt"].as_str().unwrap().contains("where are signed cookies set"), "{plan}");
    assert!(env.notes().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn scout_stands_behind_the_wall_and_remembers_there() {
    let env = Env::shop().file("app.py", "def set_signed_cookie(response):\n    return response\n");
    let wall = env.kb("agents --json").json()["wall"].clone();
    let plan = env.kb("ask --dry-run --json --agent scout where are signed cookies set").json();
    assert_eq!((&plan["wall"], &plan["variables"], &plan["hosts"]), (&wall, &json!([]), &json!([])));
    let home = env.home().to_string_lossy().into_owned();
    assert!(plan["read"].as_array().unwrap().iter().all(|path| !path.as_str().unwrap().starts_with(&home)), "{plan}");
    env.kb("ask --agent scout where are signed cookies set").ok();
    let note = env.only_note();
    assert!(note.contains(&format!("wall: {}\n", wall.as_str().unwrap())), "{note}");
    let memories = fs::read_dir(env.home().join(".cache/kb/scout")).unwrap();
    let memories: Vec<_> = memories.map(|memory| memory.unwrap().path().join("facts")).collect();
    assert!(matches!(memories.as_slice(), [facts] if facts.is_file()), "{memories:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn scout_answers_behind_each_wall() {
    let env = Env::shop().file("app.py", "def set_signed_cookie(response):\n    return response\n");
    let kb = Path::new(env!("CARGO_BIN_EXE_kb"));
    let mut stood = Vec::new();
    for wall in [Wall::Namespaces, Wall::Bubblewrap, Wall::Files] {
        let memory = env.home().join(format!("{wall:?}"));
        fs::create_dir(&memory).unwrap();
        let sandbox = Sandbox {
            folder: env.here(),
            read: vec![env.here(), kb.to_owned()],
            write: vec![memory.clone()],
            ..Sandbox::default()
        };
        let entry = sandbox.enter(wall, kb, &[kb.into(), "__scout".into()]).unwrap();
        let mut command = Command::new(&entry.command[0]);
        command.args(&entry.command[1..]).env_clear().envs(entry.environment).current_dir(env.here());
        let request = json!({"question": "where are signed cookies set", "root": env.here(), "cache": &memory});
        let run = env.run(command, request.to_string());
        if run.code == Some(NOT_STANDING.into()) {
            continue;
        }
        stood.push(wall);
        assert!(run.stdout.contains("set_signed_cookie") && memory.join("facts").is_file(), "{wall:?}: {run}");
    }
    if stood.is_empty() {
        cannot_run("no wall stands here");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn scout_answers_where_no_wall_can_be_built() {
    let run = Env::shop().kb("ask --repo /etc where is the home of root");
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_trial_tells_whether_an_agent_answers_and_keeps_nothing() {
    let env = Env::shop().agent("#!/bin/sh\ncat > /dev/null\necho 'The word is heron, in `hello.txt:1`.'\n");
    let tried = env.kb("agents check mine --json").json();
    assert_eq!(tried["outcome"], "tried");
    assert!(tried["answer"].as_str().unwrap().contains("heron"), "{tried}");
    assert_eq!(tried["changed_meanwhile"], json!([]), "kb wrote the file itself, right before");
    assert!(env.notes().is_empty());
    let run = env.kb("agents check mime").ends_with(2);
    assert!(run.stderr.contains("did you mean `mine`?"), "{run}");
    assert_eq!(env.kb("jobs --json").json()["total"], 0, "a trial is no job to come back to");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_cannot_start_behind_the_wall_says_what_to_add() {
    let env = Env::shop().agent("#!/nowhere/interpreter\n");
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(4);
    assert!(run.stderr.contains("behind the wall") && run.stderr.contains("`read = ["), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_agent_s_reason_is_said_once() {
    let env = Env::shop().agent("#!/bin/sh\ncat > /dev/null\necho 'no api key' >&2\nexit 1\n");
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(4);
    assert_eq!(run.stderr.matches("no api key").count(), 1, "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_ends_its_last_line() {
    let answers = "#!/bin/sh\ncat > /dev/null\nprintf 'NOT FOUND: no cookies in `shop/app.py:1`, nor elsewhere.'\n";
    let env = Env::shop().agent(answers);
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(1);
    assert!(run.stdout.ends_with("elsewhere.\n"), "{run}");
    let run = env.kb("agents check mine");
    assert!(run.stdout.ends_with("elsewhere.\n"), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_host_that_is_none_is_an_error_of_the_configuration() {
    let env = Env::shop().agent("#!/bin/sh\n");
    let config = env.home().join(".config/kb/config.toml");
    let text = fs::read_to_string(&config).unwrap() + "hosts = [\"no host\"]\n";
    fs::write(&config, text).unwrap();
    let run = env.kb("list").ends_with(3);
    assert!(run.stderr.contains("`no host` in `agents.mine.hosts`"), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn questions_asked_together_with_an_expired_login_wait_for_its_renewal_not_for_each_other() {
    let renews = r#"
file=~/.claude/.credentials.json
if grep -q '"refreshToken": *"r0"' $file; then
    sleep 0.3
    echo '{"claudeAiOauth":{"accessToken":"a1","refreshToken":"r1","expiresAt":1900000000000}}' > $file.new
    mv $file.new $file
    sleep 2
fi
text='# Cookies^^Set in `shop/cookies.py:23-25`.'"#;
    let env = stand_in::claude(Env::shop(), renews);
    let login = env.home().join(".claude/.credentials.json");
    fs::create_dir_all(login.parent().unwrap()).unwrap();
    fs::write(&login, r#"{"claudeAiOauth":{"accessToken":"a0","refreshToken":"r0","expiresAt":1}}"#).unwrap();
    let begun = std::time::Instant::now();
    let line = "ask --no-leads --agent claude 'where are cookies set' 'who signs cookies' 'what signs a cookie'";
    stand_in::kb(&env, line).ends_with(0);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert_eq!(env.notes().len(), 3);
    assert!(fs::read_to_string(&login).unwrap().contains("r1"));
}

#[test]
fn a_login_of_any_shape_is_seen() {
    let env = Env::shop();
    let login = |name: &str, file: &str, text: &str| {
        let file = env.home().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        let agents = env.kb("agents --json").json();
        let all = agents["agents"].as_array().unwrap();
        all.iter().find(|agent| agent["name"] == name).unwrap()["logged_in"].clone()
    };
    let copilot = ".copilot/config.json";
    assert_eq!(login("copilot", copilot, r#"{"theme": "dark", "copilotTokens": {}}"#), "no");
    assert_eq!(login("copilot", copilot, r#"{"copilotTokens": {"https://github.com:octocat": "gho_x"}}"#), "yes");
    let opencode = ".local/share/opencode/auth.json";
    assert_eq!(login("opencode", opencode, "{}"), "no");
    assert_eq!(login("opencode", opencode, r#"{"x": {"type": "oauth", "refresh": "r", "access": "a"}}"#), "yes");
}

#[test]
fn who_is_asked_by_default_is_the_one_that_is_marked_and_it_says_why() {
    let env = Env::shop();
    let default = |env: &Env, variable: &str| {
        let mut command = env.command("agents --json");
        command.env("KB_AGENT", variable);
        let agents = env.run(command, "").json();
        let all = agents["agents"].as_array().unwrap();
        let found = all
            .iter()
            .find(|agent| agent["default"] == true)
            .map(|agent| (agent["name"].as_str().unwrap().to_owned(), agent["why"].as_str().unwrap().to_owned()));
        found.unwrap_or_default()
    };
    let is = |found: (String, String), name: &str, why: &str| {
        assert!(found.0 == name && found.1.ends_with(why), "{found:?}");
    };
    is(default(&env, ""), "scout", "ready; `auto` means this one, the first that is ready");

    // Codex would be the first that is ready.
    let codex = env.home().join("bin/codex");
    fs::create_dir_all(codex.parent().unwrap()).unwrap();
    fs::write(&codex, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&codex, fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir_all(env.home().join(".codex")).unwrap();
    fs::write(env.home().join(".codex/auth.json"), r#"{"OPENAI_API_KEY": "k"}"#).unwrap();
    let env = env.file("notes/kb.toml", "kb = 1\nagent = \"scout\"\n");
    is(default(&env, ""), "scout", "the `kb.toml` of this knowledge base names it");
    let config = env.home().join(".config/kb");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "agent = \"claude\"\n").unwrap();
    is(default(&env, ""), "claude", "your `config.toml` names it");
    is(default(&env, "scout"), "scout", "`KB_AGENT` names it");
    assert_eq!(default(&env, "nobody").0, "", "who is not there is not marked");
}

#[test]
fn several_answers_say_whose_they_are_and_to_what() {
    let env = Env::shop();
    let run = env.kb("ask 'where are signed cookies set' 'how are invoices printed'").ok();
    let headings: std::collections::BTreeSet<&str> = run.lines().filter(|line| line.starts_with("==> ")).collect();
    let expected = ["==> scout: how are invoices printed <==", "==> scout: where are signed cookies set <=="];
    assert_eq!(headings, expected.into());
    assert!(!env.kb("ask --fresh how are invoices printed").ok().contains("==>"), "one needs none");
}

#[cfg(target_os = "linux")]
#[test]
fn the_last_lines_that_a_program_says_are_told_and_it_says_no_more_than_is_read() {
    let env = Env::shop().agent("#!/bin/sh\nfor n in one two three four; do echo \"line $n\" >&2; done\nexit 7\n");
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(4);
    assert!(run.stderr.contains("(exit code 7): line two / line three / line four\n"), "{run}");
    let env = Env::shop().agent("#!/bin/sh\nexec yes 'this is much too long for anybody' >&2\n");
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(4);
    assert!(run.stderr.contains("ended without an answer"), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_host_that_cannot_be_reached_is_named_and_so_is_the_user_s_proxy() {
    let env = Env::shop().agent("#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/8118; printf 'CONNECT api.example.com:443 HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3 >&2; exit 3\n",
    );
    let config = env.home().join(".config/kb/config.toml");
    let text = fs::read_to_string(&config).unwrap() + "hosts = [\"api.example.com\"]\n";
    fs::write(&config, text).unwrap();
    let mut command = env.command("ask --agent mine where are signed cookies set");
    command.env("HTTPS_PROXY", "http://127.0.0.1:9");
    let run = env.run(command, "").ends_with(4);
    let said = "`api.example.com:443` could not be reached through the proxy `127.0.0.1:9`: Connection refused";
    assert!(run.stderr.contains(said) && run.stderr.contains("hint: check that proxy (`HTTPS_PROXY`)"), "{run}");
}

/// What kb advises when a user's program ends without an answer.
#[cfg(target_os = "linux")]
fn advice(folder: &str, script: &str) -> String {
    let env = Env::shop();
    let program = env.home().join(folder).join("mine");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::create_dir_all(env.home().join(".ssh")).unwrap();
    let home = env.home().display().to_string();
    fs::write(&program, script.replace("HOME_FOLDER", &home)).unwrap();
    fs::write(env.home().join(".ssh/id"), "x").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let config = env.home().join(".config/kb");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), format!("[agents.mine]\ncommand = [\"{}\"]\n", program.display())).unwrap();
    let tool = env.home().join(".asdf/bin/asdf");
    fs::create_dir_all(tool.parent().unwrap()).unwrap();
    fs::write(&tool, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o700)).unwrap();
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(4);
    let hint = run.stderr.lines().find_map(|line| line.strip_prefix("hint: ")).map(str::to_owned);
    hint.unwrap_or_else(|| panic!("{run}"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_lacks_something_behind_the_wall_says_what_to_let_through() {
    let shim = advice(".asdf/shims", "#!/bin/sh\nexec HOME_FOLDER/.asdf/bin/asdf exec mine\n");
    assert!(shim.contains(r#"`read = ["~/.asdf"]`, `env = ["ASDF_DIR", "ASDF_DATA_DIR"]` under"#), "{shim}");
    // Its folder is around `bin`, and it need not say what it misses there.
    let silent = advice(".volta/bin", "#!/bin/sh\nexit 1\n");
    assert!(silent.contains(r#"`read = ["~/.volta"]`, `env = ["VOLTA_HOME"]` under"#), "{silent}");
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_is_advised_to_show_a_program_what_it_only_asks_for() {
    let asks = advice("bin", "#!/bin/sh\ncat HOME_FOLDER/.ssh/id\necho HOME_FOLDER/.ssh/id: not found >&2\nexit 1\n");
    assert!(!asks.contains(".ssh"), "{asks}");
}

/// A program of this name on the path, which ends without a word.
#[cfg(target_os = "linux")]
fn with_named(env: Env, name: &str) -> Env {
    let program = env.home().join("bin").join(name);
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, "#!/bin/sh\ncat > /dev/null\nexec sleep 60\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    env
}

#[cfg(target_os = "linux")]
#[test]
fn who_cannot_be_asked_yet_is_listed_with_what_to_do_first() {
    let env = with_named(Env::shop(), "codex");
    let agents = stand_in::kb(&env, "agents --json").json();
    let of = |name: &str| {
        let all = agents["agents"].as_array().unwrap();
        let agent = all.iter().find(|agent| agent["name"] == name).unwrap();
        (agent["why"].as_str().unwrap().to_owned(), agent["next"].as_str().map(str::to_owned))
    };
    let log_in = "run `codex login`, or set `CODEX_API_KEY`";
    assert_eq!(of("codex"), (format!("installed; not logged in: {log_in}"), Some(log_in.to_owned())));
    assert_eq!(of("scout").1, None);
    let (why, next) = of("opencode");
    if next.is_some() {
        assert_eq!(why, "not installed: `npm install -g opencode-ai`");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn who_is_asked_without_a_login_is_told_so_at_once() {
    let env = with_named(Env::shop(), "codex");
    let config = env.home().join(".config/kb");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "timeout = \"1s\"\n").unwrap();
    let line = "ask --no-leads --agent codex where are signed cookies set";
    let run = stand_in::kb(&env, line).ends_with(4);
    let said = "kb: codex does not look logged in: run `codex login`, or set `CODEX_API_KEY`\n";
    assert_eq!(run.stderr.lines().nth(1).map(|line| format!("{line}\n")).as_deref(), Some(said), "{run}");
    assert!(
        run.stderr.contains("codex was stopped after 1 s; it does not look logged in\nhint: run `codex login`"),
        "{run}"
    );
    // Its settings name a service that may know everybody.
    fs::create_dir_all(env.home().join(".codex")).unwrap();
    let own = "model_provider = \"own\"\n[model_providers.own]\nbase_url = \"http://10.1.2.3:9/v1\"\n";
    fs::write(env.home().join(".codex/config.toml"), own).unwrap();
    let run = stand_in::kb(&env, line).ends_with(4);
    assert!(!run.stderr.contains("logged in"), "{run}");
    assert!(
        run.stderr
            .starts_with("codex answers: Codex CLI; what it reads is sent to `10.1.2.3:9`, as its own settings say\n"),
        "{run}"
    );
}

#[test]
fn a_dry_run_says_which_flags_do_not_hold() {
    let env = Env::shop().agent("#!/bin/sh\n");
    let run = env.kb("ask --dry-run --agent mine --max-cost 0.5 where are signed cookies set").ends_with(0);
    assert_eq!(run.stderr, "kb: mine cannot be told that: `--max-cost` does not hold for it\n", "{run}");
}

/// What is advised of a program that says this on standard error and fails.
#[cfg(target_os = "linux")]
fn advised(line: &str, said: &str) -> String {
    let env = Env::shop().agent(&format!("#!/bin/sh\ncat > /dev/null\ncat >&2 << 'END'\n{said}\nEND\nexit 1\n"));
    let mut command = env.command(line);
    command.env("MY_KEY", "x").env("OTHER_KEY", "x");
    let run = env.run(command, "").ends_with(4);
    let hint = run.stderr.lines().find_map(|line| line.strip_prefix("hint: ")).map(str::to_owned);
    hint.unwrap_or_else(|| panic!("{run}"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_trial_names_the_variables_and_hosts_that_a_program_misses() {
    let check = "agents check mine";
    let hint = advised(check, "mine: MY_KEY is not set\nOTHER_KEY is something else\nHOME is not set");
    assert!(hint.contains("write `env = [\"MY_KEY\"]` under `[agents.mine]` in your"), "{hint}");
    let hint = advised(check, "curl: (6) Could not resolve host: gw.example.com");
    assert!(hint.contains("write `hosts = [\"gw.example.com\"]` under"), "{hint}");
    let hint = advised(check, "  File \"socket.py\", in getaddrinfo\nsocket.gaierror: [Errno -2] Name not known");
    assert!(!hint.contains("hosts ="), "{hint}");
    // What is not set outside either is not the wall's doing; what an agent says of code may be the code's words.
    assert!(!advised(check, "YOUR_KEY is not set").contains("env ="));
    let hint = advised("ask --agent mine where are cookies set", "MY_KEY is not set");
    assert!(hint.ends_with("`kb agents check mine` tries it") && !hint.contains("MY_KEY"), "{hint}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_was_killed_is_no_bug_of_kb() {
    let env = Env::shop().agent("#!/bin/sh\ncat > /dev/null\nkill -9 $$\n");
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(4);
    assert!(
        run.stderr.contains("kb: mine ended without an answer (ended by signal 9)\nhint: something ended"),
        "{run}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn who_answers_without_looking_is_not_asked_again() {
    let env = with_named(Env::shop(), "codex");
    let says = r#"#!/bin/sh
cat > /dev/null
printf '%s\n' '{"type":"thread.started","thread_id":"s1"}' '{"type":"turn.started"}'
printf '%s\n' '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"They are set somewhere."}}'
printf '%s\n' '{"type":"turn.completed","usage":{"input_tokens":1,"cached_input_tokens":0,"output_tokens":1}}'
"#;
    fs::write(env.home().join("bin/codex"), says).unwrap();
    let row = stand_in::kb(&env, "ask --json --no-leads --agent codex where are cookies set").ends_with(4).any_json();
    assert_eq!(
        (&row["outcome"], &row["error"]["message"]),
        (&"incomplete".into(), &"codex answered without looking at anything".into())
    );
    assert_eq!(row["error"]["hint"], "nothing was saved; another agent can be asked: `--agent scout`");
    let shown = env.kb(&format!("jobs show {} --json", row["job"].as_str().unwrap())).json();
    assert_eq!(shown["partial"], "They are set somewhere.");
}

//! Where an agent's words go: what it may reach is what is said, and what it was refused is told.

use crate::harness::{Env, Run};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

/// A program `claude` that does this.
fn with_claude(script: &str) -> Env {
    let env = Env::shop();
    let program = env.home().join("bin/claude");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    env
}

fn configure(env: &Env, text: &str) {
    let config = env.home().join(".config/kb/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let before = fs::read_to_string(&config).unwrap_or_default();
    fs::write(config, before + text).unwrap();
}

/// Runs kb where `claude` is on the path, with one more variable.
fn kb(env: &Env, line: &str, (name, value): (&str, &str)) -> Run {
    let mut command = env.command(line);
    command.env("PATH", format!("{}/bin:{}", env.home().display(), std::env::var("PATH").unwrap()));
    command.env(name, value);
    env.run(command, "")
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_that_a_variable_names_is_where_the_code_goes() {
    let env = with_claude("#!/bin/sh\nexit 1\n");
    let gateway = ("ANTHROPIC_BASE_URL", "http://10.1.2.3:99/v1");
    let line = "ask --agent claude --no-leads where are signed cookies set";
    let plan = kb(&env, &format!("{line} --dry-run --json"), gateway).json();
    let all = |name: &str| plan[name].as_array().unwrap().iter().map(|x| x.as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(all("hosts"), ["10.1.2.3:99", "api.anthropic.com", "platform.claude.com"]);
    assert!(all("variables").contains(&"HTTPS_PROXY") && all("variables").contains(&"no_proxy"), "{plan}");
    let told = "Claude Code; what it reads is sent to `10.1.2.3:99`, as `ANTHROPIC_BASE_URL` says";
    let agents = kb(&env, "agents --json", gateway).json();
    assert!(agents["agents"][0]["about"].as_str().unwrap() == told, "{agents}");
    let run = kb(&env, line, gateway).ends_with(4);
    assert!(run.stderr.starts_with(&format!("claude answers: {told}\n")), "{run}");
    let usual = kb(&env, line, ("X", "")).stderr;
    assert!(usual.starts_with("claude answers: Claude Code; what it reads is sent to Anthropic\n"), "{usual}");
}

#[test]
fn a_program_of_one_s_own_says_which_hosts_it_has() {
    let env = Env::shop().agent("#!/bin/sh\n");
    let about = |env: &Env| {
        let agents = env.kb("agents --json").json();
        agents["agents"].as_array().unwrap().last().unwrap()["about"].as_str().unwrap().to_owned()
    };
    assert!(about(&env).ends_with("a program of your own; it has no network"), "{}", about(&env));
    configure(&env, "hosts = [\"127.0.0.1:11434\", \"example.com\"]\n");
    assert!(about(&env).ends_with("what it reads may go to `127.0.0.1:11434`, `example.com`"), "{}", about(&env));
}

#[cfg(target_os = "linux")]
#[test]
fn a_proxy_that_kb_cannot_go_through_is_not_gone_past() {
    let env = Env::shop().agent("#!/bin/sh\necho asked\n");
    let ask = "ask --agent mine where are signed cookies set";
    let socks = ("HTTPS_PROXY", "socks5://user:secret@proxy.example:1080");
    // Without a network it does not matter.
    kb(&env, ask, socks).ends_with(0);
    configure(&env, "hosts = [\"example.com\"]\n");
    let run = kb(&env, &format!("{ask} again"), socks).ends_with(3);
    assert!(run.stderr.contains("the proxy that `HTTPS_PROXY` names cannot be used"), "{run}");
    assert!(run.stderr.contains("hint: set `HTTPS_PROXY` to an `http://` proxy"), "{run}");
    assert!(!run.stderr.contains("secret"), "{run}");
}

/// Lines of bash that open a way through the proxy to `$1` as descriptor 3.
const TUNNEL: &str = r#"tunnel() {
  address=${HTTPS_PROXY#http://}
  exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
  printf 'CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n' "$1" "$1" >&3
  while IFS= read -r line <&3 && [ "$line" != $'\r' ]; do :; done
}
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_host_that_was_refused_is_named_with_what_lets_it_through() {
    let env = Env::shop().agent(&format!("#!/bin/bash\n{TUNNEL}tunnel telemetry.example:443\nexit 1\n"));
    configure(&env, "hosts = [\"example.com\"]\n");
    let run = env.kb("ask --agent mine where are signed cookies set").ends_with(4);
    assert!(run.stderr.contains("; it was not let through to `telemetry.example:443`\n"), "{run}");
    let hint = "`hosts = [\"telemetry.example\"]` under `[agents.mine]` in your `config.toml`";
    assert!(run.stderr.contains(hint), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_certificate_that_seems_unknown_costs_nothing_that_was_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            let mut chunk = [0; 64];
            let count = stream.read(&mut chunk).unwrap_or(0);
            let _ = stream.write_all(&chunk[..count]);
            let _ = stream.read(&mut chunk);
        }
    });
    // Twice the beginning of a greeting, an answer, and the end.
    let said = r#"{"type":"assistant","session_id":"s","message":{"id":"a","model":"m","content":[{"type":"text","text":"It is set by"}]}}"#;
    let script = format!(
        "#!/bin/bash\n{TUNNEL}for n in 1 2; do tunnel 127.0.0.1:{port}; printf '\\026\\003' >&3; read -r -n 1 -u 3; exec 3>&-; done\nsleep 1\necho '{said}'\n"
    );
    let env = with_claude(&script);
    configure(&env, &format!("[agents.claude]\nhosts = [\"127.0.0.1:{port}\"]\n"));
    let row = kb(&env, "ask --json --agent claude --no-leads where are cookies set", ("X", "")).ends_with(4).any_json();
    let message = row["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("it hung up on `127.0.0.1:{port}` again and again")), "{row}");
    assert_eq!((&row["outcome"], &row["error"]["code"]), (&"incomplete".into(), &"certificate".into()), "{row}");
    let shown = env.kb(&format!("jobs show {} --json", row["job"].as_str().unwrap())).json();
    assert!(shown["partial"].as_str().unwrap().contains("It is set by"), "{shown}");
}

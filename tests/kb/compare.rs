//! Several notes side by side: what all of them cite, and what only one does.

use crate::harness::Env;
use std::fs;

/// A shop, and three answers of agents that read it.
fn answers() -> (Env, Vec<String>) {
    let env = Env::shop();
    let mut ids = Vec::new();
    for (name, body) in [
        ("one", "`save_cookie` does it (`shop/cookies.py:23-25`), asked by `shop/app.py:20-24`."),
        ("two", "The class (`shop/cookies.py:13-26`) does it. The key: `shop/app.py:11`."),
        ("three", "See `shop/cookies.py:24`, then `shop/app.py:22`. Not `shop/gone.py:1`."),
    ] {
        let added = env.kb_reads(&format!("add --json --repo . --title {name}"), body).json();
        ids.push(added["note"]["id"].as_str().unwrap().to_owned());
    }
    (env, ids)
}

#[test]
fn what_all_cite_comes_first_and_what_one_cites_last() {
    let (env, ids) = answers();
    let text = env.kb(&format!("compare {} {}", ids[0], ids[1])).ok();
    let text = text.replace(&ids[0], "ONE").replace(&ids[1], "TWO");
    insta::assert_snapshot!(text, @"
    ONE  no agent  one
    TWO  no agent  two

    both cite
      shop/cookies.py:23-25 in SignedCookies.save_cookie

    only ONE cites
      shop/app.py:20-24 in Shop

    only TWO cites
      shop/app.py:11 in Shop.__init__
    ");
    let text = env.kb(&format!("compare {}", ids.join(" "))).ok();
    let text = text.replace(&ids[0], "ONE").replace(&ids[1], "TWO").replace(&ids[2], "THREE");
    insta::assert_snapshot!(text, @"
    ONE  no agent  one
    TWO  no agent  two
    THREE  no agent  three

    all cite
      shop/cookies.py:24 in SignedCookies.save_cookie

    ONE, THREE cite
      shop/app.py:22 in Shop.handle

    only TWO cites
      shop/app.py:11 in Shop.__init__

    only THREE cites
      shop/gone.py:1  broken
    ");
}

#[test]
fn places_are_compared_where_they_stand_now() {
    let (env, ids) = answers();
    let code = fs::read_to_string(env.path("shop/cookies.py")).unwrap();
    let env = env.file("shop/cookies.py", format!("# Cookies.\n\n{code}")).commit("a comment");
    let late = env.kb_reads("add --json --repo . --title late", "`shop/cookies.py:25-27` does it.").json();
    let late = late["note"]["id"].as_str().unwrap();
    let view = env.kb(&format!("compare --json {} {late}", ids[0])).json();
    let place = &view["places"][0];
    assert_eq!(place["cited_by"], serde_json::json!([ids[0], late]), "{view}");
    assert_eq!((&place["path"], &place["first"], &place["last"]), (&"shop/cookies.py".into(), &25.into(), &27.into()));
    assert_eq!((&place["in"], &place["status"]), (&"SignedCookies.save_cookie".into(), &"fresh".into()));
    assert_eq!(place["citations"][0]["first"], 23, "a citation is as its note has it: {view}");
    assert_eq!(view["notes"][1]["id"], late);
}

#[test]
fn the_same_folder_of_another_repository_is_another_place() {
    let (env, ids) = answers();
    let elsewhere = env.home().join("shop");
    fs::create_dir_all(elsewhere.join("shop")).unwrap();
    fs::copy(env.path("shop/cookies.py"), elsewhere.join("shop/cookies.py")).unwrap();
    let mut add = env.command("add --json --title copy");
    add.arg("--repo").arg(&elsewhere);
    let copy = env.run(add, "`shop/cookies.py:23-25`").json();
    let copy = copy["note"]["id"].as_str().unwrap();
    let view = env.kb(&format!("compare --json {} {copy}", ids[0])).json();
    assert!(view["places"].as_array().unwrap().iter().all(|place| place["cited_by"].as_array().unwrap().len() == 1));
    // A part of the same repository is the same.
    let part = env.kb_reads("add --json --repo shop --title part", "`cookies.py:23-25`").json();
    let view = env.kb(&format!("compare --json {} {}", ids[0], part["note"]["id"].as_str().unwrap())).json();
    assert_eq!(view["places"][0]["cited_by"].as_array().unwrap().len(), 2, "{view}");
}

#[test]
fn one_note_is_nothing_to_compare() {
    let (env, ids) = answers();
    env.kb(&format!("compare {}", ids[0])).ends_with(2);
    env.kb(&format!("compare {0} {0}", ids[0])).ends_with(2);
    env.kb(&format!("compare {} zzz", ids[0])).ends_with(1);
}

/// A user whose configuration names two programs that answer.
#[cfg(target_os = "linux")]
fn with_agents(env: Env, agents: &[(&str, &str)]) -> Env {
    use std::fmt::Write;
    use std::os::unix::fs::PermissionsExt;
    let mut config = String::new();
    for (name, answer) in agents {
        let program = env.home().join(name);
        fs::write(&program, format!("#!/bin/sh\ncat > /dev/null\n{answer}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        writeln!(config, "[agents.{name}]\ncommand = [\"{}\"]", program.display()).unwrap();
    }
    let folder = env.home().join(".config/kb");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), config).unwrap();
    env
}

#[cfg(target_os = "linux")]
#[test]
fn several_agents_end_with_what_they_agree_on() {
    let env = with_agents(
        Env::shop(),
        &[
            ("ann", "echo '# Cookies'; echo; echo 'Set by `save_cookie` in `shop/cookies.py:23-25`.'"),
            ("ben", "echo '# Cookies'; echo; echo 'The class `SignedCookies` (`shop/cookies.py:13-26`).'"),
            ("eve", "exit 3"),
        ],
    );
    let run = env.kb("ask --jobs 1 --agent ann,ben,eve where are signed cookies set").ends_with(4);
    let (_, compared) = run.stdout.split_once("\nboth cite\n").unwrap_or_else(|| panic!("{run}"));
    assert_eq!(compared, "  shop/cookies.py:23-25 in SignedCookies.save_cookie\n", "{run}");
    // What was answered before is shown again and compared, too.
    let run = env.kb("ask --json --jobs 1 --agent ann,ben where are signed cookies set");
    let lines: Vec<serde_json::Value> = run.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["compared"].is_null() && lines[0]["outcome"] == "reused", "{lines:?}");
    assert_eq!(lines[1]["compared"]["places"][0]["cited_by"].as_array().unwrap().len(), 2, "{lines:?}");
    // One agent agrees with nobody.
    assert!(!env.kb("ask --agent ann where are signed cookies set").ok().contains("both cite"));
}

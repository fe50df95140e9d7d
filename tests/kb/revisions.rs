//! Notes asked again: the earlier text is kept, listed and compared.

use crate::harness::Env;
use kb::save::Step;
use std::fs;
use std::thread;

/// A note of scout's whose cited code then changed.
fn stale() -> (Env, String) {
    let env = Env::shop();
    env.kb("ask where are signed cookies set --tag cookies").ok();
    let name = env.notes().remove(0);
    let old = fs::read_to_string(env.base().join(&name)).unwrap();
    let old = old
        .replace("tags: [cookies]\n", "tags: [cookies]\nmine: yes # keep\n")
        .replace("created: 2026", "created: 2020");
    fs::write(env.base().join(&name), &old).unwrap();
    let code = fs::read_to_string(env.path("shop/cookies.py")).unwrap();
    let code = code.replace("max_age=86400", "max_age=3600");
    (env.file("shop/cookies.py", format!("# Cookies.\n{code}")).commit("shorter"), name)
}

#[test]
fn a_refresh_keeps_the_earlier_text_byte_for_byte() {
    let (env, name) = stale();
    let path = env.base().join(&name);
    let old = fs::read(&path).unwrap();
    let id = env.kb("list --json").json()["notes"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(env.kb("list --json").json()["notes"][0]["status"], "stale");
    let answer = env.kb("refresh --stale --json").json();
    assert_eq!((&answer["outcome"], &answer["note"]["id"]), (&"kept".into(), &id.as_str().into()));
    assert_eq!(env.notes(), [name.as_str()]);
    assert_eq!(fs::read(env.base().join(format!(".history/{id}/1.md"))).unwrap(), old);
    let new = fs::read_to_string(&path).unwrap();
    for line in
        ["\nmine: yes # keep\n", "\ntags: [cookies]\n", "\ncreated: 2020", "\nrevision: 2\n", "\nrefreshed: 2026"]
    {
        assert!(new.contains(line), "{line}: {new}");
    }
    assert!(new.contains("max_age=3600") && !new.contains("max_age=86400"), "{new}");
    let note = &env.kb("list --json").json()["notes"][0];
    assert_eq!((&note["status"], &note["revision"]), (&"fresh".into(), &2.into()));

    let log = env.kb("log @ --json").json();
    assert_eq!(log["revisions"][0]["revision"], 2);
    assert_eq!(log["revisions"][0]["status"], "fresh");
    assert_eq!(log["revisions"][1]["revision"], 1);
    assert_eq!(log["revisions"][1]["when"].as_str().map(|when| &when[..4]), Some("2020"));
    assert!(log["revisions"][1]["status"].is_null());
    assert_eq!(env.kb("log @").ok().lines().count(), 2);

    let diff = env.kb("diff @ --json").json();
    assert_eq!((&diff["from"], &diff["to"]), (&1.into(), &2.into()));
    let moved = diff["citations"]["moved"].as_array().unwrap();
    assert!(
        moved.iter().any(|one| one["to"]["first"].as_u64() == one["from"]["first"].as_u64().map(|first| first + 1))
    );
    let text = env.kb("diff @").ok();
    assert!(text.contains("\n-    response") && text.contains("\n+    response"), "{text}");
    env.kb("diff @ --from 7").ends_with(1);
    env.kb("refresh --stale").ok();
    assert!(!env.base().join(format!(".history/{id}/2.md")).exists());
}

#[test]
fn what_no_agent_answered_is_not_asked_again() {
    let env = Env::new().note("one", "# One\n");
    env.kb("refresh one.md").ends_with(2);
    env.kb("diff one.md").ends_with(1);
    assert_eq!(env.kb("log one.md").ok().lines().count(), 1);
    assert_eq!(fs::read_to_string(env.base().join("one.md")).unwrap(), "# One\n");
}

#[test]
fn an_id_of_a_stranger_does_not_lead_out_of_the_history() {
    let (env, name) = stale();
    let path = env.base().join(&name);
    let text = fs::read_to_string(&path).unwrap();
    let id = text.lines().find(|line| line.starts_with("id: ")).unwrap().to_owned();
    fs::write(&path, text.replace(&id, "id: ../../../out")).unwrap();
    env.kb("refresh --stale").ok();
    assert!(fs::read_to_string(&path).unwrap().contains("id: ../../../out\n"));
    assert_eq!(fs::read_dir(env.base().join(".history")).unwrap().count(), 1);
    assert_eq!(env.kb(&format!("log {name}")).ok().lines().count(), 2);
}

#[test]
fn killed_at_every_step_a_refresh_loses_no_text() {
    for (step, name) in Step::ALL {
        // Once while the old text is kept, once while the new one takes its place.
        for kept in [false, true] {
            let (env, file) = stale();
            let path = env.base().join(&file);
            let old = fs::read(&path).unwrap();
            let id = env.kb("list --json").json()["notes"][0]["id"].as_str().unwrap().to_owned();
            let first = env.base().join(format!(".history/{id}/1.md"));
            let env = if kept { env.file(&format!("notes/.history/{id}/1.md"), &old) } else { env };
            let mut command = env.command("refresh --stale");
            command.env("KB_TEST_KILL_AFTER", name);
            let run = env.run(command, "");
            assert_eq!(run.code, None, "{name}: {run}");
            let is_new = kept && matches!(step, Step::Named | Step::Done);
            assert_eq!(fs::read(&path).unwrap() != old, is_new, "{name} {kept}");
            if kept || matches!(step, Step::Named | Step::Done) {
                assert_eq!(fs::read(&first).unwrap(), old, "{name} {kept}");
            }
            env.kb("refresh --stale").ok();
            assert_eq!(fs::read(&first).unwrap(), old, "{name} {kept}");
            assert_eq!(env.kb("log @").ok().lines().count(), 2, "{name} {kept}");
        }
    }
}

#[test]
fn two_refreshes_at_once_keep_every_text() {
    let (env, _) = stale();
    let id = env.kb("list --json").json()["notes"][0]["id"].as_str().unwrap().to_owned();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| env.kb(&format!("refresh {id}")).ok());
        }
    });
    let log = env.kb("log @ --json").json();
    let numbers: Vec<u64> =
        log["revisions"].as_array().unwrap().iter().map(|one| one["revision"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
}

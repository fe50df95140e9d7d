//! Notes that are near to a note or a question, and the one that is offered for nearly the same question.

use crate::harness::Env;

/// A shop with three answers of scout's.
fn answered() -> Env {
    let env = Env::shop();
    for question in ["where are signed cookies set", "how are invoices printed", "where are signed cookies read"] {
        env.kb(&format!("ask {question}")).ok();
    }
    env
}

fn id_of(env: &Env, question: &str) -> String {
    let list = env.kb("list --json").json();
    let notes = list["notes"].as_array().unwrap();
    notes.iter().find(|note| note["question"] == question).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn nearly_the_same_question_is_answered_and_the_note_is_offered() {
    let env = answered();
    let invoices = id_of(&env, "how are invoices printed");
    let run = env.kb("ask where do invoices get printed").ends_with(0);
    let offer = format!("{invoices} answers nearly this: kb show {invoices}\n");
    assert!(run.stderr.ends_with(&offer), "{run}");
    assert!(run.stderr.contains("saved as "), "it is asked all the same: {run}");

    let answer = env.kb("ask --json in which place is an invoice printed").json();
    assert_eq!(answer["outcome"], "kept");
    assert!(answer["nearly"]["id"].is_string(), "{answer}");
    // Who asks anew on purpose knows.
    assert!(env.kb("ask --json --fresh how are the invoices printed").json()["nearly"].is_null());
}

#[test]
fn the_opposite_in_nearly_the_same_words_is_not_offered() {
    let env = Env::shop();
    env.kb("ask where are signed cookies set").ok();
    assert!(env.kb("ask --json where are signed cookies read").json()["nearly"].is_null());
    assert!(env.kb("ask --json which threads are started").json()["nearly"].is_null());
}

#[test]
fn a_note_that_says_that_it_is_not_there_is_not_offered() {
    let env = Env::shop();
    env.kb("ask --keep where is the signed cookie encrypted with rabbitmq queues").ends_with(1);
    let answer = env.kb("ask --json where is a signed cookie encrypted with rabbitmq queues").any_json();
    assert_eq!((&answer["outcome"], &answer["nearly"]), (&"not_found".into(), &serde_json::Value::Null));
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_is_asked_after_the_offer_was_made() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    let env = answered();
    let program = env.home().join("mine");
    fs::write(&program, "#!/bin/sh\ncat > /dev/null\necho '# Printing'; echo; echo '`shop/invoices.py:6-9`'\n")
        .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let config = env.home().join(".config/kb");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), format!("[agents.mine]\ncommand = [\"{}\"]\n", program.display())).unwrap();
    // What changed since is said.
    let code = fs::read_to_string(env.path("shop/invoices.py")).unwrap();
    let env = env.file("shop/invoices.py", code.replace("daemon=True", "daemon=False"));
    let invoices = id_of(&env, "how are invoices printed");
    let run = env.kb("ask --agent mine where do invoices get printed").ends_with(0);
    let offer = format!("{invoices} (stale) answers nearly this: kb show {invoices}\n");
    let (before, after) = run.stderr.split_once(&offer).unwrap_or_else(|| panic!("{run}"));
    assert!(!before.contains("saved as") && after.contains("saved as"), "{run}");
}

#[test]
fn notes_near_to_a_note_cite_the_same_places() {
    let env = answered();
    let (set, read) = (id_of(&env, "where are signed cookies set"), id_of(&env, "where are signed cookies read"));
    let view = env.kb(&format!("related {set} --json")).json();
    assert_eq!(view["notes"][0]["id"], read.as_str(), "{view}");
    assert!(view["notes"].as_array().unwrap().iter().all(|note| note["id"] != set.as_str()), "{view}");
    assert_eq!(view["same"], serde_json::Value::Null, "what is read is not what is set: {view}");
    let ids = env.kb(&format!("related {set} --ids --limit 1")).ok();
    assert_eq!(ids.trim(), read);

    let view = env.kb("related --json --question 'in which place are invoices printed'").json();
    let invoices = id_of(&env, "how are invoices printed");
    assert_eq!((&view["notes"][0]["id"], &view["same"]), (&invoices.as_str().into(), &invoices.as_str().into()));
    env.kb("related --question 'how are kubernetes pods scheduled'").ends_with(1);
    env.kb("related k7f --question x").ends_with(2);
}

//! Asking, from the question to the note.

use crate::harness::Env;
use std::fs;

#[test]
fn a_question_becomes_a_note_that_is_found_and_pasted() {
    let env = Env::shop();
    let asked = env.kb("ask where are signed cookies set").ends_with(0);
    assert!(asked.stdout.contains("shop/cookies.py:23-25"), "{asked}");
    assert!(asked.stderr.starts_with("scout answers: built in"), "{asked}");
    assert!(asked.stderr.contains("saved as "), "{asked}");

    let note = env.only_note();
    for line in [
        "kb: 1\n",
        "\nquestion: where are signed cookies set\n",
        "\ncreated: 2026-11-24T12:00:00Z\n",
        "\norigin: agent\n",
        "\nagent: scout\n",
        "\n# Where are signed cookies set\n",
        " in=SignedCookies.save_cookie\n",
    ] {
        assert!(note.contains(line), "{line:?} in {note}");
    }
    let hits = env.kb("search signed cookie --json").json();
    assert_eq!(hits["total"], 1);
    assert_eq!(hits["hits"][0]["status"], "fresh");
    let id = hits["hits"][0]["id"].as_str().unwrap().to_owned();
    let context = env.kb(&format!("context {}", &id[..3])).ok();
    assert!(context.contains("where are signed cookies set") && context.contains("shop/cookies.py:23-25"), "{context}");
}

#[test]
fn the_first_place_is_where_it_is_done_and_the_way_there_is_shown() {
    let env = Env::shop();
    let answer = env.kb("ask --json where are signed cookies set").json();
    assert_eq!(answer["outcome"], "kept");
    assert_eq!(answer["abstained"], false);
    let first = &answer["citations"][0];
    assert_eq!((&first["path"], &first["in"]), (&"shop/cookies.py".into(), &"SignedCookies.save_cookie".into()));
    assert_eq!(first["status"], "fresh");
    let body = answer["note"]["body"].as_str().unwrap();
    assert!(
        body.contains("`Shop.handle` → `Shop.finish` (at `shop/app.py:22`) → `SignedCookies.save_cookie`"),
        "{body}"
    );
}

#[test]
fn every_citation_of_scout_holds() {
    let env = Env::shop();
    for question in ["how are invoices printed", "what happens when a signature is wrong", "which threads are started"]
    {
        let mut ask = env.command("ask --json");
        ask.arg(question);
        let answer = env.run(ask, "").any_json();
        let citations = answer["citations"].as_array().unwrap();
        assert!(!citations.is_empty(), "{question}");
        for citation in citations {
            assert_eq!(citation["status"], "fresh", "{question}: {citation}");
        }
    }
}

#[test]
fn what_is_not_there_is_said_to_be_not_there_and_not_kept() {
    let env = Env::shop();
    let answer = env.kb("ask --json how are kubernetes pods scheduled onto nodes").ends_with(1).any_json();
    assert_eq!(answer["outcome"], "not_found");
    assert_eq!(answer["abstained"], true);
    assert!(answer["note"].is_null());
    assert_eq!(env.notes(), Vec::<String>::new());

    let kept = env.kb("ask --json --keep how are kubernetes pods scheduled onto nodes").ends_with(1).any_json();
    assert_eq!(kept["outcome"], "not_found");
    assert!(kept["note"]["id"].is_string());
    assert_eq!(env.notes().len(), 1);
}

#[test]
fn the_same_question_is_not_asked_twice_while_the_code_is_as_it_was() {
    let env = Env::shop();
    let first = env.kb("ask --json where are signed cookies set").json();
    let again = env.kb("ask --json 'Where are signed cookies  set?'").json();
    assert_eq!(again["outcome"], "reused");
    assert_eq!(again["note"]["id"], first["note"]["id"]);
    assert_eq!(env.kb("ask --json --fresh where are signed cookies set").json()["outcome"], "kept");

    let cookies = fs::read_to_string(env.path("shop/cookies.py")).unwrap();
    let env = env.file("shop/cookies.py", cookies.replace("max_age=86400", "max_age=60"));
    assert_eq!(env.kb("ask --json where are signed cookies set").json()["outcome"], "kept");
}

#[test]
fn another_question_about_the_same_words_is_asked() {
    let env = Env::shop();
    env.kb("ask where are signed cookies set").ok();
    assert_eq!(env.kb("ask --json where are signed cookies read").json()["outcome"], "kept");
}

#[test]
fn the_knowledge_base_inside_the_repository_is_invisible_to_research() {
    let env = Env::shop().note("zeppelin", "# Zeppelin\n\nThe zeppelin docking mast is in `shop/app.py:1`.\n");
    let answer = env.kb("ask --json how does the zeppelin docking mast work").any_json();
    assert!(!answer.to_string().contains("notes/zeppelin"), "{answer}");
    assert_eq!(answer["abstained"], true);
    // Notes do not make the subject dirty, code does.
    assert_eq!(env.kb("ask --json --fresh where are signed cookies set").json()["note"]["subjects"][0]["dirty"], false);
    let env = env.file("shop/new.py", "x = 1\n");
    assert_eq!(env.kb("ask --json --fresh where are signed cookies set").json()["note"]["subjects"][0]["dirty"], true);
}

#[test]
fn several_questions_become_several_notes() {
    let env = Env::shop();
    let run = env.kb("ask --json 'where are signed cookies set' 'how are invoices printed'");
    let lines: Vec<serde_json::Value> = run.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    // Each as it ends, in whatever order.
    assert!(lines.iter().any(|line| line["question"] == "how are invoices printed"), "{lines:?}");
    assert_eq!(env.notes().len(), 2);
    env.kb("ask 'where are signed cookies set' cookies").ends_with(2);
}

#[test]
fn any_folder_will_do_as_a_subject() {
    // No git at all.
    let env = Env::new().file("plain/mail.py", "def send_mail(to):\n    \"\"\"Sends a mail.\"\"\"\n");
    let answer = env.kb("ask --json --repo plain how is mail sent").json();
    assert_eq!(answer["note"]["subjects"][0]["kind"], "folder");
    assert_eq!(answer["citations"][0]["path"], "mail.py");

    // A repository without a commit.
    env.git("init --quiet");
    let answer = env.kb("ask --json --fresh how is mail sent").json();
    assert_eq!(answer["note"]["subjects"][0]["commit"], serde_json::Value::Null);
    assert_eq!(answer["citations"][0]["path"], "plain/mail.py");

    // A subfolder, by name; and the whole of the repository from a subfolder.
    let env = env.commit("mail");
    let answer = env.kb("ask --json --fresh --repo plain how is mail sent").json();
    assert_eq!(answer["citations"][0]["path"], "mail.py");
    assert_eq!(answer["note"]["subjects"][0]["kind"], "git");
    let answer = env.kb_in("plain", "ask --json --fresh how is mail sent").json();
    assert_eq!(answer["citations"][0]["path"], "plain/mail.py");

    // A linked work tree, a shallow clone.
    env.git("worktree add --quiet ../tree");
    let answer = env.kb_in("../tree", "ask --json --fresh how is mail sent").json();
    assert!(answer["note"]["path"].as_str().unwrap().starts_with("/shop/notes/"), "{answer}");
    env.git_in(&env.home(), &format!("clone --quiet --depth 1 file://{} shallow", env.here().display()));
    let shallow = env.home().join("shallow");
    let answer = env.kb_in(&shallow, "ask --json --fresh how is mail sent").json();
    assert_eq!(answer["citations"][0]["path"], "plain/mail.py");
    let note =
        fs::read_to_string(answer["note"]["path"].as_str().unwrap().replace("/home", &env.home().to_string_lossy()))
            .unwrap();
    assert!(!note.contains(" root="), "a shallow history has no known root: {note}");

    // An empty folder, a file, nothing.
    fs::create_dir(env.path("empty")).unwrap();
    env.kb("ask --repo empty how is mail sent").ends_with(1);
    env.kb("ask --repo plain/mail.py how is mail sent").ends_with(2);
    env.kb("ask --repo nowhere how is mail sent").ends_with(3);
}

#[test]
fn an_agent_that_kb_does_not_know_is_an_error_that_names_the_nearest() {
    let env = Env::shop();
    insta::assert_snapshot!(env.kb("ask --agent scot where are cookies"), @"
    --- stderr
    kb: there is no agent called `scot`
    hint: did you mean `scout`?
    --- exit code 2
    ");
}

#[test]
fn the_user_s_wish_counts_more_than_the_knowledge_base_s() {
    let env = Env::shop().file("notes/kb.toml", "kb = 1\nagent = \"claude\"\ntags = [\"shop\"]\n");
    // A wish for what the user does not have is no error.
    let answer = env.kb("ask --json --tag cookies where are signed cookies set").json();
    assert_eq!(answer["agent"], "scout");
    assert_eq!(answer["note"]["tags"], serde_json::json!(["cookies", "shop"]));
    let mut command = env.command("ask where are signed cookies set");
    command.env("KB_AGENT", "nobody");
    env.run(command, "").ends_with(2);
}

#[test]
fn a_repository_is_only_looked_at() {
    let env = Env::shop();
    let listing = |env: &Env| {
        let mut command = std::process::Command::new("find");
        command.arg(env.here()).args(["-not", "-path", "*/notes*", "-printf", "%p %s %T@ %C@ %m\n"]);
        let mut lines: Vec<String> =
            String::from_utf8(command.output().unwrap().stdout).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    // `git status` would refresh an index whose times are young.
    let text = fs::read(env.path("shop/app.py")).unwrap();
    fs::write(env.path("shop/app.py"), text).unwrap();
    let before = listing(&env);
    env.kb("ask where are signed cookies set").ok();
    assert_eq!(listing(&env), before);
}

#[test]
fn nothing_of_a_hostile_repository_is_run() {
    let env = Env::shop();
    let trap = env.home().join("trapped");
    let armed = format!("touch {}", trap.display());
    for setting in [
        format!("core.fsmonitor '{armed}'"),
        format!("core.pager '{armed}'"),
        format!("core.sshCommand '{armed}'"),
        format!("diff.external '{armed}'"),
        format!("filter.x.clean '{armed}; cat'"),
        format!("filter.x.smudge '{armed}; cat'"),
        format!("filter.x.process '{armed}'"),
        format!("diff.x.textconv '{armed}; cat'"),
        format!("diff.x.command '{armed}'"),
        format!("credential.helper '!{armed}'"),
        format!("core.hooksPath '{}'", env.path("hooks").display()),
    ] {
        env.git(&format!("config {setting}"));
    }
    let env = env.file(".gitattributes", "* filter=x diff=x\n").file("shop/app.py", "changed = True\n");
    for hook in ["post-index-change", "pre-commit", "post-checkout", "reference-transaction"] {
        let path = env.path("hooks").join(hook);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{armed}\n")).unwrap();
        let mut mode = fs::metadata(&path).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
        fs::set_permissions(&path, mode).unwrap();
    }
    env.kb("ask where are signed cookies set").ok();
    env.kb("ask --fresh where are signed cookies set").ok();
    env.kb("list").ok();
    assert!(!trap.exists(), "something of the repository was run");
    // The trap works: git alone springs it.
    let mut git = std::process::Command::new("git");
    let _ = git.current_dir(env.here()).args(["status"]).output();
    assert!(trap.exists(), "the trap is not armed");
}

#[test]
fn a_base_in_the_usual_place_is_hidden_even_where_another_one_is_used() {
    let env = Env::shop().note("zeppelin", "# Zeppelin\n\nThe zeppelin docking mast is here.\n");
    env.kb("init ../elsewhere").ok();
    let answer = env.kb("ask --json --kb ../elsewhere how does the zeppelin docking mast work").any_json();
    assert!(!answer.to_string().contains("notes/zeppelin"), "{answer}");
}

#[test]
fn a_question_without_words_is_refused_and_a_folder_without_code_answered_with_no() {
    let env = Env::shop();
    env.kb("ask '???'").ends_with(2);
    env.kb_reads("ask -f -", "where are cookies set\n?!\n").ends_with(2);
    assert_eq!(env.kb("jobs --json").json()["total"], 0);
    fs::create_dir(env.path("empty")).unwrap();
    let run = env.kb("ask --repo empty where are cookies set").ends_with(1);
    assert!(run.stdout.contains("There is no code here"), "{run}");
}

#[test]
fn a_call_on_an_object_is_told_by_its_name_only() {
    let env = Env::shop().file(
        "shop/pages.py",
        "def render_invoice_page(template, basket):\n    \"\"\"Renders the page of an invoice.\"\"\"\n    return template.print_invoice(basket)\n",
    );
    let answer = env.kb("ask --json how is the invoice page rendered and printed").json();
    let body = answer["note"]["body"].as_str().unwrap();
    assert!(!body.contains("`render_invoice_page` calls `print_invoice` at"), "{body}");
}

#[test]
fn a_signal_ends_all_questions_and_the_researcher() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let env = Env::shop();
        // Enough code that the answer takes a while.
        for number in 0..400 {
            let text = "def signed_cookie(a):\n    return set_cookie(a)\n\n".repeat(200);
            std::fs::write(env.path(&format!("shop/many{number}.py")), text).unwrap();
        }
        let mut command = env.command("ask 'where are signed cookies set' 'how are invoices printed'");
        let mut child =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let scout = loop {
            let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap_or_default();
            let scout = children.split_whitespace().find(|pid| {
                fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("__scout"))
            });
            if let Some(pid) = scout {
                break pid.to_owned();
            }
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was asked to");
        };
        let _ = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        let alive = || fs::read_to_string(format!("/proc/{scout}/cmdline")).is_ok_and(|line| line.contains("__scout"));
        let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while alive() && std::time::Instant::now() < until {}
        assert!(!alive(), "{signal}: the researcher lives on");
        assert_eq!(env.notes(), Vec::<String>::new(), "{signal}");
    }
}

#[test]
fn a_place_that_quoted_code_names_is_no_citation() {
    let env = Env::shop()
        .file("shop/notes.py", "def zebra_crossing():\n    \"\"\"See old/zebra.py:12 for the zebra crossing.\"\"\"\n");
    let answer = env.kb("ask --json where is the zebra crossing at old/lion.py:7").json();
    assert_eq!(answer["note"]["status"], "fresh", "{}", answer["citations"]);
    assert_eq!(answer["citations"][0]["path"], "shop/notes.py");
}

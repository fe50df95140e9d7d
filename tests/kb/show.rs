//! Showing and listing notes, and what names them.

use crate::harness::Env;
use std::fs;

const NOTE: &str = "---\nid: k7f3qdm2\nquestion: why\ntags: [a]\n---\n# Title\n\nSee `shop/cookies.py:23`.\n";

#[test]
fn in_a_pipe_a_note_is_its_bytes() {
    let bytes = b"\xef\xbb\xbf---\r\nid: k7f3qdm2\r\n---\r\nraw \x1b[31m \xff\r\n";
    let env = Env::new().note("one", bytes);
    let mut command = env.command("show k7f");
    assert_eq!(command.output().unwrap().stdout, bytes);
}

#[test]
fn a_note_is_named_by_its_id_the_beginning_of_it_or_its_path() {
    let env = Env::shop().note("one", NOTE);
    for handle in ["k7f3qdm2", "k7f", "one.md", "notes/one.md", "@"] {
        assert_eq!(env.kb(&format!("show --json {handle}")).json()["note"]["id"], "k7f3qdm2", "{handle}");
    }
    let absolute = env.base().join("one.md");
    assert_eq!(env.kb(&format!("path {}", absolute.display())).ok(), "/shop/notes/one.md\n");
    insta::assert_snapshot!(env.kb("show k7"), @"
    --- stderr
    kb: `k7` is too short for an id
    hint: type at least three letters of the id
    --- exit code 2
    ");
    insta::assert_snapshot!(env.kb("show zzz"), @"
    --- stderr
    kb: no note is called `zzz`
    hint: `kb list` shows all notes, `kb search WORDS` finds some
    --- exit code 1
    ");
}

#[test]
fn a_handle_that_means_two_notes_names_both() {
    let env = Env::new().note("one", NOTE).note("copy", NOTE).note("three", "---\nid: k7f22222\n---\n# Three\n");
    insta::assert_snapshot!(env.kb("show k7f"), @"
    --- stderr
    kb: `k7f` could be 3 notes
      k7f3qdm2  copy.md  Title
      k7f3qdm2  one.md  Title
      k7f22222  three.md  Three
    hint: type one more letter, or the path of the file
    --- exit code 2
    ");
    let error = env.kb("show --json k7f3qdm2").ends_with(2).any_json();
    assert_eq!(error["error"]["code"], "ambiguous_id");
    assert_eq!(error["error"]["candidates"].as_array().unwrap().len(), 2);
    // The path tells them apart.
    env.kb("show copy.md").ok();
}

#[test]
fn renaming_and_moving_keep_a_note_s_id() {
    let env = Env::new().note("one", NOTE);
    env.kb("list").ok();
    fs::create_dir(env.base().join("deep")).unwrap();
    fs::rename(env.base().join("one.md"), env.base().join("deep/other.md")).unwrap();
    assert_eq!(env.kb("path k7f").ok(), "/shop/notes/deep/other.md\n");
}

#[test]
fn foreign_notes_are_notes() {
    let env = Env::new()
        .note("obsidian", "---\naliases: [x]\ntags: \"#a, b\"\ndate: 2026-01-02\n---\nJust text.\n")
        .note("number", "---\nid: 202611241200\ntitle: Zettel\n---\nx\n")
        .note("plain", "No frontmatter at all.\n")
        .note("broken", "---\ntitle: a: b\ntags: [x]\n---\n# Heading\n")
        .note("empty", "");
    let list = env.kb("list --json").json();
    let notes = list["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 5);
    let by_file = |file: &str| notes.iter().find(|note| note["file"] == file).unwrap();
    assert_eq!(by_file("obsidian.md")["tags"], serde_json::json!(["a", "b"]));
    assert_eq!(by_file("obsidian.md")["created"], "2026-01-02T00:00:00Z");
    assert_eq!(by_file("number.md")["id"], "202611241200");
    assert_eq!(by_file("plain.md")["title"], "No frontmatter at all.");
    assert_eq!(by_file("broken.md")["title"], "Heading");
    assert_eq!(by_file("broken.md")["tags"], serde_json::json!(["x"]));
    for note in notes {
        let id = note["id"].as_str().unwrap();
        assert_eq!(env.kb(&format!("show --json {id}")).json()["note"]["file"], note["file"]);
    }
}

#[test]
fn reading_never_changes_a_file() {
    let env = Env::shop().note("one", NOTE).note("two", "plain\r\n").note("three", b"\xff\xfe");
    let state = |env: &Env| -> Vec<_> {
        let stat = |name: &str| {
            let metadata = fs::metadata(env.base().join(name)).unwrap();
            (metadata.modified().unwrap(), fs::read(env.base().join(name)).unwrap())
        };
        ["one.md", "two.md", "three.md"].iter().map(|name| stat(name)).collect()
    };
    let before = state(&env);
    for line in ["list", "search title", "show k7f", "context k7f", "path k7f", "where", "show three.md --json"] {
        env.kb(line).ok();
    }
    assert_eq!(state(&env), before);
}

#[test]
fn a_list_is_newest_first_and_can_be_narrowed() {
    let env = Env::new()
        .note("old", "---\ncreated: 2026-01-01\ntags: [x]\n---\n# Old\n")
        .note("new", "---\ncreated: 2026-02-01\ntags: [x, y]\n---\n# New\n")
        .note("undated", "# Undated\n");
    let titles = |line: &str| -> Vec<String> {
        let list = env.kb(line).json();
        list["notes"].as_array().unwrap().iter().map(|note| note["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles("list --json --tag x"), ["New", "Old"]);
    assert_eq!(titles("list --json --tag x --tag y"), ["New"]);
    let list = env.kb("list --json --tag x --limit 1").json();
    assert_eq!((list["total"].as_u64(), list["notes"].as_array().unwrap().len()), (Some(2), 1));
    assert_eq!(env.kb("list --paths --tag y").ok(), "/shop/notes/new.md\n");
}

#[test]
fn last_hits_belong_to_a_terminal() {
    let env = Env::new().note("one", NOTE);
    let mut command = env.command("show @1");
    // A session of its own has no terminal.
    command.env("PATH", std::env::var("PATH").unwrap());
    let mut detached = std::process::Command::new("setsid");
    detached.arg("--wait").arg(env!("CARGO_BIN_EXE_kb")).args(["show", "@1"]);
    detached.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(env.here());
    insta::assert_snapshot!(env.run(detached, ""), @"
    --- stderr
    kb: `@1` belongs to a terminal, and kb runs in none
    hint: use the note's id: `kb search --ids WORDS` prints ids
    --- exit code 2
    ");
}

#[test]
fn a_note_says_whether_it_still_holds() {
    let env = Env::shop();
    env.kb_reads("add --repo . --title Holds", "`shop/cookies.py:23-25` and `shop/app.py:24-28`\n").ok();
    let status = |env: &Env| {
        let note = &env.kb("show --json").json()["note"];
        let each: Vec<&str> =
            note["citations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
        (note["status"].as_str().unwrap().to_owned(), each.join(" "))
    };
    assert_eq!(status(&env), ("fresh".into(), "fresh fresh".into()));
    let cookies = fs::read_to_string(env.path("shop/cookies.py")).unwrap();
    let env = env.file("shop/cookies.py", format!("# one\n# two\n{cookies}"));
    assert_eq!(status(&env), ("moved".into(), "moved fresh".into()));
    let note = &env.kb("show --json").json()["note"];
    assert_eq!(note["citations"][0]["now"], serde_json::json!({"path": "shop/cookies.py", "first": 25, "last": 27}));
    let env = env.file("shop/cookies.py", cookies.replace("httponly=True)", "httponly=True)  # no script reads it"));
    assert_eq!(status(&env), ("fresh".into(), "fresh fresh".into()));
    let env = env.file("shop/cookies.py", cookies.replace("86400", "60"));
    assert_eq!(status(&env), ("stale".into(), "stale fresh".into()));
    assert_eq!(env.kb("search holds is:stale --json").json()["total"], 1);
    assert_eq!(env.kb("search holds -is:stale --json").ends_with(1).any_json()["total"], 0);
    let context = env.kb("context").ok();
    assert!(context.contains("1 of 2 citations hold") && context.contains("stale: "), "{context}");
    fs::remove_file(env.path("shop/cookies.py")).unwrap();
    assert_eq!(status(&env), ("broken".into(), "broken fresh".into()));
    fs::remove_dir_all(env.home().join(".local")).unwrap();
    assert_eq!(env.kb_in("../home", "list --json --kb ../shop/notes").json()["notes"][0]["status"], "broken");
    fs::rename(env.path("shop"), env.path("elsewhere")).unwrap();
    fs::rename(env.path(".git"), env.path("no-git")).unwrap();
    assert_eq!(status(&env).0, "unknown");
}

#[test]
fn in_a_work_tree_a_note_stands_as_the_code_there_does() {
    let env = Env::shop();
    env.kb_reads("add --repo . --title Holds", "`shop/cookies.py:23-25`\n").ok();
    env.git("worktree add --quiet ../tree");
    let cookies = fs::read_to_string(env.path("shop/cookies.py")).unwrap();
    let env = env.file("../tree/shop/cookies.py", cookies.replace("86400", "60"));
    let status = |folder: &str| env.kb_in(folder, "list --json").json()["notes"][0]["status"].clone();
    assert_eq!(status("."), "fresh");
    assert_eq!(status("../tree/shop"), "stale");
    // Asking there changes nothing of how the note stands here.
    let _ = env.kb_in("../tree", "ask --fresh how are invoices printed");
    assert_eq!(env.kb("list --json").json()["notes"].as_array().unwrap().len(), 2);
    assert!(env.kb("search is:fresh holds --json").json()["total"] == 1);
    assert_eq!(env.kb_in("../home", "list --json --kb ../shop/notes --limit 2").json()["total"], 2);
}

#[test]
fn the_newest_note_is_the_one_written_last() {
    let env = Env::new();
    for title in ["one", "two", "three"] {
        env.kb_reads(&format!("add --title {title}"), "x").ok();
        assert_eq!(env.kb("show --json").json()["note"]["title"], title);
    }
}

#[test]
fn a_path_is_first_one_of_the_current_folder() {
    let env = Env::new().note("README", "# Outer\n").note("sub/README", "# Inner\n");
    assert_eq!(env.kb_in("notes/sub", "show --json ./README.md").json()["note"]["title"], "Inner");
    assert_eq!(env.kb_in("notes", "show --json README.md").json()["note"]["title"], "Outer");
}

#[test]
fn each_copy_of_a_repository_is_judged_by_itself() {
    let env = Env::shop();
    env.kb_reads("add --repo . --title Holds", "`shop/cookies.py:23-25`\n").ok();
    let copy = env.home().join("copy");
    assert!(std::process::Command::new("cp").arg("-r").arg(env.here()).arg(&copy).status().unwrap().success());
    let _ = env.kb_in(&copy, "ask --fresh how are invoices printed");
    let cookies = fs::read_to_string(env.path("shop/cookies.py")).unwrap();
    let env = env.file("shop/cookies.py", cookies.replace("86400", "60"));
    assert_eq!(env.kb("search holds --json").json()["hits"][0]["status"], "stale");
    assert_eq!(env.kb_in(&copy, "search holds --json").json()["hits"][0]["status"], "fresh");
}

#[test]
fn folders_of_one_name_are_not_taken_for_one_another() {
    let env = Env::new()
        .file("../home/a/src/x.py", "def send_mail():\n    pass\n")
        .file("../home/b/src/y.py", "def other():\n    pass\n");
    env.kb_reads("add --repo ../home/a/src --title Mail", "`x.py:1-2`\n").ok();
    env.kb_reads("add --repo ../home/b/src --title Other", "`y.py:1-2`\n").ok();
    for note in env.kb("list --json").json()["notes"].as_array().unwrap() {
        assert_eq!(note["status"], "fresh", "{note}");
    }
}

#[test]
fn a_citation_of_lines_that_never_were_is_not_fresh() {
    let env = Env::shop();
    let blob = env.git("hash-object shop/app.py");
    let commit = env.git("rev-parse HEAD");
    let head = format!(
        "---\nsubjects:\n  - shop commit={commit} root={commit}\ncitations:\n  - shop/app.py:9000-9100 blob={} text=0123456789abcdef\n---\n# Forged\n",
        &blob[..12]
    );
    let env = env.note("forged", head);
    env.kb_reads("add --repo .", "x `shop/app.py:1`\n").ok();
    assert_eq!(env.kb("show forged.md --json").json()["note"]["status"], "stale");
}

#[test]
fn an_index_that_came_with_the_notes_is_not_believed() {
    let env = Env::new().note("one", NOTE);
    env.kb("list").ok();
    let copied = std::process::Command::new("cp").arg("-r").arg(env.base()).arg(env.path("brought")).status().unwrap();
    assert!(copied.success());
    let list = env.kb("list --kb brought --json").json();
    assert_eq!((list["total"].as_u64(), list["warnings"].as_array().unwrap().len()), (Some(1), 1), "{list}");
    assert_eq!(env.kb("list --kb brought --json").json()["warnings"].as_array().unwrap().len(), 0);
}

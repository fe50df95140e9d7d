//! Whether notes are still true: what `kb check` says after each kind of edit, and where else it is
//! said.

use crate::harness::Env;
use serde_json::Value;
use std::fs;

/// A note about `SignedCookies.save_cookie` (23-25) and `Shop.pay`.
fn noted() -> Env {
    let env = Env::shop();
    env.kb_reads("add --repo . --title Cookies", "Set in `shop/cookies.py:23-25`.\n").ok();
    env
}

fn cookies(env: &Env) -> String {
    fs::read_to_string(env.path("shop/cookies.py")).unwrap()
}

/// Status, change and new place of the only citation.
#[track_caller]
fn says(env: &Env) -> String {
    let check = env.kb("check --json").json();
    let citation = &check["notes"][0]["citations"][0];
    let place = |now: &Value| match now.is_null() {
        true => String::new(),
        false => format!(" {}:{}-{}", now["path"].as_str().unwrap(), now["first"], now["last"]),
    };
    format!(
        "{} {}{}",
        citation["status"].as_str().unwrap(),
        citation["change"].as_str().unwrap_or("?"),
        place(&citation["now"])
    )
}

/// The same with git's objects, and with nothing but what the note holds.
#[track_caller]
fn says_both(env: &Env, edit: impl Fn(&Env), with_git: &str, by_hashes: &str) {
    edit(env);
    assert_eq!(says(env), with_git);
    fs::rename(env.path(".git/objects"), env.path(".git/gone")).unwrap();
    fs::create_dir(env.path(".git/objects")).unwrap();
    assert_eq!(says(env), by_hashes, "by hashes alone");
}

fn write(env: &Env, path: &str, text: impl AsRef<[u8]>) {
    fs::create_dir_all(env.path(path).parent().unwrap()).unwrap();
    fs::write(env.path(path), text).unwrap();
}

#[test]
fn lines_that_shift_are_moved() {
    let edit = |env: &Env| write(env, "shop/cookies.py", format!("\n\n{}", cookies(env)));
    says_both(&noted(), edit, "moved none shop/cookies.py:25-27", "moved none shop/cookies.py:25-27");
}

#[test]
fn a_file_that_is_renamed_is_moved() {
    let edit = |env: &Env| fs::rename(env.path("shop/cookies.py"), env.path("shop/jar.py")).unwrap();
    says_both(&noted(), edit, "moved none shop/jar.py:23-25", "moved none shop/jar.py:23-25");
}

#[test]
fn code_that_goes_to_another_file_is_moved_and_its_twin_is_not_it() {
    let env = noted();
    let text = cookies(&env);
    let method: String = text.split_inclusive('\n').skip(22).take(3).collect();
    let twin = format!("class Twin:\n{method}");
    write(&env, "shop/a_twin.py", &twin);
    let env = env.commit("a twin");
    env.kb("rm @").ok();
    env.kb_reads("add --repo . --title Cookies", "Set in `shop/cookies.py:23-25`.\n").ok();
    write(&env, "shop/cookies.py", text.replace(&method, ""));
    assert_eq!(says(&env), "broken lines");
    write(&env, "shop/z_new.py", format!("import hmac\n\nclass SignedCookies:\n{method}"));
    assert_eq!(says(&env), "moved none shop/z_new.py:4-6");
}

#[test]
fn changed_code_is_stale_and_what_changed_is_shown() {
    let edit = |env: &Env| write(env, "shop/cookies.py", cookies(env).replace("86400", "60"));
    says_both(&noted(), edit, "stale lines", "stale lines");
    let env = noted();
    edit(&env);
    let env = env.commit("cookies live a minute");
    write(&env, "shop/cookies.py", format!("# Beside it.\n{}", cookies(&env)));
    let env = env.commit("something else");
    let commit = env.git("rev-parse --short=12 HEAD~1");
    insta::assert_snapshot!(env.kb("check").to_string().replace(&commit, "COMMIT"), @r"
    stale  cvhuskdj  Cookies
        stale: shop/cookies.py:23-25 in SignedCookies.save_cookie
            - response.set_cookie(name, self.sign(value), max_age=86400, httponly=True)
            + response.set_cookie(name, self.sign(value), max_age=60, httponly=True)
            COMMIT 2026-01-01 cookies live a minute
    1 note: 1 stale
    ");
}

#[test]
fn comments_white_space_and_formatting_redden_nothing() {
    let edit = |env: &Env| {
        write(env, "shop/cookies.py", cookies(env).replace("httponly=True)", "httponly=True)  # no script"));
    };
    says_both(&noted(), edit, "fresh comments", "fresh comments");
    let edit = |env: &Env| {
        let spread = cookies(env).replace(
            "response.set_cookie(name, self.sign(value), max_age=86400, httponly=True)",
            "response.set_cookie(\n            name,\n            self.sign(value),\n            max_age=86400,\n            httponly=True,\n        )",
        );
        write(env, "shop/cookies.py", spread);
    };
    let env = noted();
    edit(&env);
    assert_eq!(says(&env), "moved comments shop/cookies.py:23-30");
}

#[test]
fn what_a_formatter_sorts_and_indents_reddens_nothing() {
    let old = "use shop::{cart::Cart, Basket};\nuse crate::till;\n\nfn pay(basket: Option<Basket>) {\n    let Some(basket) = basket else { return };\n  // Counts what is in it.\n    till::count(basket);\n}\n";
    let new = "use crate::till;\nuse shop::{Basket, cart::Cart};\n\nfn pay(basket: Option<Basket>) {\n    let Some(basket) = basket else {\n        return;\n    };\n    // Counts what is in it.\n    till::count(basket);\n}\n";
    let says = |lines: &str, new: &str| {
        let env = Env::shop().file("pay.rs", old).commit("a till");
        env.kb_reads("add --repo . --title Pay", format!("Paid in `pay.rs:{lines}`.\n")).ok();
        write(&env, "pay.rs", new);
        says(&env)
    };
    assert_eq!(says("1-2", new), "fresh comments");
    assert_eq!(says("1-4", new), "fresh comments");
    assert_eq!(says("5", new), "moved comments pay.rs:5-7");
    assert_eq!(says("6", new), "moved comments pay.rs:8-8");
    assert_eq!(says("1-2", &new.replace("cart::Cart", "cart::Trolley")), "stale lines");
    assert_eq!(says("1-4", &new.replace("fn pay", "fn pay_all")), "stale lines");
    assert_eq!(says("5", &new.replace("return;", "return ();")), "stale lines");
    assert_eq!(says("6", &new.replace("Counts", "Weighs")), "stale lines");
}

#[test]
fn code_beside_the_cited_lines_is_a_change_of_the_definition() {
    let env = Env::shop();
    env.kb_reads("add --repo . --title Sign", "Signed in `shop/cookies.py:20`.\n").ok();
    write(&env, "shop/cookies.py", cookies(&env).replace("return f\"{value}.", "return f\"{value}:"));
    assert_eq!(says(&env), "fresh definition");
}

#[test]
fn what_is_gone_is_broken() {
    let edit = |env: &Env| {
        let text = cookies(env);
        let lines = text.split_inclusive('\n').enumerate();
        let kept: String = lines.filter(|(at, _)| !(22..25).contains(at)).map(|(_, line)| line).collect();
        write(env, "shop/cookies.py", kept);
    };
    says_both(&noted(), edit, "broken lines", "broken lines");
    says_both(&noted(), |env| fs::remove_file(env.path("shop/cookies.py")).unwrap(), "broken lines", "broken lines");
}

#[test]
fn it_is_said_why_a_citation_is_broken() {
    let env = noted();
    let said = |env: &Env| {
        let text = env.kb("check").ok();
        let line = text.lines().find(|line| line.starts_with("    broken: ")).unwrap_or_default();
        line.rsplit(": ").next().unwrap().to_owned()
    };
    let text = cookies(&env);
    write(&env, "shop/cookies.py", text.split_inclusive('\n').take(22).collect::<String>());
    assert_eq!(said(&env), "what was cited is nowhere any more");
    fs::remove_file(env.path("shop/cookies.py")).unwrap();
    assert_eq!(said(&env), "the file is gone");
    write(&env, "shop/cookies.py", text);
    env.kb_reads("add --repo . --title Nothing", "Set in `shop/nothing.py:3`.\n").ok();
    assert_eq!(said(&env), "no such file when it was written");
    let check = env.kb("check --json").json();
    let whys: Vec<&Value> =
        check["notes"].as_array().unwrap().iter().map(|note| &note["citations"][0]["why"]).collect();
    assert_eq!(whys, ["no such file when it was written".into(), Value::Null].iter().collect::<Vec<_>>());
}

#[test]
fn what_was_written_into_the_notes_has_not_moved() {
    let env = noted();
    write(&env, "shop/cookies.py", format!("\n{}", cookies(&env)));
    env.kb("check --fail-on moved").ends_with(1);
    env.kb("check --fail-on moved --update").ends_with(0);
    env.kb("check --fail-on moved").ends_with(0);
}

#[test]
fn uncommitted_work_is_remembered_where_git_does_not_hold_it() {
    let env = Env::shop();
    let text = cookies(&env).replace("86400", "3600");
    write(&env, "shop/cookies.py", &text);
    env.kb_reads("add --repo . --title Cookies", "Set in `shop/cookies.py:23-25`.\n").ok();
    write(&env, "shop/cookies.py", text.replace("max_age=3600, ", "\n            max_age=3600, "));
    assert_eq!(says(&env), "moved comments shop/cookies.py:23-26");
}

/// What stands at a place of a note's citations.
fn cited(env: &Env) -> Vec<String> {
    let note = env.kb("show --json").json()["note"].clone();
    let place = |one: &Value| format!("{}:{}-{}", one["path"].as_str().unwrap(), one["first"], one["last"]);
    note["citations"].as_array().unwrap().iter().map(place).collect()
}

#[test]
fn what_moved_is_written_into_the_note_and_nothing_else() {
    let env = Env::shop();
    env.kb_reads(
        "add --repo . --title Cookies",
        "Set in `shop/cookies.py:23-25`, signed in [sign](shop/cookies.py#L19-L21),\r\nnot in `cookies.py:1`.\n",
    )
    .ok();
    write(&env, "shop/jar.py", format!("# A jar\n\n{}", cookies(&env)));
    fs::remove_file(env.path("shop/cookies.py")).unwrap();
    let before = env.only_note();
    insta::assert_snapshot!(env.kb("check --update"), @"
    moved  cvhuskdj  Cookies
        moved: shop/cookies.py:23-25 is now shop/jar.py:25-27 in SignedCookies.save_cookie
        moved: shop/cookies.py:19-21 is now shop/jar.py:21-23 in SignedCookies.sign
        moved: shop/cookies.py:1 is now shop/jar.py:3
        written into the note
    1 note: 1 moved
    ");
    let after = env.only_note();
    let body = |note: &str| note.split("---\n").nth(2).unwrap().to_owned();
    assert_eq!(
        body(&after),
        "Set in `shop/jar.py:25-27`, signed in [sign](shop/jar.py#L21-L23),\r\nnot in `shop/jar.py:3`.\n"
    );
    let others =
        |note: &str| -> Vec<String> { note.lines().filter(|line| !line.contains(".py")).map(str::to_owned).collect() };
    assert_eq!(others(&before), others(&after));
    assert_eq!(cited(&env), ["shop/jar.py:25-27", "shop/jar.py:21-23", "shop/jar.py:3-3"]);
    assert_eq!(says(&env), "fresh none");
    assert!(!env.kb("check --update").ok().contains("written"));
}

#[test]
fn ci_fails_when_notes_became_false() {
    let env = noted();
    env.kb("check --fail-on stale").ok();
    write(&env, "shop/cookies.py", format!("\n{}", cookies(&env)));
    env.kb("check --fail-on stale").ok();
    env.kb("check --fail-on moved").ends_with(1);
    write(&env, "shop/cookies.py", cookies(&env).replace("86400", "60"));
    env.kb("check --fail-on stale").ends_with(1);
    insta::assert_snapshot!(env.kb("check --fail-on broken --format github"), @"::warning file=shop/cookies.py,line=24,endLine=26,title=kb%3A Cookies (cvhuskdj)::stale: shop/cookies.py:23-25 in SignedCookies.save_cookie");
    let run = env.kb("check --fail-on rotten").ends_with(2);
    assert!(run.stderr.contains("stale"), "{run}");
}

#[test]
fn a_branch_is_told_which_notes_it_makes_false() {
    let env = noted();
    env.kb_reads("add --repo . --title Invoices", "Printed by `shop/invoices.py:7-9`.\n").ok();
    env.git("checkout --quiet -b short");
    write(&env, "shop/cookies.py", cookies(&env).replace("86400", "60"));
    let env = env.commit("cookies live a minute");
    // What is not committed does not count.
    fs::remove_file(env.path("shop/invoices.py")).unwrap();
    let check = env.kb("check --changed main..HEAD --json").json();
    let notes = check["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{check}");
    assert_eq!((&notes[0]["title"], &notes[0]["status"]), (&"Cookies".into(), &"stale".into()));
    assert_eq!(notes[0]["citations"][0]["commits"][0]["subject"], "cookies live a minute");
    env.kb("check --changed main..HEAD --fail-on stale").ends_with(1);
    assert_eq!(env.kb("check --changed main..main --fail-on stale").ok(), "0 notes\n");
    assert_eq!(env.kb("check --changed main").ok(), env.kb("check --changed main...").ok());
    env.kb("check --changed nothing..HEAD").ends_with(2);
}

#[test]
fn a_repository_is_known_wherever_it_is_cloned() {
    let env = noted();
    let status = |env: &Env, line: &str| env.kb_in("../home", line).json()["notes"][0]["status"].clone();
    let elsewhere = env.home().join("elsewhere");
    env.git_in(&env.home(), &format!("clone --quiet {} elsewhere", env.here().display()));
    let text = cookies(&env).replace("86400", "60");
    fs::write(elsewhere.join("shop/cookies.py"), text).unwrap();
    assert_eq!(status(&env, "check --json --kb ../shop/notes"), "fresh");
    assert_eq!(status(&env, "check --json --kb ../shop/notes --repo elsewhere"), "stale");
    // What `--repo` named was seen there, but the one around the notes is nearer.
    assert_eq!(status(&env, "check --json --kb ../shop/notes"), "fresh");
}

#[test]
fn a_remote_branch_that_is_ahead_is_said() {
    let env = Env::shop();
    env.git("config receive.denyCurrentBranch ignore");
    let clone = env.home().join("clone");
    env.git_in(&env.home(), &format!("clone --quiet {} clone", env.here().display()));
    env.kb_reads("add --repo ../home/clone --title Cookies", "Set in `shop/cookies.py:23-25`.\n").ok();
    assert_eq!(env.kb("check").stderr, "");
    let env = env.commit("one").commit("two");
    env.git_in(&clone, "fetch --quiet");
    assert_eq!(
        env.kb_in(&clone, "check --kb ../../shop/notes").stderr,
        "kb: clone: origin/main is 2 commits ahead of what was read\n"
    );
}

#[test]
fn hostile_notes_are_checked_all_the_same() {
    use std::fmt::Write;
    let env = Env::shop();
    let mut big = String::new();
    for line in 0..160_000 {
        writeln!(big, "value_{line} = call(argument_{line}, other)  # a line").unwrap();
    }
    write(&env, "big.py", &big);
    let commit = env.git("rev-parse HEAD");
    let mut note = format!("---\nsubjects:\n  - shop commit={commit} root={commit}\ncitations:\n");
    for at in 1..=10_000 {
        writeln!(
            note,
            "  - big.py:{at}-{} blob=0123456789ab text=0123456789abcdef code=0123456789abcdef in=f",
            at + 50
        )
        .unwrap();
    }
    for path in ["../outside.py:1", "/etc/passwd:1", "a/../../b.py:1", ".git/config:1", "notes/kb.toml:1"] {
        writeln!(note, "  - {path} blob=0123456789ab text=0123456789abcdef").unwrap();
    }
    let env = env.note("hostile", format!("{note}---\n# Hostile\n"));
    env.kb_reads("add --repo .", "x\n").ok();
    let started = std::time::Instant::now();
    let check = env.kb("check hostile.md --json").json();
    let citations = check["notes"][0]["citations"].as_array().unwrap();
    assert_eq!(citations.len(), 10_005);
    assert!(citations[10_000..].iter().all(|one| one["status"] == "broken"), "{:?}", &citations[10_000..]);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn without_git_citations_are_checked_all_the_same() {
    let env = noted();
    write(&env, "shop/cookies.py", format!("\n{}", cookies(&env)));
    let mut command = env.command("check --json");
    command.env("PATH", "/nonexistent");
    let check = env.run(command, "").json();
    assert_eq!(check["notes"][0]["status"], "moved");
}

#[test]
fn several_notes_are_written_that_cite_what_moved() {
    let env = noted();
    env.kb_reads("add --repo . --title Again", "Also `shop/cookies.py:23-25`.\n").ok();
    write(&env, "shop/cookies.py", format!("\n{}", cookies(&env)));
    assert_eq!(env.kb("check --update").ok().matches("written into the note").count(), 2);
    let check = env.kb("check --json").json();
    let notes = check["notes"].as_array().unwrap();
    assert!(notes.iter().all(|note| note["citations"][0]["first"] == 24 && note["status"] == "fresh"), "{check}");
}

#[test]
fn a_note_that_cannot_be_written_is_named_and_the_others_are_written() {
    use std::os::unix::fs::PermissionsExt;
    let env = noted();
    let name = env.notes().remove(0);
    let (path, before) = (env.base().join(&name), env.only_note());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    env.kb_reads("add --repo . --title Again", "Also `shop/cookies.py:23-25`.\n").ok();
    write(&env, "shop/cookies.py", format!("\n{}", cookies(&env)));
    let run = env.kb("check --update").ends_with(0);
    assert_eq!(run.stderr, format!("kb: {name}: left as it is: it is read-only\n"));
    assert_eq!(run.stdout.matches("written into the note").count(), 1);
    assert_eq!(env.without_paths(&fs::read(path).unwrap()), before);
}

#[test]
fn what_a_person_writes_meanwhile_is_kept() {
    let env = noted();
    let path = env.base().join(env.notes().remove(0));
    // It is the note's own text that new places are written into, whenever it was read.
    for turn in 0..5 {
        write(&env, "shop/cookies.py", format!("\n{}", cookies(&env)));
        let writer = std::thread::spawn({
            let path = path.clone();
            move || {
                for line in 0..40 {
                    let text = fs::read_to_string(&path).unwrap();
                    // As editors save: a new file takes the name.
                    let new = path.with_extension(format!("md.{turn}"));
                    fs::write(&new, format!("{text}turn {turn} line {line}\n")).unwrap();
                    fs::rename(&new, &path).unwrap();
                }
            }
        });
        env.kb("check --update").ok();
        writer.join().unwrap();
    }
    // Who reads in the very moment in which kb finds out that it came late writes over what was typed
    // before; that is then among the note's earlier texts.
    let mut texts = vec![fs::read_to_string(&path).unwrap()];
    let earlier = fs::read_dir(env.base().join(".history")).into_iter().flatten().flatten();
    for file in earlier.flat_map(|folder| fs::read_dir(folder.path()).unwrap()) {
        texts.push(fs::read_to_string(file.unwrap().path()).unwrap());
    }
    for (turn, line) in (0..5).flat_map(|turn| (0..40).map(move |line| (turn, line))) {
        let line = format!("turn {turn} line {line}\n");
        assert!(texts.iter().all(|text| text.matches(&line).count() <= 1), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains(&line)), "{line}{texts:?}");
    }
}

#[test]
fn lists_and_searches_are_narrowed_by_how_notes_stand() {
    let env = noted();
    env.kb_reads("add --repo . --title Invoices --tag paper", "Printed by `shop/invoices.py:7-9`.\n").ok();
    env.kb_reads("add --title Alone", "Cites nothing.\n").ok();
    write(&env, "shop/cookies.py", cookies(&env).replace("86400", "60"));
    let titles = |line: &str| -> Vec<String> {
        let json = env.kb(line).any_json();
        let notes = json.get("notes").or(json.get("hits")).unwrap().as_array().unwrap();
        notes.iter().map(|note| note["title"].as_str().unwrap().to_owned()).collect()
    };
    for verb in ["list", "search"] {
        assert_eq!(titles(&format!("{verb} --json is:stale")), ["Cookies"]);
        assert_eq!(titles(&format!("{verb} --json is:fresh")), ["Invoices"]);
        assert_eq!(titles(&format!("{verb} --json is:uncited")), ["Alone"]);
        assert_eq!(titles(&format!("{verb} --json -is:fresh -is:uncited")), ["Cookies"]);
        assert_eq!(titles(&format!("{verb} --json tag:paper is:fresh")), ["Invoices"]);
        assert_eq!(titles(&format!("{verb} --json tag:paper is:stale")), [] as [&str; 0]);
    }
    assert_eq!(env.kb("list is:stale --ids").ok().lines().count(), 1);
    env.kb("list is:rotten").ends_with(2);
}

/// Cites places of a file, writes it as its formatter would, and looks at what is said.
#[track_caller]
fn is_only_reformatted(path: &str, before: &str, places: &[&str], after: &str) {
    let env = Env::shop().file(path, before).commit("before");
    let note: Vec<String> = places.iter().map(|lines| format!("`{path}:{lines}`")).collect();
    env.kb_reads("add --repo . --title Places", note.join("\n")).ok();
    write(&env, path, after);
    let check = env.kb("check --json").json();
    let citations = check["notes"][0]["citations"].as_array().unwrap();
    assert_eq!(citations.len(), places.len(), "{check}");
    for one in citations {
        assert!(one["status"] == "fresh" || one["status"] == "moved", "{one}");
    }
}

#[test]
fn what_black_makes_of_python_reddens_nothing() {
    let before = "from .helpers import redirect as redirect, stream_with_context as stream\n\n\n\
                  def result(id: str, names: str | Template | list[str | Template]) -> dict[str, object]:\n\
                  \x20   ready = {'ready': ready, 'value': result.get(id) if ready else result.result}\n\
                  \x20   with open(names, 'rb') as one, open(ready, 'rb') as other:\n\
                  \x20       return ready\n";
    let after = "from .helpers import (\n    redirect as redirect,\n    stream_with_context as stream,\n)\n\n\n\
                 def result(\n    id: str,\n    names: (\n        str\n        | Template\n        | list[str | Template]\n    ),\n\
                 ) -> dict[str, object]:\n    ready = {\n        \"ready\": ready,\n        \"value\": (\n\
                 \x20           result.get(id)\n            if ready\n            else result.result\n        ),\n    }\n\
                 \x20   with (\n        open(names, \"rb\") as one,\n        open(ready, \"rb\") as other,\n    ):\n        return ready\n";
    is_only_reformatted("a.py", before, &["1", "4-7", "5", "6-7", "7"], after);
}

#[test]
fn what_prettier_makes_of_javascript_reddens_nothing() {
    let one = |name: &str| {
        format!(
            "  it('{name}', function(done){{\n    var app = express()\n    app.use(x => x.on({{ 'cache': false }}))\n  }})\n"
        )
    };
    let other = |name: &str| {
        format!(
            "    it(\"{name}\", function (done) {{\n        var app = express();\n        app.use((x) =>\n            x.on({{\n                cache: false,\n            }}),\n        );\n    }});\n"
        )
    };
    let before = format!("describe('a', function(){{\n{}{}{}}})\n", one("first"), one("second"), one("third"));
    let after =
        format!("describe(\"a\", function () {{\n{}{}{}}});\n", other("first"), other("second"), other("third"));
    // The same line in three tests: each stays where it was.
    is_only_reformatted("a.js", &before, &["1-14", "3", "4", "7", "6-9", "11-12"], &after);
}

#[test]
fn what_rustfmt_makes_of_rust_reddens_nothing() {
    let before = "fn short(flag: &Flag) -> String {\n    let cut = |line: &str| line.trim().to_owned();\n\
                  \x20   match flag.name_short() {\n        None => cut(\"\"),\n\
                  \x20       Some(byte) => format!(\"-s {}\", char::from(byte)),\n    }\n}\n";
    let after = "fn short(\n    flag: &Flag,\n) -> String {\n    let cut = |line: &str| {\n        line.trim()\n            .to_owned()\n    };\n\
                 \x20   match flag.name_short() {\n        None => cut(\"\"),\n        Some(byte) => {\n\
                 \x20           format!(\n                \"-s {}\",\n                char::from(byte)\n            )\n        }\n    }\n}\n";
    is_only_reformatted("a.rs", before, &["1-7", "2", "3-6", "5"], after);
}

#[test]
fn where_git_no_longer_holds_what_was_read_the_note_s_hashes_decide() {
    // A squash, and everything before it is swept away.
    let env = noted();
    write(&env, "shop/cookies.py", format!("\n{}", cookies(&env)));
    let env = env.commit("shifted");
    env.git("checkout --quiet --orphan squashed");
    let env = env.commit("squashed");
    env.git("branch --quiet -D main");
    env.git("reflog expire --expire=now --all");
    env.git("gc --quiet --prune=now");
    assert_eq!(says(&env), "moved none shop/cookies.py:24-26");
    write(&env, "shop/cookies.py", cookies(&env).replace("httponly=True)", "httponly=True)  # no script"));
    assert_eq!(says(&env), "moved comments shop/cookies.py:24-26");
    write(&env, "shop/cookies.py", cookies(&env).replace("86400", "60"));
    assert_eq!(says(&env), "stale lines");
    fs::rename(env.path("shop/cookies.py"), env.path("shop/jar.py")).unwrap();
    assert_eq!(says(&env), "broken lines");
}

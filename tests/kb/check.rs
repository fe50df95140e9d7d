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
fn uncommitted_work_is_remembered_where_git_does_not_hold_it() {
    let env = Env::shop();
    let text = cookies(&env).replace("86400", "3600");
    write(&env, "shop/cookies.py", &text);
    env.kb_reads("add --repo . --title Cookies", "Set in `shop/cookies.py:23-25`.\n").ok();
    write(&env, "shop/cookies.py", text.replace("max_age=3600, ", "\n            max_age=3600, "));
    assert_eq!(says(&env), "moved comments shop/cookies.py:23-26");
}

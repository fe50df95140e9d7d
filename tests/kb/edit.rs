//! Changing a note in an editor: scripts stand for editors.

use crate::harness::{Env, Run};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn edit(env: &Env, script: &str) -> Run {
    let editor = env.home().join("editor");
    fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = env.command("edit one.md");
    command.env("VISUAL", format!("'{}' --wait", editor.display()));
    env.run(command, "")
}

#[test]
fn what_the_editor_saves_is_the_note() {
    let env = Env::new().note("one", "# One\n");
    edit(&env, "[ \"$1\" = --wait ] && echo more >> \"$2\"").ok();
    assert_eq!(fs::read_to_string(env.base().join("one.md")).unwrap(), "# One\nmore\n");
    assert_eq!(env.kb("search more --json").json()["total"], 1);
}

#[test]
fn a_failing_editor_changes_nothing() {
    let env = Env::new().note("one", "# One\n");
    edit(&env, "echo more >> \"$2\"; exit 1").ends_with(3);
    assert_eq!(fs::read_to_string(env.base().join("one.md")).unwrap(), "# One\n");
    env.kb("edit one.md").ends_with(3);
}

#[test]
fn both_texts_are_kept_when_the_note_changed_meanwhile() {
    let env = Env::new().note("one", "# One\n");
    let theirs = env.base().join("one.md");
    let run = edit(&env, &format!("echo mine >> \"$2\"; echo theirs >> '{}'", theirs.display())).ends_with(3);
    assert_eq!(fs::read_to_string(theirs).unwrap(), "# One\ntheirs\n");
    assert_eq!(fs::read_to_string(env.base().join("one-edited-1.md")).unwrap(), "# One\nmine\n");
    insta::assert_snapshot!(run, @"
    --- stderr
    kb: cannot change `/shop/notes/one.md` (`/shop/notes/one.md` changed while kb was at work on it); your text is in `/shop/notes/one-edited-1.md`
    hint: what is in the note now and your text are both kept: bring them together
    --- exit code 3
    ");
}

#[test]
fn the_mode_of_the_file_stays() {
    let env = Env::new().note("one", "# One\n");
    let path = env.base().join("one.md");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    edit(&env, "echo more >> \"$2\"").ok();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_was_edited_is_kept_when_the_note_is_gone() {
    let env = Env::new().note("one", "# One\n");
    let note = env.base().join("one.md");
    let run = edit(&env, &format!("echo mine >> \"$2\"; rm '{}'", note.display())).ends_with(3);
    assert_eq!(fs::read_to_string(env.base().join("one-edited-1.md")).unwrap(), "# One\nmine\n", "{run}");
}

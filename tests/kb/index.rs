//! The index is never believed over the files: whatever happens to them, or to it.

#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "names that tantivy gives")]

use crate::notes_folder::Notes;
use kb::index::{Index, Rebuilt, SetAside, Warning};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

#[test]
fn a_new_a_changed_a_moved_and_a_removed_note_are_seen() {
    let notes = Notes::with(&[("a.md", "# Apples"), ("b/b.md", "# Bananas")]);
    assert_eq!(notes.found("apples bananas"), ["a.md", "b/b.md"]);
    notes.write("c.md", "# Cherries");
    assert_eq!(notes.found("cherries"), ["c.md"]);
    notes.write("c.md", "# Dates");
    assert_eq!(notes.found("cherries"), [] as [&str; 0]);
    assert_eq!(notes.found("dates"), ["c.md"]);
    fs::create_dir(notes.path("d")).unwrap();
    fs::rename(notes.path("c.md"), notes.path("d/e.md")).unwrap();
    assert_eq!(notes.found("dates"), ["d/e.md"]);
    fs::rename(notes.path("b"), notes.path("d/b")).unwrap();
    assert_eq!(notes.found("bananas"), ["d/b/b.md"]);
    fs::remove_file(notes.path("a.md")).unwrap();
    assert_eq!(notes.found("apples"), [] as [&str; 0]);
    fs::remove_dir_all(notes.path("d")).unwrap();
    assert_eq!(notes.found("dates bananas"), [] as [&str; 0]);
}

#[test]
fn an_edit_that_keeps_size_and_time_is_seen() {
    let notes = Notes::with(&[("a.md", "the word is apple"), ("b.md", "another")]);
    notes.settle();
    notes.rewrite_in_secret("a.md", "the word is grape");
    assert_eq!(notes.found("grape"), ["a.md"]);
    assert_eq!(notes.found("apple"), [] as [&str; 0]);
}

#[test]
fn an_edit_right_after_the_index_is_seen() {
    let notes = Notes::with(&[("a.md", "0000")]);
    for turn in 1..40 {
        notes.rewrite_in_secret("a.md", &format!("word{turn:04}"));
        assert_eq!(notes.found(&format!("word{turn:04}")), ["a.md"]);
    }
}

#[test]
fn a_file_put_in_place_of_another_is_seen() {
    let notes = Notes::with(&[("a.md", "the word is apple"), (".new", "the word is grape")]);
    notes.settle();
    let modified = fs::metadata(notes.path("a.md")).unwrap().modified().unwrap();
    File::options().write(true).open(notes.path(".new")).unwrap().set_modified(modified).unwrap();
    fs::rename(notes.path(".new"), notes.path("a.md")).unwrap();
    assert_eq!(notes.found("grape"), ["a.md"]);
}

#[test]
fn two_notes_that_change_places_are_seen() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape")]);
    notes.settle();
    fs::rename(notes.path("a.md"), notes.path("c")).unwrap();
    fs::rename(notes.path("b.md"), notes.path("a.md")).unwrap();
    fs::rename(notes.path("c"), notes.path("b.md")).unwrap();
    assert_eq!(notes.found("apple"), ["b.md"]);
    assert_eq!(notes.found("grape"), ["a.md"]);
}

#[test]
fn a_time_in_the_future_hides_no_edit() {
    let notes = Notes::with(&[("a.md", "the word is apple")]);
    let future = SystemTime::now() + Duration::from_secs(1_000_000);
    let set = || {
        File::options().write(true).open(notes.path("a.md")).unwrap().set_modified(future).unwrap();
    };
    set();
    notes.settle();
    notes.write("a.md", "the word is grape");
    set();
    assert_eq!(notes.found("grape"), ["a.md"]);
}

#[test]
fn hidden_files_and_folders_hold_no_notes() {
    let notes =
        Notes::with(&[(".hidden.md", "apple"), (".trash/a.md", "apple"), ("a.txt", "apple"), ("b.md", "apple")]);
    assert_eq!(notes.found("apple"), ["b.md"]);
}

#[test]
fn what_is_excluded_is_not_indexed() {
    let notes = Notes::with(&[("drafts/a.md", "apple"), ("b.md", "apple"), ("c.tmp.md", "apple")]);
    let exclude = ["drafts/".to_owned(), "*.tmp.md".to_owned()];
    assert_eq!(notes.index().len(), 3);
    notes.index().persist().unwrap();
    for _ in 0..2 {
        let index = Index::up_to_date(notes.root(), &exclude).unwrap();
        assert_eq!(index.listed().map(|listed| listed.file()).collect::<Vec<_>>(), ["b.md"]);
        index.persist().unwrap();
    }
    assert_eq!(notes.index().len(), 3);
}

#[test]
fn hostile_files_are_indexed_as_far_as_possible_or_set_aside_by_name() {
    let notes = Notes::with(&[("good.md", "apple"), ("empty.md", "")]);
    notes.write("bytes.md", b"apple \xff\xfe pie");
    notes.write("broken.md", "---\n: [ {\n---\n# Apple\n");
    notes.write("bom.md", "\u{feff}---\r\ntags: [x]\r\n---\r\n# Apple\r\n");
    notes.write("folder.md/inner.md", "apple");
    notes.write("large.md", format!("apple\n{}\nunreached", "filler words here\n".repeat(600_000)));
    notes.write("nul.md", b"apple\0\0\0");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(notes.path("good.md"), notes.path("link.md")).unwrap();
        std::os::unix::fs::symlink("/etc", notes.path("etc.md")).unwrap();
        std::os::unix::fs::symlink(notes.root(), notes.path("loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", notes.path("dangling.md")).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(notes.path("fifo.md")).status().unwrap();
        assert!(fifo.success());
    }
    let expected = ["bom.md", "broken.md", "bytes.md", "folder.md/inner.md", "good.md", "large.md", "nul.md"];
    let index = notes.index();
    let set_aside = |file: &str, why| Warning::SetAside { file: file.to_owned(), why };
    for file in ["link.md", "etc.md", "dangling.md"] {
        assert!(index.warnings().contains(&set_aside(file, SetAside::Link)), "{:?}", index.warnings());
    }
    assert!(index.warnings().contains(&set_aside("fifo.md", SetAside::NoFile)));
    let said: Vec<String> = index.warnings().iter().map(ToString::to_string).collect();
    for file in ["bytes.md", "broken.md", "large.md"] {
        assert_eq!(said.iter().filter(|line| line.contains(file)).count(), 1, "{said:?}");
    }
    assert!(said.iter().all(|line| !line.contains('\n')));
    drop(index);
    assert_eq!(notes.found("apple"), expected);
    assert_eq!(notes.found("unreached"), [] as [&str; 0]);
    assert_eq!(notes.index().len(), expected.len() + 1);
}

#[test]
fn a_note_of_a_name_that_is_no_text_is_set_aside() {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let notes = Notes::with(&[("good.md", "apple")]);
        fs::write(notes.root().join(std::ffi::OsStr::from_bytes(b"bad\xff.md")), "apple").unwrap();
        assert_eq!(notes.search("apple").files, ["good.md"]);
        assert!(matches!(notes.index().warnings(), [Warning::SetAside { why: SetAside::Name, .. }]));
    }
}

#[test]
fn deep_folders_are_no_trouble() {
    let notes = Notes::new();
    notes.write(&format!("{}deep.md", "a/".repeat(300)), "apple");
    assert_eq!(notes.search("apple").files.len(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let missing = Notes::new().path("missing");
    assert!(Index::up_to_date(&missing, &[]).unwrap_err().to_string().contains("missing"));
}

#[test]
fn an_unchanged_folder_says_nothing_and_writes_nothing() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "apple")]);
    notes.settle();
    notes.settle();
    let before = files_of(&notes.path(".kb"));
    assert_eq!(notes.search("apple").warnings, [] as [&str; 0]);
    assert_eq!(files_of(&notes.path(".kb")), before);
}

#[test]
fn reading_never_changes_a_note() {
    let notes = Notes::with(&[("a.md", "---\r\nid: x\r\n---\r\n# A\r\n"), ("b.md", "no end of line")]);
    let before: Vec<_> = ["a.md", "b.md"]
        .map(|file| (fs::read(notes.path(file)).unwrap(), fs::metadata(notes.path(file)).unwrap().modified().unwrap()))
        .into();
    notes.search("a");
    notes.settle();
    let after: Vec<_> = ["a.md", "b.md"]
        .map(|file| (fs::read(notes.path(file)).unwrap(), fs::metadata(notes.path(file)).unwrap().modified().unwrap()))
        .into();
    assert_eq!(before, after);
}

#[test]
fn the_index_is_ignored_by_git() {
    let notes = Notes::with(&[("a.md", "apple")]);
    notes.search("apple");
    assert_eq!(fs::read_to_string(notes.path(".kb/.gitignore")).unwrap(), "*\n");
}

#[test]
fn a_missing_index_is_made_anew_with_a_line() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape")]);
    notes.search("apple");
    fs::remove_dir_all(notes.path(".kb")).unwrap();
    let found = notes.search("apple");
    assert_eq!(found.files, ["a.md"]);
    assert_eq!(found.warnings.len(), 1, "{found:?}");
    assert_eq!(notes.search("apple").warnings, [] as [&str; 0]);
}

#[test]
fn the_first_note_of_a_knowledge_base_is_indexed_without_a_word() {
    let notes = Notes::with(&[("a.md", "apple")]);
    assert_eq!(notes.search("apple").warnings, [] as [&str; 0]);
}

/// A byte flipped anywhere in the index: the answer is the same, or the index is made anew.
#[test]
fn a_damaged_index_never_gives_a_wrong_answer() {
    let notes = Notes::new();
    for number in 0..30 {
        notes.write(&format!("{number}.md"), format!("# Note {number}\n\napple number{number} `set_signed_cookie`"));
    }
    let expected = notes.found("apple");
    notes.search("apple");
    notes.settle();
    let files = files_of(&notes.path(".kb"));
    assert!(files.len() > 6);
    for (name, bytes) in &files {
        let places = (0..bytes.len()).step_by((bytes.len() / 12).max(1));
        for place in places.chain(bytes.len().checked_sub(1)) {
            restore(&notes.path(".kb"), &files);
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x55;
            fs::write(notes.path(".kb").join(name), &damaged).unwrap();
            for words in ["apple", "signed cookie", "number7"] {
                let index = notes.index();
                let query = kb::search::Query::parse(&[words.to_owned()]).unwrap();
                let results = kb::search::run(&index, &query, 100).unwrap();
                let count = if words == "number7" { 1 } else { expected.len() };
                let all = results.hits.len();
                assert!(all >= count, "{name} at {place}: {words} finds {all}");
            }
        }
    }
}

#[test]
fn a_table_that_is_not_kb_s_is_replaced_with_a_line() {
    for (text, why) in [("", Rebuilt::Foreign), ("hello\n", Rebuilt::Foreign), ("kbindex\n", Rebuilt::Damaged)] {
        let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape"), (".kb/state", text)]);
        let index = notes.index();
        assert_eq!(index.warnings(), [Warning::Rebuilt { why }], "{text:?}");
        index.persist().unwrap();
        assert_eq!(notes.search("apple").warnings, [] as [&str; 0]);
    }
}

#[test]
fn an_index_of_another_version_is_made_anew() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape")]);
    notes.search("apple");
    let mut state = fs::read(notes.path(".kb/state")).unwrap();
    state[8] += 1;
    fs::write(notes.path(".kb/state"), state).unwrap();
    assert_eq!(notes.index().warnings(), [Warning::Rebuilt { why: Rebuilt::OtherVersion }]);
    assert_eq!(notes.search("apple").files, ["a.md"]);
}

#[test]
fn missing_segments_are_made_anew() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape")]);
    notes.search("apple");
    for (name, _) in files_of(&notes.path(".kb")).iter().filter(|(name, _)| name.ends_with(".idx")) {
        fs::remove_file(notes.path(".kb").join(name)).unwrap();
    }
    assert_eq!(notes.index().warnings(), [Warning::Rebuilt { why: Rebuilt::Damaged }]);
    assert_eq!(notes.search("apple").files, ["a.md"]);
    assert_eq!(notes.search("apple").warnings, [] as [&str; 0]);
}

#[test]
fn foreign_files_in_the_folder_of_the_index_are_left_alone() {
    let notes = Notes::with(&[
        ("a.md", "apple"),
        (".kb/mine.txt", "mine"),
        (".kb/0123.idx", "mine"),
        (".kb/sub/x.idx", "mine"),
    ]);
    for turn in 0..20 {
        notes.write("b.md", format!("turn {turn}"));
        notes.search("apple");
    }
    for file in ["mine.txt", "0123.idx", "sub/x.idx"] {
        assert_eq!(fs::read_to_string(notes.path(".kb").join(file)).unwrap(), "mine");
    }
}

#[test]
fn what_dead_writers_left_is_cleared_away() {
    let left = "0123456789abcdef0123456789abcdef.idx";
    let notes = Notes::with(&[("a.md", "apple"), (&format!(".kb/{left}"), "x"), (".kb/new-1.tmp", "x")]);
    notes.search("apple");
    assert!(!notes.path(".kb").join(left).exists() && !notes.path(".kb/new-1.tmp").exists());
}

#[cfg(unix)]
#[test]
fn an_index_folder_that_is_a_link_is_not_touched() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape")]);
    let elsewhere = Notes::with(&[("0123456789abcdef0123456789abcdef.idx", "precious"), ("state", "precious")]);
    std::os::unix::fs::symlink(elsewhere.root(), notes.path(".kb")).unwrap();
    for _ in 0..2 {
        let found = notes.search("apple");
        assert_eq!(found.files, ["a.md"]);
        assert!(found.warnings[0].contains("cannot be kept"), "{found:?}");
    }
    assert_eq!(files_of(elsewhere.root()).len(), 2);
    assert!(files_of(elsewhere.root()).iter().all(|(_, bytes)| bytes == b"precious"));
}

#[cfg(unix)]
#[test]
fn links_inside_the_index_folder_are_not_written_through() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape"), (".kb/x", "")]);
    let elsewhere = Notes::with(&[("target", "precious")]);
    for name in ["state", "lock"] {
        std::os::unix::fs::symlink(elsewhere.path("target"), notes.path(".kb").join(name)).unwrap();
    }
    assert_eq!(notes.search("apple").files, ["a.md"]);
    assert_eq!(notes.search("grape").files, ["b.md"]);
    assert_eq!(fs::read_to_string(elsewhere.path("target")).unwrap(), "precious");
}

/// Root may write anywhere, so a file where the folder should be stands for a read-only medium.
#[test]
fn where_nothing_can_be_written_search_works_all_the_same() {
    let notes = Notes::with(&[("a.md", "apple"), (".kb", "a file")]);
    assert_eq!(notes.search("apple").files, ["a.md"]);
    notes.write("b.md", "apple");
    assert_eq!(notes.found("apple"), ["a.md", "b.md"]);
    assert_eq!(fs::read_to_string(notes.path(".kb")).unwrap(), "a file");
}

#[test]
fn a_held_lock_stops_no_reader() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "apple")]);
    notes.search("apple");
    let lock = File::options().write(true).open(notes.path(".kb/lock")).unwrap();
    lock.lock().unwrap();
    let before = fs::read(notes.path(".kb/state")).unwrap();
    notes.write("c.md", "apple");
    assert_eq!(notes.found("apple"), ["a.md", "b.md", "c.md"]);
    assert_eq!(fs::read(notes.path(".kb/state")).unwrap(), before);
    drop(lock);
    notes.search("apple");
    assert_ne!(fs::read(notes.path(".kb/state")).unwrap(), before);
}

#[test]
fn many_changes_take_two_seconds_at_most_and_go_on_where_they_stopped() {
    let notes = Notes::new();
    for number in 0..1200 {
        notes.write(&format!("{}/{number}.md", number % 7), format!("# Note {number}\n\napple"));
    }
    let mut rounds = 0;
    let mut before = usize::MAX;
    loop {
        let index = Index::within(notes.root(), &[], Duration::from_millis(20)).unwrap();
        let complete = index.complete();
        assert!(index.len() + index.left() >= 1200);
        assert!(1200 - index.len() < before || index.len() == 1200, "no progress");
        before = 1200 - index.len();
        index.persist().unwrap();
        rounds += 1;
        if complete {
            break;
        }
    }
    assert!(rounds > 1);
    assert_eq!(notes.results("apple").total, 1200);
}

#[test]
fn a_note_changed_many_times_leaves_few_segments() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "grape")]);
    for turn in 0..60 {
        notes.write("a.md", format!("apple {}", word(turn)));
        notes.write(&format!("n{turn}.md"), format!("grape {}", word(turn)));
        assert_eq!(notes.found(&word(turn)).len(), 2);
    }
    let segments = files_of(&notes.path(".kb")).iter().filter(|(name, _)| name.ends_with(".idx")).count();
    assert!(segments < 12, "{segments} segments");
    assert_eq!(notes.found("apple"), ["a.md"]);
    assert_eq!(notes.found("grape").len(), 61);
    for turn in 0..59 {
        assert_eq!(notes.found(&word(turn)), [format!("n{turn}.md")]);
    }
}

#[test]
fn sixteen_at_once_lose_nothing() {
    let notes = Notes::new();
    std::thread::scope(|scope| {
        for worker in 0..16 {
            let notes = &notes;
            scope.spawn(move || {
                for turn in 0..12 {
                    let word = word(worker * 100 + turn);
                    notes.write(&format!("{word}.md"), format!("apple {word}"));
                    assert_eq!(notes.found(&word), [format!("{word}.md")]);
                }
            });
        }
    });
    assert_eq!(notes.found("apple").len(), 16 * 12);
}

#[test]
fn a_note_without_an_id_gets_one_from_its_path() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "---\nid: Foreign-1\n---\ngrape")]);
    let ids = |notes: &Notes| -> Vec<String> {
        let mut entries = notes.index().entries().unwrap();
        entries.sort_by(|a, b| a.file.cmp(&b.file));
        entries.iter().map(|entry| entry.id.as_str().to_owned()).collect()
    };
    let before = ids(&notes);
    assert_eq!(before[1], "Foreign-1");
    assert_eq!(before[0].len(), 8);
    notes.settle();
    assert_eq!(ids(&notes), before);
    fs::rename(notes.path("a.md"), notes.path("c.md")).unwrap();
    assert_ne!(ids(&notes)[1], before[0]);
}

#[test]
fn entries_come_newest_first() {
    let note = |created: &str| format!("---\ncreated: {created}\n---\ntext");
    let notes = Notes::with(&[
        ("old.md", &note("2020-01-01T00:00:00Z")),
        ("new.md", &note("2026-01-01T00:00:00Z")),
        ("middle.md", &note("2023-01-01T00:00:00Z")),
    ]);
    let files: Vec<String> = notes.index().entries().unwrap().into_iter().map(|entry| entry.file).collect();
    assert_eq!(files, ["new.md", "middle.md", "old.md"]);
    assert_eq!(notes.index().newest(1).unwrap().len(), 1);
}

/// A word without digits, which would be parts of their own.
fn word(number: usize) -> String {
    let letters = number
        .to_string()
        .bytes()
        .map(|digit| char::from(b"bcdfghjklm"[usize::from(digit - b'0')]))
        .collect::<String>();
    format!("q{letters}x")
}

fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut files: Vec<(String, Vec<u8>)> =
        files.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

fn restore(folder: &Path, files: &[(String, Vec<u8>)]) {
    for (name, _) in files_of(folder) {
        fs::remove_file(folder.join(name)).unwrap();
    }
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

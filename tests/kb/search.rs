//! What is found, and how it is asked for.

use crate::notes_folder::Notes;
use kb::search::{HandleError, Query, QueryError, find, run};
use proptest::prelude::*;
use std::fmt::Write;

#[track_caller]
fn check(notes: &Notes, words: &str, expected: &[&str]) {
    assert_eq!(notes.found(words), expected, "{words}");
}

fn family() -> Notes {
    Notes::with(&[
        ("snake.md", "`set_signed_cookie` writes it"),
        ("camel.md", "calls setSignedCookie at once"),
        ("pascal.md", "the SecureCookieSessionInterface"),
        ("plural.md", "all signed_cookies"),
        ("getter.md", "see `get_signed_cookie()`"),
        ("words.md", "how signed cookies work"),
        ("http.md", "then get_http_response is called"),
        ("none.md", "nothing of the sort"),
    ])
}

#[test]
fn an_identifier_is_found_by_its_parts_and_the_other_way_round() {
    let notes = family();
    check(&notes, "signed cookie", &["camel.md", "getter.md", "pascal.md", "plural.md", "snake.md", "words.md"]);
    assert!(!notes.search("signed cookie").files[..5].contains(&"pascal.md".to_owned()));
    for words in ["setSignedCookie", "set_signed_cookie", "setsignedcookie", "SET_SIGNED_COOKIE"] {
        let first = notes.search(words).files;
        assert_eq!(
            first.iter().take(2).filter(|file| ["snake.md", "camel.md"].contains(&file.as_str())).count(),
            2,
            "{words}: {first:?}"
        );
    }
    for words in ["getHTTPResponse", "get_http_response", "gethttpresponse", "GetHttpResponse", "http response"] {
        assert_eq!(notes.search(words).files[0], "http.md", "{words}");
    }
    assert_eq!(notes.search("secure cookie session").files[0], "pascal.md");
}

#[test]
fn english_is_stemmed_and_identifiers_are_not() {
    let notes =
        Notes::with(&[("a.md", "the parser is running"), ("b.md", "`runningTotals` is a name"), ("c.md", "other")]);
    check(&notes, "runs", &["a.md", "b.md"]);
    check(&notes, "parsers", &["a.md"]);
    check(&notes, "runningtotals", &["b.md"]);
    check(&notes, "runningtotal", &["b.md"]);
}

#[test]
fn accents_and_scripts_without_spaces_are_no_hurdle() {
    let notes = Notes::with(&[
        ("a.md", "Le café est fermé"),
        ("b.md", "署名付きクッキーはどこで設定されますか"),
        ("c.md", "签名的会话存储在哪里"),
        ("d.md", "어디에 저장"),
        ("e.md", "Größe der Straße"),
    ]);
    check(&notes, "cafe", &["a.md"]);
    check(&notes, "CAFÉ", &["a.md"]);
    check(&notes, "cafe\u{301}", &["a.md"]);
    check(&notes, "クッキー", &["b.md"]);
    check(&notes, "設定", &["b.md"]);
    check(&notes, "会话", &["c.md"]);
    check(&notes, "话", &["c.md"]);
    check(&notes, "\"会话存储\"", &["c.md"]);
    check(&notes, "저장", &["d.md"]);
    check(&notes, "grosse", &[]);
    check(&notes, "grösse größe", &["e.md"]);
}

#[test]
fn phrases_are_words_in_a_row() {
    let notes = Notes::with(&[
        ("a.md", "# Title\n\nfiles are written to a temporary `file name` on disk"),
        ("b.md", "# Title\n\na file is temporary, to it are written files"),
        ("c.md", "calls `writeTemporaryFile`"),
    ]);
    check(&notes, "\"written to a temporary\"", &["a.md"]);
    check(&notes, "\"temporary file name on\"", &["a.md"]);
    check(&notes, "\"temporary file\"", &["a.md", "c.md"]);
    check(&notes, "\"temporary file\" -disk", &["c.md"]);
    check(&notes, "temporary -\"file is\"", &["a.md", "c.md"]);
    check(&notes, "\"temporary file", &["a.md", "c.md"]);
    check(&notes, "\"no such words\"", &[]);
}

#[test]
fn what_is_unwanted_is_left_out() {
    let notes = Notes::with(&[
        ("a.md", "---\nsubjects: [flask]\n---\ncookies"),
        ("b.md", "cookies of flask"),
        ("c.md", "---\ntags: [flask]\n---\ncookies"),
        ("d.md", "cookies of others"),
    ]);
    check(&notes, "cookies -flask", &["d.md"]);
    check(&notes, "cookies -tag:flask", &["a.md", "b.md", "d.md"]);
    check(&notes, "-flask", &["d.md"]);
    check(&notes, "cookies -", &["a.md", "b.md", "c.md", "d.md"]);
}

#[test]
fn filters_narrow_a_search() {
    let notes = Notes::with(&[
        (
            "auth/a.md",
            "---\nid: aaaa2222\ncreated: 2026-03-01T12:00:00Z\nagent: claude\ntags: [Web Stuff, cookies]\nsubjects:\n  - flask git=https://github.com/pallets/flask.git commit=0123456789abcdef0123456789abcdef01234567\ncitations:\n  - src/flask/sessions.py:1-2 blob=9c1f0e77a1b2 text=5d41402abc4b2a76\n---\ntext",
        ),
        (
            "b.md",
            "---\nid: bbbb2222\ncreated: 2026-05-01T12:00:00Z\nagent: scout\ntags: [cookies]\nsubjects:\n  - werkzeug package=pypi:werkzeug@3.1.3\ncitations:\n  - src/http.py:3 blob=9c1f0e77a1b2 text=5d41402abc4b2a76\n---\ntext",
        ),
    ]);
    for (words, expected) in [
        ("tag:cookies", &["auth/a.md", "b.md"][..]),
        ("tag:Cookies text", &["auth/a.md", "b.md"]),
        ("tag:\"web stuff\"", &["auth/a.md"]),
        ("tag:cookie", &[]),
        ("repo:flask", &["auth/a.md"]),
        ("repo:pallets/flask", &["auth/a.md"]),
        ("repo:https://github.com/pallets/flask", &["auth/a.md"]),
        ("repo:werkzeug", &["b.md"]),
        ("repo:pypi:werkzeug", &["b.md"]),
        ("-repo:flask", &["b.md"]),
        ("agent:scout", &["b.md"]),
        ("path:src", &["auth/a.md", "b.md"]),
        ("path:src/flask", &["auth/a.md"]),
        ("path:sessions.py", &["auth/a.md"]),
        ("path:auth/", &["auth/a.md"]),
        ("-path:auth", &["b.md"]),
        ("after:2026-05-01", &["b.md"]),
        ("after:2026-05-02", &[]),
        ("before:2026-05-01", &["auth/a.md"]),
        ("before:2026-05-01T12:00:00Z", &["auth/a.md"]),
        ("after:2026-05-01T12:00:00Z", &["b.md"]),
        ("after:2026-01-01 before:2026-04-01 text", &["auth/a.md"]),
        ("tag:cookies agent:claude text", &["auth/a.md"]),
    ] {
        check(&notes, words, expected);
    }
    assert_eq!(notes.search("tag:cookies").files, ["b.md", "auth/a.md"], "newest first");
}

#[test]
fn what_looks_like_a_filter_and_is_none_is_a_word() {
    let notes = Notes::with(&[("a.md", "see `std::fs` and http://example.org"), ("b.md", "path::join")]);
    check(&notes, "std::fs", &["a.md"]);
    check(&notes, "http://example.org", &["a.md"]);
    check(&notes, "path::join", &["b.md"]);
    let query = Query::parse(&["tags:x".to_owned(), "foo:bar".to_owned()]).unwrap();
    let said: Vec<String> = query.suggestions().iter().map(ToString::to_string).collect();
    assert_eq!(said, ["`tags:` is searched as a word; did you mean `tag:`?"]);
}

#[test]
fn a_query_that_asks_nothing_is_an_error() {
    let parse = |text: &str| Query::parse(&[text.to_owned()]);
    for text in ["", "  ", "-", "\"\"", "!?", "-- ..."] {
        assert_eq!(parse(text), Err(QueryError::Empty), "{text:?}");
    }
    assert_eq!(Query::parse(&[]), Err(QueryError::Empty));
    assert_eq!(parse("tag:"), Err(QueryError::NoValue { field: "tag" }));
    assert_eq!(parse("after:soon"), Err(QueryError::Date { field: "after", value: "soon".to_owned() }));
    assert_eq!(parse("is:nice"), Err(QueryError::Status { value: "nice".to_owned() }));
    assert_eq!(parse("is:stale x").unwrap().statuses().len(), 1);
}

#[test]
fn notes_with_all_words_come_first() {
    let notes = Notes::with(&[
        ("one.md", "# Cookies cookies\n\ncookie cookie cookie cookie cookie"),
        ("all.md", "# Other\n\nlong text about a cookie, much of it about other things, and where one is signed"),
        ("x.md", "signed"),
        ("y.md", "signed"),
        ("z.md", "filler"),
    ]);
    let results = notes.results("signed cookie");
    assert_eq!(results.hits[0].entry.file, "all.md");
    assert_eq!(results.total, 4);
    assert!(results.complete);
}

#[test]
fn a_title_counts_more_than_a_body() {
    let filler = "word ".repeat(100);
    let notes = Notes::with(&[
        ("body.md", &format!("# Other\n\nsubprocess {filler}")),
        ("title.md", &format!("# Subprocess\n\n{filler}")),
    ]);
    assert_eq!(notes.search("subprocess").files, ["title.md", "body.md"]);
}

#[test]
fn a_misspelt_word_finds_what_is_nearest() {
    let notes = Notes::with(&[("a.md", "the session serializer"), ("b.md", "`set_signed_cookie`"), ("c.md", "other")]);
    check(&notes, "seession", &["a.md"]);
    check(&notes, "serialzier", &["a.md"]);
    assert_eq!(notes.search("set_sigend_cookie").files[0], "b.md");
    check(&notes, "xyzzyx", &[]);
}

#[test]
fn hits_come_with_what_the_note_says_of_itself() {
    let notes = Notes::with(&[(
        "a.md",
        "---\nid: aaaa2222\ntags: [x, y]\ncitations:\n  - src/a.py:3-9 blob=9c1f0e77a1b2 text=5d41402abc4b2a76\n---\n# The title\n\nsome cookie",
    )]);
    let hit = notes.results("cookie").hits.remove(0);
    assert_eq!((hit.entry.id.as_str(), hit.entry.head.title.as_str()), ("aaaa2222", "The title"));
    assert_eq!(hit.entry.head.tags, ["x", "y"]);
    assert_eq!(hit.entry.head.citations.len(), 1);
}

#[track_caller]
fn snippet(text: &str, words: &str) -> String {
    let notes = Notes::with(&[("a.md", text)]);
    let hit = notes.results(words).hits.remove(0);
    let mut shown = String::new();
    for piece in hit.snippet {
        if piece.hit {
            write!(shown, "[{}]", piece.text).unwrap();
        } else {
            shown.push_str(&piece.text);
        }
    }
    shown
}

#[test]
fn a_snippet_shows_the_best_passage_without_marks() {
    let text = format!(
        "# Title\n\n{}\n\nHere *signed* `cookies` are [set](x.md): `set_signed_cookie`.\n\n{}",
        "filler text. ".repeat(60),
        "more text. ".repeat(60)
    );
    let shown = snippet(&text, "signed cookie");
    assert!(shown.contains("Here [signed] [cookies] are set: set_[signed]_[cookie]."), "{shown}");
    assert!(shown.starts_with("… ") && shown.ends_with(" …"), "{shown}");
    assert!(shown.chars().count() < 300, "{shown}");
    assert_eq!(
        snippet("# Title\n\n- one\n- two\n\n| a | b |\n|---|---|\n| c | d |\n", "title"),
        "one · two · a b · c d"
    );
    assert_eq!(snippet("café au lait", "cafe"), "[café] au lait");
    assert_eq!(snippet("see getHTTPResponse now", "get_http_response"), "see [getHTTPResponse] now");
    assert_eq!(snippet("どこで設定されますか", "設定"), "どこで[設定]されますか");
}

#[test]
fn a_handle_is_an_id_its_beginning_a_path_or_the_newest() {
    let note = |id: &str, day: u32| format!("---\nid: {id}\ncreated: 2026-01-{day:02}T00:00:00Z\n---\n# {id}");
    let notes = Notes::with(&[
        ("a.md", &note("k7f3qdm2", 1)),
        ("b.md", &note("k7fq2xaa", 2)),
        ("sub/c.md", &note("m3xw8r2k", 3)),
        ("copy1.md", &note("twin2222", 4)),
        ("copy2.md", &note("twin2222", 5)),
        ("short.md", &note("ab", 1)),
    ]);
    let index = notes.index();
    let get = |handle: &str| find(handle, notes.root(), &index).map(|entry| entry.file);
    for (handle, file) in [
        ("k7f3qdm2", "a.md"),
        ("k7f3", "a.md"),
        ("m3x", "sub/c.md"),
        ("ab", "short.md"),
        ("@", "copy2.md"),
        ("sub/c.md", "sub/c.md"),
        ("./sub/../a.md", "a.md"),
    ] {
        assert_eq!(get(handle).unwrap(), file, "{handle}");
    }
    assert_eq!(get(notes.path("sub/c.md").to_str().unwrap()).unwrap(), "sub/c.md");
    for handle in ["zzz", "nowhere.md", "K7F3", "../a.md/x", "@1", ""] {
        assert!(matches!(get(handle), Err(HandleError::NoSuchNote { .. } | HandleError::TooShort { .. })), "{handle}");
    }
    assert!(matches!(get("k7"), Err(HandleError::TooShort { .. })));
    for (handle, files) in
        [("k7f", ["a.md", "b.md"]), ("twin2222", ["copy1.md", "copy2.md"]), ("twi", ["copy1.md", "copy2.md"])]
    {
        let Err(HandleError::Ambiguous { candidates, .. }) = get(handle) else { panic!("{handle}") };
        assert_eq!(candidates.iter().map(|candidate| candidate.file.as_str()).collect::<Vec<_>>(), files);
    }
}

#[test]
fn a_hit_whose_file_went_meanwhile_is_not_shown() {
    let notes = Notes::with(&[("a.md", "apple"), ("b.md", "apple")]);
    let index = notes.index();
    std::fs::remove_file(notes.path("a.md")).unwrap();
    let results = run(&index, &Query::parse(&["apple".to_owned()]).unwrap(), 10).unwrap();
    assert_eq!((results.hits.len(), results.total), (1, 1));
}

#[test]
fn a_long_query_is_no_trouble() {
    let notes = family();
    let words = (0..5000).fold(String::new(), |words, number| words + "cookie word" + &number.to_string() + " ");
    assert!(!notes.search(&words).files.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_words_are_too_strange_for_the_parser(words in prop::collection::vec(r#"(-?(tag|path|is|before|x)?:?"?\PC{0,12}"?)"#, 0..5)) {
        let _ = Query::parse(&words);
    }
}

#[test]
fn no_query_is_too_strange_for_search() {
    let notes = family();
    let index = notes.index();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = prop::collection::vec(r#"-?(tag:|path:|repo:)?"?(\PC{0,12}|[a-zA-Z_]{1,12}|設{1,4}定?)"?"#, 1..6);
    runner
        .run(&strategy, |words| {
            if let Ok(query) = Query::parse(&words) {
                run(&index, &query, 10).unwrap();
            }
            Ok(())
        })
        .unwrap();
}

/// Whatever a note holds, it is found by its own words, and its snippet is its own text.
#[test]
fn no_text_is_too_strange_for_a_note() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&(r"(\PC|\s){0,200}", r"[a-z]{4,8}(_[a-z]{2,5}){0,2}"), |(text, name)| {
            let notes = Notes::with(&[("a.md", &format!("{text}\n\n{name} zzz\n"))]);
            prop_assert_eq!(notes.found(&name), ["a.md"]);
            for words in text.split_whitespace().take(3) {
                if Query::parse(&[words.to_owned()]).is_ok() {
                    notes.search(words);
                }
            }
            Ok(())
        })
        .unwrap();
}

//! What a note looks like on a terminal.

use super::render;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

/// Without colours.
fn plain(markdown: &str, width: usize) -> String {
    anstream::adapter::strip_str(&render(markdown, width)).to_string()
}

const ANSWER: &str = "\
# Where signed cookies are set

**`save_session`** of `SecureCookieSessionInterface` signs the session (`src/flask/sessions.py:334-379`) and hands it \
to `Response.set_cookie`; see [the docs](https://flask.palletsprojects.com/quickstart/#sessions).

## How a response gets there

1. `Flask.process_response` (`src/flask/app.py:1285`) calls it after every request, unless the session is null
2. the serializer comes from `get_signing_serializer`:
   - salt `cookie-session`
   - key derivation *hmac*, ~~md5~~ sha1

```python
# sign, then set
val = self.get_signing_serializer(app).dumps(dict(session))
if not val:
\treturn
```

> It is *not* encrypted.

| name | default | line |
| :--- | --- | ---: |
| `SESSION_COOKIE_NAME` | `session` | 12 |
| `SESSION_COOKIE_SECURE` | no | 134 |

---

Also <https://host/x>, ![a cookie](https://host/c.png) and <b>bold</b>.
";

#[test]
fn a_typical_answer_on_80_columns() {
    insta::assert_snapshot!(plain(ANSWER, 80), @r"
    Where signed cookies are set

    save_session of SecureCookieSessionInterface signs the session
    (src/flask/sessions.py:334-379) and hands it to Response.set_cookie; see the
    docs (https://flask.palletsprojects.com/quickstart/#sessions).

    How a response gets there

    1. Flask.process_response (src/flask/app.py:1285) calls it after every request,
       unless the session is null
    2. the serializer comes from get_signing_serializer:
       • salt cookie-session
       • key derivation hmac, ~~md5~~ sha1

        # sign, then set
        val = self.get_signing_serializer(app).dumps(dict(session))
        if not val:
            return

    │ It is not encrypted.

    name                   default  line
    ────────────────────────────────────
    SESSION_COOKIE_NAME    session    12
    SESSION_COOKIE_SECURE  no        134

    ────────────────────────────────────────

    Also https://host/x, image: a cookie (https://host/c.png) and <b>bold</b>.
    ");
}

#[test]
fn a_typical_answer_on_44_columns() {
    insta::assert_snapshot!(plain(ANSWER, 44), @r"
    Where signed cookies are set

    save_session of SecureCookieSessionInterface
    signs the session
    (src/flask/sessions.py:334-379) and hands it
    to Response.set_cookie; see the docs
    (https://flask.palletsprojects.com/quickstart/#sessions).

    How a response gets there

    1. Flask.process_response
       (src/flask/app.py:1285) calls it after
       every request, unless the session is null
    2. the serializer comes from
       get_signing_serializer:
       • salt cookie-session
       • key derivation hmac, ~~md5~~ sha1

        # sign, then set
        val = self.get_signing_serializer(app).dumps(dict(session))
        if not val:
            return

    │ It is not encrypted.

    name                   default  line
    ────────────────────────────────────
    SESSION_COOKIE_NAME    session    12
    SESSION_COOKIE_SECURE  no        134

    ────────────────────────────────────────

    Also https://host/x, image: a cookie
    (https://host/c.png) and <b>bold</b>.
    ");
}

#[test]
fn colours_say_what_is_what() {
    let shown = render("# A `b`\n\n**c _d_** [e](f)\n\n> q\n\n- i", 40).replace('\x1b', "^");
    insta::assert_snapshot!(shown, @r"
    ^[1m^[4mA^[0m ^[1m^[4m^[32mb^[0m

    ^[1mc^[0m ^[1m^[3md^[0m ^[4me^[0m ^[2m(f)^[0m

    ^[2m│ ^[0mq

    ^[2m• ^[0mi
    ");
}

#[test]
fn loose_lists_keep_their_blank_lines_and_tight_ones_have_none() {
    assert_eq!(plain("- a\n- b\n  - c\n- d\n\nafter", 40), "• a\n• b\n  • c\n• d\n\nafter\n");
    assert_eq!(plain("- a\n\n- b\n\n  more\n", 40), "• a\n\n• b\n\n  more\n");
    assert_eq!(plain("9. a\n10. b\n\n    x\n", 40), "9. a\n\n10. b\n\n    x\n");
    assert_eq!(plain("-\n- a\n- > q\n  > r\n", 40), "•\n• a\n• │ q r\n");
}

#[test]
fn foreign_text_reaches_the_terminal_escaped() {
    let hostile =
        "a \x1b[2J b &#27;[31m \u{202e}c `\x07` [x](http://h/\x1b]0;t\x07)\n\n```\n\x1b[1A\r\n```\n\n<i \x1b>";
    let shown = plain(hostile, 60);
    assert!(shown.chars().all(|c| c == '\n' || !kb_obeys(c)), "{shown:?}");
    assert!(shown.contains("a ␛[2J b ␛[31m <U+202E>c ␇"), "{shown}");
}

fn kb_obeys(c: char) -> bool {
    c == '\t' || crate::invisible::must_be_escaped(c)
}

#[test]
fn a_place_in_a_file_is_never_split() {
    let text = "word word (`src/a/very/long/path/to/some/file/sessions.py:334-379`), and src/other/long/file.rs:1-2.";
    for width in 20..60 {
        let shown = plain(text, width);
        assert!(shown.contains("(src/a/very/long/path/to/some/file/sessions.py:334-379),"), "{shown}");
        assert!(shown.contains("src/other/long/file.rs:1-2."), "{shown}");
    }
}

#[test]
fn text_without_spaces_is_broken_where_it_may_be() {
    assert_eq!(
        plain("署名付きクッキーはどこで設定されるか。次の行", 20),
        "署名付きクッキーはど\nこで設定されるか。次\nの行\n"
    );
    assert_eq!(plain(&"x".repeat(45), 20), format!("{0}\n{0}\n{1}\n", "x".repeat(20), "x".repeat(5)));
}

#[test]
fn a_table_that_is_too_wide_is_stacked() {
    let table = "| file | line | what it does |\n|---|---|---|\n\
                 | `src/flask/sessions.py:334-379` | 12 | signs the session |\n| a.py:3 | 4 | x |\n";
    assert_eq!(
        plain(table, 36),
        "file: src/flask/sessions.py:334-379\nline: 12\nwhat it does: signs the session\n────────────────────\n\
         file: a.py:3\nline: 4\nwhat it does: x\n────────────────────\n"
    );
}

#[test]
fn depth_does_not_multiply_the_output() {
    let deep = format!("{}a\n{}", ">".repeat(2_000), "b\n".repeat(1_000));
    assert!(render(&deep, 80).len() < 500_000);
    assert!(plain(&"- ".repeat(60), 80).lines().all(|line| line.width() < 200));
}

#[test]
fn nothing_renders_as_nothing() {
    assert_eq!(render("", 80), "");
    assert_eq!(render("\n\n", 0), "");
}

proptest! {
    #[test]
    fn any_text_renders_in_lines_that_fit(
        text in "([a-zé日👩 ]{0,9}|\\*\\*|\n|\n\n|- |> |1\\. |# |`|\\| a \\| b \\|\n\\|--\\|--\\|\n){0,40}",
        width in 20_usize..80,
    ) {
        let shown = plain(&text, width);
        let deepest = text.matches(['>', '-', '1']).count() * 3;
        for line in shown.lines().filter(|line| !line.starts_with("    ")) {
            prop_assert!(line.width() <= width + deepest, "{:?}", line);
        }
        prop_assert!(shown.is_empty() || shown.ends_with('\n'));
    }
}

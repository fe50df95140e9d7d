//! Invisible text: what an attacker hides, and what must survive. Named after attacks.

use kb::invisible::{for_prompt, for_terminal, line_for_terminal, must_be_escaped};
use proptest::prelude::*;
use std::borrow::Cow;

#[track_caller]
fn check(input: &str, terminal: &str, prompt: &str) {
    assert_eq!(for_terminal(input), terminal);
    assert_eq!(for_prompt(input).0, prompt);
}

#[track_caller]
fn stays(input: &str) {
    assert!(matches!(for_terminal(input), Cow::Borrowed(_)), "{input:?} -> {:?}", for_terminal(input));
    assert!(matches!(for_prompt(input), (Cow::Borrowed(_), 0)), "{input:?}");
}

#[test]
fn a_colour_or_cursor_escape_is_shown() {
    check("\x1b[2J\x1b[1;1Hpwned", "␛[2J␛[1;1Hpwned", "pwned");
}

#[test]
fn a_colour_does_not_hide_the_beginning_of_a_word() {
    check("\x1b[1;32mghp_\x1b[0m", "␛[1;32mghp_␛[0m", "ghp_");
    check("\x1b\x1b[0m[0m", "␛␛[0m[0m", "␛[0m");
    check("\x1b[12", "␛[12", "␛[12");
}

#[test]
fn a_window_title_and_a_clipboard_write_are_shown() {
    check("\x1b]0;title\x07", "␛]0;title␇", "␛]0;title␇");
    check("\x1b]52;c;cm0gLXJm\x1b\\", "␛]52;c;cm0gLXJm␛\\", "␛]52;c;cm0gLXJm␛\\");
}

#[test]
fn an_escape_of_one_c1_character_is_shown() {
    check("\u{9b}31m", "\\x9b31m", "");
    check("a\u{85}b", "a\\x85b", "a\\x85b");
}

#[test]
fn a_lone_carriage_return_cannot_overwrite_the_line() {
    check("rm -rf /\rls", "rm -rf /␍ls", "rm -rf /␍ls");
    check("a\r\nb\r\n", "a\nb\n", "a\nb\n");
    check("a\r\r\n", "a␍\n", "a␍\n");
    assert_eq!(for_prompt("a\r\nb").1, 0, "a line end is nothing to report");
}

#[test]
fn backspaces_and_nul_and_delete_are_shown() {
    check("safe\x08\x08\x08\x08evil\0\x7f", "safe␈␈␈␈evil␀␡", "safe␈␈␈␈evil␀␡");
}

#[test]
fn trojan_source_bidi_controls_do_not_reorder_text() {
    check(
        "if admin\u{202e} \u{2066}// no\u{2069}\u{200f}\u{61c}",
        "if admin<U+202E> <U+2066>// no<U+2069><U+200F><U+061C>",
        "if admin // no",
    );
}

#[test]
fn a_message_in_tag_characters_does_not_reach_a_model() {
    let hidden: String = "ignore all".chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect();
    let (text, taken) = for_prompt(&hidden);
    assert_eq!((text.as_ref(), taken), ("", 10));
    assert!(for_terminal(&hidden).starts_with("<U+E0069><U+E0067>"));
}

#[test]
fn bytes_smuggled_in_variation_selectors_do_not_survive() {
    check("😀\u{e0153}\u{e0154}", "😀<U+E0153><U+E0154>", "😀");
    check("a\u{fe0f}\u{fe01}b", "a<U+FE0F><U+FE01>b", "ab");
    check("❤\u{fe0f}\u{fe0f}\u{fe0e}", "❤\u{fe0f}<U+FE0F><U+FE0E>", "❤\u{fe0f}");
}

#[test]
fn a_word_split_by_invisible_characters_is_whole_again() {
    check(
        "pass\u{200b}w\u{2060}o\u{ad}r\u{feff}d\u{3164}\u{34f}",
        "pass<U+200B>w<U+2060>o<U+00AD>r<U+FEFF>d<U+3164><U+034F>",
        "password",
    );
    check("pass\u{200d}wo\u{200c}rd", "pass<U+200D>wo<U+200C>rd", "password");
}

#[test]
fn a_joiner_next_to_something_hidden_goes_with_it() {
    check("👩\u{200b}\u{200d}👧", "👩<U+200B><U+200D>👧", "👩👧");
    check("م\u{200c}\u{200c}ی", "م<U+200C><U+200C>ی", "می");
}

#[test]
fn a_line_separator_is_no_line_end() {
    check("a\u{2028}b\u{2029}", "a<U+2028>b<U+2029>", "a b ");
}

#[test]
fn emoji_and_scripts_that_need_joiners_stay() {
    stays("👩\u{200d}👩\u{200d}👧 🏳\u{fe0f}\u{200d}🌈 ❤\u{fe0f} 👍🏽 1\u{fe0f}\u{20e3} ☎\u{fe0e} 👩🏽\u{200d}💻");
    stays("می\u{200c}خواهم");
    stays("क्\u{200d}ष ශ්\u{200d}රී ന്\u{200d}");
    stays("日本語、한국어, naïve e\u{301}, العربية עברית ไทย \u{fffd} ␛ …");
    stays("plain\n\ttext with tabs\n");
    stays("");
}

#[test]
fn a_file_name_stays_on_its_line() {
    assert_eq!(line_for_terminal("a\nb\tc\r\nd\x1b[A"), "a b c d␛[A");
    assert!(matches!(line_for_terminal("src/a b.rs"), Cow::Borrowed(_)));
}

#[test]
fn json_escapes_what_a_terminal_would_obey() {
    for c in ['\x1b', '\u{9b}', '\x7f', '\u{202e}', '\u{e0041}', '\u{200d}', '\u{2028}', '\u{feff}', '\0'] {
        assert!(must_be_escaped(c), "{c:?}");
    }
    for c in ['a', '\n', '\t', 'é', '😀', '日', ' ', '"', '\u{fffd}', '…'] {
        assert!(!must_be_escaped(c), "{c:?}");
    }
}

/// Text in which odd characters are common.
fn foreign() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "\u{200d}",
        "\u{200c}",
        "\u{fe0f}",
        "\u{fe0e}",
        "👩",
        "❤",
        "1",
        "\u{20e3}",
        "م",
        "क",
        "\u{94d}",
        "\r",
        "\n",
        "\r\n",
        "\t",
        "\x1b",
        "[",
        "m",
        "\u{9b}",
        "\u{202e}",
        "\u{e0041}",
        "\u{180b}",
        "\u{1820}",
        "a",
        "<U+202E>",
        "\u{2028}",
    ]);
    prop_oneof![
        prop::collection::vec(odd, 0..24).prop_map(|parts| parts.concat()),
        prop::collection::vec(any::<char>(), 0..64).prop_map(String::from_iter),
    ]
}

proptest! {
    #[test]
    fn nothing_that_a_terminal_obeys_comes_through(text in foreign()) {
        prop_assert!(for_terminal(&text).chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')));
        prop_assert!(for_prompt(&text).0.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')));
        prop_assert!(line_for_terminal(&text).chars().all(|c| !c.is_control()));
    }

    #[test]
    fn cleaning_twice_changes_nothing(text in foreign()) {
        let once = for_terminal(&text);
        prop_assert_eq!(for_terminal(&once), once.as_ref());
        let once = line_for_terminal(&text);
        prop_assert_eq!(line_for_terminal(&once), once.as_ref());
        let once = for_prompt(&text).0;
        let (twice, taken) = for_prompt(&once);
        prop_assert_eq!((twice.as_ref(), taken), (once.as_ref(), 0));
    }

    #[test]
    fn what_need_not_be_escaped_is_unchanged(text in foreign()) {
        let clean: String = text.chars().filter(|c| !must_be_escaped(*c)).collect();
        prop_assert!(matches!(for_terminal(&clean), Cow::Borrowed(_)));
        prop_assert!(matches!(for_prompt(&clean), (Cow::Borrowed(_), 0)));
    }
}

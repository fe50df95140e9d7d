//! Characters a reader cannot see: escaped for terminals, taken out of prompts. All text that kb
//! did not write itself goes through here before it reaches a terminal. Knows only characters.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes a text of several lines safe to print. Line feeds and tabs stay and `\r\n` becomes `\n`;
/// other control characters are shown (`␛`, `␍`, `\x9b`), and so is what has no look of its own, as
/// `<U+202E>`. Joiners and variation selectors stay where emoji and scripts need them.
///
/// ```
/// assert_eq!(kb::invisible::for_terminal("\x1b[31mred"), "␛[31mred");
/// assert_eq!(kb::invisible::for_terminal("a\u{202e}b"), "a<U+202E>b");
/// ```
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    rewrite(text, Shape::Lines, show)
}

/// The same for text that must stay on one line, such as a file name: line ends and tabs become
/// spaces.
pub fn line_for_terminal(text: &str) -> Cow<'_, str> {
    rewrite(text, Shape::OneLine, show)
}

/// Makes a text safe to give to a model: what a reader cannot see is taken out, and so are colours
/// and cursor movements (`ESC [ … m`); other control characters are shown. Also tells how many
/// characters and sequences it took out or made visible.
///
/// ```
/// let (text, taken) = kb::invisible::for_prompt("pass\u{200b}word\x07");
/// assert_eq!((text.as_ref(), taken), ("password␇", 2));
/// ```
pub fn for_prompt(text: &str) -> (Cow<'_, str>, usize) {
    let (text, taken) = taken_for_prompt(text);
    (text, taken.controls + taken.invisible)
}

/// Whether a JSON string should hold this character as `\uXXXX`. True of everything that the other
/// functions of this module might change, wherever it stands; false of line feed and tab, which JSON
/// has its own escapes for.
pub fn must_be_escaped(c: char) -> bool {
    SUSPECT[first_byte(c)] && (is_control(c) || is_separator(c) || is_invisible(c))
}

/// What [`for_prompt`] changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Control characters that are now shown, and control sequences that are gone.
    pub(crate) controls: usize,
    /// Characters without a look that are gone.
    pub(crate) invisible: usize,
}

/// See [`for_prompt`].
pub(crate) fn taken_for_prompt(text: &str) -> (Cow<'_, str>, Taken) {
    let mut taken = Taken::default();
    let text = rewrite(text, Shape::Prompt, |odd, out| match odd {
        Odd::LineEnd(written) => out.push_str(written),
        Odd::Control(c) => {
            taken.controls += 1;
            show(Odd::Control(c), out);
        }
        Odd::Sequence => taken.controls += 1,
        Odd::Separator(_) => {
            taken.invisible += 1;
            out.push(' ');
        }
        Odd::Invisible(_) => taken.invisible += 1,
    });
    (text, taken)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Lines,
    OneLine,
    Prompt,
}

/// A character that does not stay as it is.
#[derive(Clone, Copy)]
enum Odd {
    /// A line end or tab to be written in another way.
    LineEnd(&'static str),
    Control(char),
    /// All of `ESC [ 31 m`: what is left of it would hide the beginning of the next word.
    Sequence,
    Separator(char),
    Invisible(char),
}

fn show(odd: Odd, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match odd {
        Odd::LineEnd(written) => out.write_str(written),
        Odd::Control(c @ '\0'..='\x1f') => out.write_char(char::from_u32(0x2400 + u32::from(c)).unwrap_or(' ')),
        Odd::Sequence => Ok(()),
        Odd::Control('\x7f') => out.write_char('␡'),
        Odd::Control(c) => write!(out, "\\x{:02x}", u32::from(c)),
        Odd::Separator(c) | Odd::Invisible(c) => write!(out, "<U+{:04X}>", u32::from(c)),
    };
}

/// Copies the text, except for what `write` is asked to put in place of odd characters.
fn rewrite(text: &str, shape: Shape, mut write: impl FnMut(Odd, &mut String)) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut copied, mut from) = (0, 0);
    while let Some((at, c)) = next_suspect(text, from, shape) {
        from = at + c.len_utf8();
        if let Some((odd, end)) = judge(text, at, c, shape) {
            out.push_str(&text[copied..at]);
            write(odd, &mut out);
            copied = end;
            from = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The next character at or after `from` that is worth judging.
fn next_suspect(text: &str, from: usize, shape: Shape) -> Option<(usize, char)> {
    let one_line = shape == Shape::OneLine;
    let suspect = |byte: &u8| SUSPECT[usize::from(*byte)] || (one_line && matches!(byte, b'\n' | b'\t'));
    let at = from + text.as_bytes().get(from..)?.iter().position(suspect)?;
    Some((at, text[at..].chars().next()?))
}

/// What is wrong with a character, and where it ends.
fn judge(text: &str, at: usize, c: char, shape: Shape) -> Option<(Odd, usize)> {
    let end = at + c.len_utf8();
    let odd = match c {
        '\r' if text[end..].starts_with('\n') => {
            let written = if shape == Shape::OneLine { " " } else { "\n" };
            return Some((Odd::LineEnd(written), end + 1));
        }
        '\n' | '\t' => (shape == Shape::OneLine).then_some(Odd::LineEnd(" "))?,
        c if is_control(c) => match control_sequence(&text[at..]) {
            Some(length) if shape == Shape::Prompt => return Some((Odd::Sequence, at + length)),
            _ => Odd::Control(c),
        },
        c if is_separator(c) => Odd::Separator(c),
        c if is_invisible(c) && !is_needed(c, &text[..at], &text[end..]) => Odd::Invisible(c),
        _ => return None,
    };
    Some((odd, end))
}

/// How many bytes of ECMA-48's `CSI parameters… intermediates… final` the text begins with.
fn control_sequence(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\x1b[").or_else(|| text.strip_prefix('\u{9b}'))?;
    let tail = rest.trim_start_matches(|c| matches!(c, '\x30'..='\x3f'));
    let tail = tail.trim_start_matches(|c| matches!(c, '\x20'..='\x2f'));
    tail.starts_with(|c| matches!(c, '\x40'..='\x7e')).then(|| text.len() - tail.len() + 1)
}

/// First bytes of the characters that may be odd. A line feed and a tab are none.
const SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = byte != 0x09 && byte != 0x0a;
        byte += 1;
    }
    let leads = [0x7f, 0xc2, 0xcd, 0xd8, 0xe1, 0xe2, 0xe3, 0xef, 0xf0, 0xf3];
    let mut at = 0;
    while at < leads.len() {
        table[leads[at]] = true;
        at += 1;
    }
    table
};

fn first_byte(c: char) -> usize {
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer);
    usize::from(buffer[0])
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// Breaks a line for some readers and not for others.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Has no look of its own: Unicode's default ignorables, and format characters that only steer.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
const EMOJI_LOOK: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// Whether an invisible character does an honest job between its neighbours. Both neighbours stay
/// as they are whenever this says yes, so that cleaning twice changes nothing.
fn is_needed(c: char, before: &str, after: &str) -> bool {
    let mut back = before.chars().rev();
    let (Some(last), next) = (back.next(), after.chars().next()) else {
        return false;
    };
    match c {
        ZWJ if next.is_some_and(is_pictograph) => {
            is_pictograph(last) || (last == EMOJI_LOOK && back.next().is_some_and(is_pictograph))
        }
        ZWJ | ZWNJ => {
            is_virama(last) && next.is_none_or(|next| !is_invisible(next))
                || is_joining(last) && next.is_some_and(is_joining)
        }
        '\u{fe0e}' | EMOJI_LOOK => {
            is_pictograph(last) || (matches!(last, '0'..='9' | '#' | '*') && next == Some(KEYCAP))
        }
        '\u{180b}'..='\u{180f}' => matches!(last, '\u{1820}'..='\u{18aa}'),
        _ => false,
    }
}

/// May be an emoji, or take part in one.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}'
        | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Belongs to a script whose letters change with a joiner between them.
fn is_joining(c: char) -> bool {
    (c.is_alphabetic() || is_virama(c))
        && matches!(c,
            '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17b3}'
            | '\u{17b6}'..='\u{17ff}' | '\u{1820}'..='\u{18aa}' | '\u{1b00}'..='\u{1b7f}' | '\u{a980}'..='\u{a9df}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Silences a letter's vowel in a script of India or its neighbours.
fn is_virama(c: char) -> bool {
    matches!(
        u32::from(c),
        0x94d
            | 0x9cd
            | 0xa4d
            | 0xacd
            | 0xb4d
            | 0xbcd
            | 0xc4d
            | 0xccd
            | 0xd4d
            | 0xdca
            | 0x1039
            | 0x103a
            | 0x17d2
            | 0x1b44
            | 0xa9c0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_first_bytes_misses_no_odd_character() {
        for c in '\0'..=char::MAX {
            if is_control(c) || is_separator(c) || is_invisible(c) {
                assert!(SUSPECT[first_byte(c)], "U+{:04X}", u32::from(c));
                assert!(must_be_escaped(c), "U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn what_is_taken_is_counted_by_kind() {
        let (text, taken) = taken_for_prompt("\x1b]0;x\x07\r\n\u{202e}\u{2028}\r");
        assert_eq!(text, "␛]0;x␇\n ␍");
        assert_eq!(taken, Taken { controls: 3, invisible: 2 });
    }
}

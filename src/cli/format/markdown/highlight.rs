//! Code on a terminal: comments, texts, numbers and key words told apart by a small lexer that knows what the
//! languages have in common. An excerpt is seldom whole, so nothing is parsed; what is not closed stays plain.

use super::wrap::Line;
use super::{CODE, FAINT};
use anstyle::{AnsiColor, Style};

const KEYWORD: Style = AnsiColor::Magenta.on_default();
const NUMBER: Style = AnsiColor::Cyan.on_default();

/// What a lexer must know of a language.
struct Syntax {
    names: &'static [&'static str],
    /// Marks that make the rest of a line a comment.
    line: &'static [&'static str],
    block: Option<(&'static str, &'static str)>,
    /// Marks around texts; those of several lines.
    quotes: &'static [&'static str],
    long_quotes: &'static [&'static str],
    keywords: &'static str,
}

const C_KEYWORDS: &str = "auto bool break case catch char class const constexpr continue default delete do double else enum extern false \
    final float for goto if include inline int long namespace new noexcept nullptr operator override private protected public return \
    short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while";

static SYNTAXES: &[Syntax] = &[
    Syntax {
        names: &["python", "py"],
        line: &["#"],
        block: None,
        quotes: &["\"", "'"],
        long_quotes: &["\"\"\"", "'''"],
        keywords: "False None True and as assert async await break case class continue def del elif else except finally for from global \
            if import in is lambda match nonlocal not or pass raise return try while with yield",
    },
    Syntax {
        names: &["rust", "rs"],
        line: &["//"],
        block: Some(("/*", "*/")),
        quotes: &["\""],
        long_quotes: &[],
        keywords: "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub \
            ref return self Self static struct super trait true type unsafe use where while",
    },
    Syntax {
        names: &["javascript", "js", "jsx", "typescript", "ts", "tsx"],
        line: &["//"],
        block: Some(("/*", "*/")),
        quotes: &["\"", "'"],
        long_quotes: &["`"],
        keywords: "abstract as async await break case catch class const continue debugger default delete do else enum export extends false \
            finally for from function get if implements import in instanceof interface let new null of private protected public readonly \
            return set static super switch this throw true try type typeof undefined var void while yield",
    },
    Syntax {
        names: &["go"],
        line: &["//"],
        block: Some(("/*", "*/")),
        quotes: &["\"", "'"],
        long_quotes: &["`"],
        keywords: "break case chan const continue default defer else fallthrough false for func go goto if import interface map nil package \
            range return select struct switch true type var",
    },
    Syntax {
        names: &["c", "h", "cpp", "c++", "cc", "hpp"],
        line: &["//"],
        block: Some(("/*", "*/")),
        quotes: &["\"", "'"],
        long_quotes: &[],
        keywords: C_KEYWORDS,
    },
    Syntax {
        names: &["java", "kotlin", "kt", "csharp", "cs", "swift", "php", "scala", "groovy"],
        line: &["//"],
        block: Some(("/*", "*/")),
        quotes: &["\"", "'"],
        long_quotes: &["\"\"\""],
        keywords: "abstract as async await base bool boolean break byte case catch char class companion const continue data default defer \
            delegate do double echo else enum event extends extension false final finally float for foreach fun func function guard if \
            implements import in init int interface internal is let lock long mutating namespace new nil null object open operator out \
            override package private protected protocol public readonly record ref return sealed self short static string struct super \
            suspend switch synchronized this throw throws true try typealias typeof use using val var virtual void volatile when where \
            while yield",
    },
    Syntax {
        names: &["ruby", "rb"],
        line: &["#"],
        block: None,
        quotes: &["\"", "'"],
        long_quotes: &[],
        keywords: "alias and begin break case class def defined do else elsif end ensure extend false for if in include module next nil not \
            or private protected public raise redo require require_relative rescue retry return self super then true undef unless until \
            when while yield",
    },
    Syntax {
        names: &["bash", "sh", "shell", "zsh"],
        line: &["#"],
        block: None,
        quotes: &["\"", "'"],
        long_quotes: &[],
        keywords: "case declare do done elif else esac exit export fi for function if in local readonly return select set shift source then \
            trap unset until while",
    },
    Syntax {
        names: &["toml", "yaml", "yml", "ini", "make", "makefile", "dockerfile", "console"],
        line: &["#"],
        block: None,
        quotes: &["\"", "'"],
        long_quotes: &[],
        keywords: "true false null",
    },
    Syntax { names: &["json"], line: &[], block: None, quotes: &["\""], long_quotes: &[], keywords: "true false null" },
    Syntax {
        names: &["sql"],
        line: &["--"],
        block: Some(("/*", "*/")),
        quotes: &["'"],
        long_quotes: &[],
        keywords: "ALTER AND AS BEGIN BY COMMIT CREATE DELETE DROP FROM GROUP HAVING IN INDEX INNER INSERT INTO IS JOIN LEFT LIMIT NOT NULL \
            ON OR ORDER PRIMARY KEY RETURNING SELECT SET TABLE UNION UNIQUE UPDATE VALUES WHERE",
    },
];

/// Of a language that is not known, only what nearly all have in common.
static UNKNOWN: Syntax = Syntax { names: &[], line: &["//"], block: None, quotes: &[], long_quotes: &[], keywords: "" };

/// The lines of some code, in colours. `language`: as a fence names it, in lower case.
pub(super) fn lines(language: &str, text: &str) -> Vec<Line> {
    let word = language.split(|c: char| c.is_whitespace() || matches!(c, ',' | '{')).next().unwrap_or("");
    let syntax = SYNTAXES.iter().find(|syntax| syntax.names.contains(&word)).unwrap_or(&UNKNOWN);
    let mut open = None;
    text.split('\n').map(|line| lex(syntax, line, &mut open)).collect()
}

/// What goes on in the next line: how it ends, and its style.
type Open = Option<(&'static str, Style)>;

fn lex(syntax: &Syntax, line: &str, open: &mut Open) -> Line {
    let mut out = Line::new();
    let mut put = |text: &str, style: Style| match out.last_mut() {
        _ if text.is_empty() => {}
        Some((before, known)) if *known == style => before.push_str(text),
        _ => out.push((text.to_owned(), style)),
    };
    let mut rest = line;
    let mut before = ' ';
    while !rest.is_empty() {
        let (length, style) = match *open {
            Some((end, style)) => match rest.find(end) {
                Some(at) => {
                    *open = None;
                    (at + end.len(), style)
                }
                None => (rest.len(), style),
            },
            None => token(syntax, rest, before, open),
        };
        let (piece, after) = rest.split_at(length);
        put(piece, style);
        before = piece.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    out
}

/// The length of the first token, and its style. `before`: the character before it.
fn token(syntax: &Syntax, rest: &str, before: char, open: &mut Open) -> (usize, Style) {
    let plain = Style::new();
    // A mark in the middle of a word is none: `a#b`, `https://`.
    let starts =
        |mark: &&&str| rest.starts_with(**mark) && (before.is_whitespace() || !matches!(**mark, "#" | "//" | "--"));
    if syntax.line.iter().find(starts).is_some() {
        return (rest.len(), FAINT);
    }
    if let Some((begin, end)) = syntax.block.filter(|(begin, _)| rest.starts_with(begin)) {
        return multiline(rest, begin, end, FAINT, open);
    }
    if let Some(mark) = syntax.long_quotes.iter().find(|mark| rest.starts_with(**mark)) {
        return multiline(rest, mark, mark, CODE, open);
    }
    if let Some(mark) = syntax.quotes.iter().find(|mark| rest.starts_with(**mark)) {
        let closed = if before.is_alphanumeric() && *mark == "'" { None } else { closed(rest, mark) };
        return closed.map_or((mark.len(), plain), |end| (end, CODE));
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let first = rest.chars().next().unwrap_or(' ');
    if !is_word(first) {
        return (first.len_utf8(), plain);
    }
    let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    let word = &rest[..length];
    let style = match first.is_ascii_digit() {
        true => NUMBER,
        false if before != '.' && syntax.keywords.split_whitespace().any(|keyword| keyword == word) => KEYWORD,
        false => plain,
    };
    (length, style)
}

fn multiline(rest: &str, begin: &str, end: &'static str, style: Style, open: &mut Open) -> (usize, Style) {
    if let Some(at) = rest[begin.len()..].find(end) {
        return (begin.len() + at + end.len(), style);
    }
    *open = Some((end, style));
    (rest.len(), style)
}

/// Behind the end of the text that begins here, if it ends in this line.
fn closed(rest: &str, mark: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if rest[at..].starts_with(mark) => return Some(at + mark.len()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{CODE, FAINT, KEYWORD, NUMBER, lines};
    use proptest::prelude::*;

    /// Pieces with a mark for their style: `k` key word, `t` text, `c` comment, `n` number.
    fn marked(language: &str, text: &str) -> String {
        let mark = |style| match style {
            KEYWORD => "k",
            CODE => "t",
            FAINT => "c",
            NUMBER => "n",
            _ => "",
        };
        let piece = |(text, style): &(String, _)| match mark(*style) {
            "" => text.clone(),
            mark => format!("{mark}<{text}>"),
        };
        lines(language, text)
            .iter()
            .map(|line| line.iter().map(piece).collect::<String>())
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn languages_are_told_apart() {
        for (language, text, expected) in [
            (
                "python",
                "def f(x): # why\n    return 'a#b' + 12",
                "k<def> f(x): c<# why>\n    k<return> t<'a#b'> + n<12>",
            ),
            ("python", "\"\"\"one\ntwo\"\"\" in x", "t<\"\"\"one>\nt<two\"\"\"> k<in> x"),
            ("rust", "fn f<'a>(x: &'a str) { \"a\\\"b\" }", "k<fn> f<'a>(x: &'a str) { t<\"a\\\"b\"> }"),
            ("js", "/* a\nb */ let x = `y`;", "c</* a>\nc<b */> k<let> x = t<`y`>;"),
            ("bash", "if true; then echo \"$#\"; fi # no", "k<if> true; k<then> echo t<\"$#\">; k<fi> c<# no>"),
            ("text", "http://a // b 'c'", "http://a c<// b 'c'>"),
            ("go", "x.type + it's", "x.type + it's"),
        ] {
            assert_eq!(marked(language, text), expected, "{language}");
        }
    }

    proptest! {
        #[test]
        fn no_character_is_lost(language in "(python|rust|js|go|sql|json|x)", text in "[a-z '\"`#/*\\\\\n_é0-9]{0,60}") {
            let back: Vec<String> =
                lines(&language, &text).iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect()).collect();
            prop_assert_eq!(back.join("\n"), text);
        }
    }
}

//! The definitions of one file, for citations: which one a line lies in, and what its code is without
//! comments and white space.

use super::language::{self, Kind, Language, Leaf};
use super::symbols::{self, Symbols};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// Definitions of one file, for citations.
#[derive(Debug)]
pub struct Outline {
    /// Lines and qualified name, in order of the source.
    definitions: Vec<(u32, u32, String)>,
    /// Every token that is no comment.
    code: Vec<Token>,
    text: String,
}

#[derive(Debug)]
struct Token {
    first: u32,
    last: u32,
    bytes: Range<usize>,
    /// How many blocks are around it, where indentation makes the blocks.
    depth: u16,
    /// A formatter may add it or take it away, and nothing changes.
    style: bool,
    /// It says what is imported: formatters sort that.
    import: bool,
}

/// A token as it is compared where formatting does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain<'a> {
    /// Its text, in one style of quotes.
    pub text: Cow<'a, str>,
    /// How many blocks are around it, where indentation makes the blocks; else 0.
    pub depth: u16,
    /// The line that it begins on, counted from 1.
    pub first: u32,
    /// The line that it ends on.
    pub last: u32,
    /// It says what is imported, where the order does not count.
    pub import: bool,
}

impl Outline {
    /// None if no language is known for the file.
    pub fn of(path: &str, bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let language = language::ALL[language::of(path, &text)?];
        let compiled = language.compiled()?;
        let tree = symbols::parse(compiled, &text)?;
        let symbols = symbols::definitions(&tree, language, compiled, &text);
        let code = code_tokens(&tree, language, compiled, &text);
        Some(Self { definitions: named(&symbols), code, text })
    }

    /// The innermost definition around these lines, as `Class.method`; Rust: `Type.method`; functions
    /// outside of types by their name alone, in an inline module as `module.function`.
    pub fn definition_at(&self, first: u32, last: u32) -> Option<&str> {
        self.around(first, last).map(|(_, _, name)| name)
    }

    /// The same with its first and last line.
    pub fn around(&self, first: u32, last: u32) -> Option<(u32, u32, &str)> {
        let around = self.definitions.iter().filter(|(start, end, _)| *start <= first && last <= *end);
        around.min_by_key(|(start, end, _)| end - start).map(|(start, end, name)| (*start, *end, name.as_str()))
    }

    /// First and last lines of the definitions of this qualified name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (u32, u32)> + 'a {
        self.definitions.iter().filter(move |(_, _, known)| known == name).map(|(first, last, _)| (*first, *last))
    }

    /// Every definition: its first and last line and its qualified name.
    pub fn definitions(&self) -> impl Iterator<Item = (u32, u32, &str)> {
        self.definitions.iter().map(|(first, last, name)| (*first, *last, name.as_str()))
    }

    /// The tokens of these lines, without comments and white space, joined by one zero byte. None if
    /// there are none. A token of several lines (a long string) belongs to the line it begins on.
    pub fn code(&self, first: u32, last: u32) -> Option<String> {
        let tokens: Vec<&str> =
            self.on(first, last).iter().filter_map(|token| self.text.get(token.bytes.clone())).collect();
        if tokens.is_empty() { None } else { Some(tokens.join("\0")) }
    }

    /// The tokens of these lines as they are compared where formatting does not count: without comments
    /// and documentation, without what formatters add and take away.
    pub fn plain(&self, first: u32, last: u32) -> Vec<Plain<'_>> {
        let real = self.on(first, last).iter().filter(|token| !token.style);
        let plain = real.filter_map(|token| {
            let text = one_style(self.text.get(token.bytes.clone())?);
            Some(Plain { text, depth: token.depth, first: token.first, last: token.last, import: token.import })
        });
        plain.collect()
    }

    /// The words of all that is imported.
    pub fn import_words(&self) -> BTreeSet<&str> {
        let texts =
            self.code.iter().filter(|token| token.import).filter_map(|token| self.text.get(token.bytes.clone()));
        texts.filter(|text| text.contains(char::is_alphanumeric)).collect()
    }

    fn on(&self, first: u32, last: u32) -> &[Token] {
        let from = self.code.partition_point(|token| token.first < first);
        let to = self.code.partition_point(|token| token.first <= last);
        self.code.get(from..to).unwrap_or(&[])
    }
}

/// `'` and `"` are one thing, with or without a prefix.
fn one_style(text: &str) -> Cow<'_, str> {
    let quotes = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let only_quotes = !quotes.is_empty() && quotes.bytes().all(|byte| byte == b'\'');
    if only_quotes { Cow::Owned(text.replace('\'', "\"")) } else { Cow::Borrowed(text) }
}

fn named(symbols: &Symbols) -> Vec<(u32, u32, String)> {
    let real = symbols.definitions.iter().enumerate().filter(|(_, definition)| definition.kind != Kind::Callback);
    real.map(|(at, definition)| (definition.first, definition.last, symbols.qualified(at))).collect()
}

/// Every leaf of the tree but comments, in order.
fn code_tokens(
    tree: &tree_sitter::Tree,
    language: &Language,
    compiled: &language::Compiled,
    source: &str,
) -> Vec<Token> {
    let mut tokens = Vec::new();
    // Those that are style if they close a list.
    let mut commas: Vec<usize> = Vec::new();
    let mut cursor = tree.walk();
    let indented = language.name == "python";
    let semicolons_are_style = matches!(language.name, "python" | "javascript" | "typescript" | "tsx");
    // The kinds of the nodes above, and whether what lies below is documentation.
    let mut above: Vec<tree_sitter::Node> = Vec::new();
    let mut depth = 0_u16;
    let mut document: Option<usize> = None;
    loop {
        let node = cursor.node();
        let comment = compiled.leaves.get(usize::from(node.kind_id())) == Some(&Leaf::Comment);
        let is_leaf = node.child_count() == 0;
        if is_leaf && !comment && !node.byte_range().is_empty() {
            let line = |row: usize| u32::try_from(row).unwrap_or(u32::MAX - 1) + 1;
            let text = source.get(node.byte_range()).unwrap_or("");
            let style = document.is_some()
                || text == ";" && (semicolons_are_style || above.last().is_some_and(is_way_out))
                || matches!(text, "(" | ")") && parentheses_are_style(&above)
                || matches!(text, "{" | "}") && braces_are_style(&above)
                || matches!(text, "'" | "\"") && quotes_are_style(&above, source)
                || text == "," && above.last().is_some_and(|parent| parent.kind() == "match_arm");
            if text == "," && above.last().is_some_and(|parent| !is_single_tuple(parent)) {
                commas.push(tokens.len());
            }
            tokens.push(Token {
                first: line(node.start_position().row),
                last: line(node.end_position().row),
                bytes: node.byte_range(),
                depth,
                style,
                import: above.iter().any(is_import),
            });
        }
        if !comment && cursor.goto_first_child() {
            if document.is_none() && indented && is_documentation(&node) {
                document = Some(above.len());
            }
            depth += u16::from(indented && node.kind() == "block");
            above.push(node);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                for at in commas {
                    tokens[at].style |= closes_list(tokens.get(at + 1), source);
                }
                return tokens;
            }
            let left = above.pop();
            depth -= u16::from(indented && left.is_some_and(|node| node.kind() == "block"));
            document = document.filter(|at| *at < above.len());
        }
    }
}

/// A comma before this token closes a list.
fn closes_list(next: Option<&Token>, source: &str) -> bool {
    let text = next.and_then(|next| source.get(next.bytes.clone()));
    matches!(text, Some(")" | "]" | "}" | ">"))
}

/// A string that is a statement by itself.
fn is_documentation(node: &tree_sitter::Node) -> bool {
    node.kind() == "expression_statement"
        && node.child_count() == 1
        && node.child(0).is_some_and(|child| child.kind() == "string")
}

/// `(a,)` is something else than `(a)`.
fn is_single_tuple(node: &tree_sitter::Node) -> bool {
    node.kind().starts_with("tuple") && node.named_child_count() == 1
}

/// Whether the innermost node is put in parentheses where none are needed.
fn parentheses_are_style(above: &[tree_sitter::Node]) -> bool {
    let Some((inner, outer)) = above.split_last() else { return false };
    let outer = outer.last().map_or("", |node| node.kind());
    match inner.kind() {
        // `f((a, b))` gives one value.
        "parenthesized_expression"
            if inner.named_child(0).is_some_and(|child| child.kind() == "sequence_expression") =>
        {
            false
        }
        "parenthesized_expression" => {
            outer.ends_with("_statement")
                || outer.ends_with("_clause")
                || matches!(
                    outer,
                    "assignment"
                        | "augmented_assignment"
                        | "assignment_expression"
                        | "variable_declarator"
                        | "let_declaration"
                        | "keyword_argument"
                        | "default_parameter"
                        | "typed_default_parameter"
                        | "type"
                        | "pair"
                        | "list"
                        | "array"
                        | "argument_list"
                        | "arguments"
                )
        }
        // What is imported, and what is opened for a block.
        "import_from_statement" | "with_clause" => true,
        "formal_parameters" => {
            outer == "arrow_function"
                && inner.named_child_count() == 1
                && inner.named_child(0).is_some_and(|child| child.kind() == "identifier")
        }
        _ => false,
    }
}

/// Whether the innermost node is a block around one expression, which is the body of a closure or of a match arm.
fn braces_are_style(above: &[tree_sitter::Node]) -> bool {
    let [.., outer, block] = above else { return false };
    block.kind() == "block"
        && matches!(outer.kind(), "match_arm" | "closure_expression")
        && block.named_child_count() == 1
        && block.named_child(0).is_some_and(|child| match child.kind() {
            // `match` and `if` as values are wrapped in a statement, without a semicolon.
            "expression_statement" => child.child_count() == 1 || is_way_out(&child),
            kind => !kind.ends_with("_statement") && !kind.ends_with("_declaration") && !kind.ends_with("_item"),
        })
}

/// Whether a statement leaves what it stands in, so that nothing hangs on its semicolon: `else { return }`.
fn is_way_out(statement: &tree_sitter::Node) -> bool {
    statement.kind() == "expression_statement"
        && statement.child(0).is_some_and(|child| {
            matches!(child.kind(), "return_expression" | "break_expression" | "continue_expression")
        })
}

/// Whether a node says what is imported, or which files are part of this one.
fn is_import(node: &tree_sitter::Node) -> bool {
    match node.kind() {
        "use_declaration"
        | "import_statement"
        | "import_from_statement"
        | "import_declaration"
        | "import_header"
        | "using_directive"
        | "namespace_use_declaration"
        | "preproc_include" => true,
        "mod_item" => node.child_by_field_name("body").is_none(),
        _ => false,
    }
}

/// Whether the innermost node is a key in quotation marks that can do without: `{ 'a': 1 }`.
fn quotes_are_style(above: &[tree_sitter::Node], source: &str) -> bool {
    let [.., pair, key] = above else { return false };
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    key.kind() == "string"
        && pair.kind() == "pair"
        // A key of Python's is an expression.
        && pair.parent().is_some_and(|object| object.kind() == "object")
        && pair.child(0) == Some(*key)
        && source.get(key.byte_range()).is_some_and(|text| is_word(text.trim_matches(['"', '\''])))
}

#[cfg(test)]
mod tests {
    use super::Outline;

    #[test]
    fn knows_where_a_line_lies() {
        let source = b"class A:\n    def b(self):\n        return 1  # why\n\n\ndef c():\n    pass\n";
        let outline = Outline::of("a.py", source).expect("python");
        assert_eq!(outline.definition_at(3, 3), Some("A.b"));
        assert_eq!(outline.definition_at(6, 7), Some("c"));
        assert_eq!(outline.definition_at(1, 7), None);
        assert_eq!(outline.code(3, 3).as_deref(), Some("return\x001"));
        assert!(Outline::of("a.unknown", source).is_none());
    }

    #[test]
    fn formatting_does_not_count() {
        for (path, one, other, same) in [
            ("a.py", "x = f(a, b)\n", "x = f(\n    a,\n    b,\n)\n", true),
            ("a.py", "x = 'a'\n", "x = \"a\"  # why\n", true),
            ("a.py", "return a or b\n", "return (\n    a\n    or b\n)\n", true),
            ("a.py", "x = (a)\n", "x = (a,)\n", false),
            ("a.py", "x = (a + b) * c\n", "x = a + b * c\n", false),
            ("a.py", "if a:\n    b\n    c\n", "if a:\n    b\nc\n", false),
            ("a.py", "def f():\n    \"one\"\n    g()\n", "def f():\n    \"two\"\n    g()\n", true),
            ("a.js", "f(x => x)\n", "f((x) => x);\n", true),
            ("a.js", "const a = 'b'", "const a = \"b\";", true),
            ("a.rs", "f(a, b);", "f(\n    a,\n    b,\n);", true),
            ("a.py", "from a import b, c\n", "from a import (\n    b,\n    c,\n)\n", true),
            ("a.py", "x = {'a': b if c else d}\n", "x = {\n    \"a\": (\n        b if c else d\n    ),\n}\n", true),
            ("a.py", "def f(a: b | c): pass\n", "def f(\n    a: (b | c),\n): pass\n", true),
            ("a.py", "x = f((a, b))\n", "x = f(a, b)\n", false),
            ("a.py", "x = {'a': 1}\n", "x = {a: 1}\n", false),
            ("a.js", "f({'a': 1, 'b-c': 2})", "f({ a: 1, \"b-c\": 2 });", true),
            ("a.js", "f(x => ({}))", "f(x => {})", false),
            ("a.js", "f((a, b))", "f(a, b)", false),
            ("a.rs", "let f = |x| x + 1;", "let f = |x| {\n    x + 1\n};", true),
            ("a.rs", "let f = |x| { x + 1; };", "let f = |x| { x + 1 };", false),
            ("a.rs", "match a { b => c, d => e }", "match a {\n    b => { c }\n    d => e,\n}", true),
            ("a.rs", "match a { b => c, d => e }", "match a { b => c, d => f }", false),
            ("a.rs", "let Some(a) = b else { return };", "let Some(a) = b else {\n    return;\n};", true),
            (
                "a.rs",
                "match a { b => return c, d => e }",
                "match a {\n    b => {\n        return c;\n    }\n    d => e,\n}",
                true,
            ),
            ("a.rs", "fn f() { if a { g() } }", "fn f() { if a { g(); } }", false),
            ("a.rs", "fn f() -> u8 { 1 }", "fn f() -> u8 { 1; }", false),
            ("a.rs", "f((a,))", "f((a))", false),
        ] {
            let plain = |source: &str| -> Vec<(String, u16)> {
                let outline = Outline::of(path, source.as_bytes()).expect("a language");
                outline.plain(1, 99).into_iter().map(|token| (token.text.into_owned(), token.depth)).collect()
            };
            assert_eq!(plain(one) == plain(other), same, "{one} {other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, first in 0..50_u32, last in 0..50_u32) {
            for path in ["a.py", "a.js", "a.ts", "a.rs", "a.go", "a.c", "a.java", "a.rb", "a.cpp", "a.php", "a.cs", "a.sh", "a.kt"] {
                if let Some(outline) = Outline::of(path, &bytes) {
                    outline.definition_at(first, last);
                    outline.code(first, last);
                    outline.plain(first, last);
                }
            }
        }
    }
}

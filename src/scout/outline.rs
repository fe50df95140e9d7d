//! The definitions of one file, for citations: which one a line lies in, and what its code is without
//! comments and white space.

use super::language::{self, Kind, Leaf};
use super::symbols::{self, Symbols};

/// Definitions of one file, for citations.
#[derive(Debug)]
pub struct Outline {
    /// Lines and qualified name, in order of the source.
    definitions: Vec<(u32, u32, String)>,
    /// First line, last line and bytes of each token that is no comment.
    code: Vec<(u32, u32, std::ops::Range<usize>)>,
    text: String,
}

impl Outline {
    /// None if no language is known for the file.
    pub fn of(path: &str, bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let language = language::ALL[language::of(path, &text)?];
        let symbols = symbols::read(language, &text)?;
        let compiled = language.compiled()?;
        let tree = symbols::parse(compiled, &text)?;
        Some(Self { definitions: named(&symbols), code: code_tokens(&tree, compiled), text })
    }

    /// The innermost definition around these lines, as `Class.method`; Rust: `Type.method`; functions
    /// outside of types by their name alone, in an inline module as `module.function`.
    pub fn definition_at(&self, first: u32, last: u32) -> Option<&str> {
        let around = self.definitions.iter().filter(|(start, end, _)| *start <= first && last <= *end);
        around.min_by_key(|(start, end, _)| end - start).map(|(_, _, name)| name.as_str())
    }

    /// The tokens of these lines, without comments and white space, joined by one zero byte. None if
    /// there are none. A token of several lines (a long string) belongs to the line it begins on.
    pub fn code(&self, first: u32, last: u32) -> Option<String> {
        let from = self.code.partition_point(|(line, _, _)| *line < first);
        let to = self.code.partition_point(|(line, _, _)| *line <= last);
        let tokens: Vec<&str> =
            self.code.get(from..to)?.iter().filter_map(|(_, _, bytes)| self.text.get(bytes.clone())).collect();
        if tokens.is_empty() { None } else { Some(tokens.join("\0")) }
    }
}

fn named(symbols: &Symbols) -> Vec<(u32, u32, String)> {
    let real = symbols.definitions.iter().enumerate().filter(|(_, definition)| definition.kind != Kind::Callback);
    real.map(|(at, definition)| (definition.first, definition.last, symbols.qualified(at))).collect()
}

/// Every leaf of the tree but comments, in order.
fn code_tokens(tree: &tree_sitter::Tree, compiled: &language::Compiled) -> Vec<(u32, u32, std::ops::Range<usize>)> {
    let mut tokens = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let comment = compiled.leaves.get(usize::from(node.kind_id())) == Some(&Leaf::Comment);
        if node.child_count() == 0 && !comment && !node.byte_range().is_empty() {
            let line = |row: usize| u32::try_from(row).unwrap_or(u32::MAX - 1) + 1;
            tokens.push((line(node.start_position().row), line(node.end_position().row), node.byte_range()));
        }
        if !comment && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return tokens;
            }
        }
    }
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

    proptest::proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, first in 0..50_u32, last in 0..50_u32) {
            for path in ["a.py", "a.js", "a.ts", "a.rs", "a.go", "a.c", "a.java", "a.rb", "a.cpp", "a.php", "a.cs", "a.sh", "a.kt"] {
                if let Some(outline) = Outline::of(path, &bytes) {
                    outline.definition_at(first, last);
                    outline.code(first, last);
                }
            }
        }
    }
}

//! The languages scout can parse. A language is one file: a static [`Language`], its queries a
//! string. Nothing here knows files or questions.

mod bash;
mod c;
mod cpp;
mod csharp;
mod go;
mod java;
mod javascript;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;
mod swift;
mod typescript;

use std::sync::OnceLock;
use tree_sitter::Query;

/// How a language shows what is meant for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Export {
    /// A leading underscore is private.
    Underscore,
    /// One of these words before the name: `pub`, `export`, `public`.
    Word(&'static [&'static str]),
    /// One of these words before the name makes it private: `static`, `private`.
    Unless(&'static [&'static str]),
    /// A capital letter.
    Capital,
}

/// A language, as data.
///
/// Captures of `query`: `@name` with one of `@function @method @class @interface @type @constant
/// @macro @module @scope @callback @declaration` around it; `@owner` beside a name whose type stands
/// elsewhere; `@call`; `@local`, a parameter or variable that may bear the name of a call; `@base`, a name that the class around it extends; `@import`, all of it.
pub(crate) struct Language {
    /// As a fenced block names it.
    pub(crate) name: &'static str,
    /// Of file names, without the dot.
    pub(crate) extensions: &'static [&'static str],
    /// The grammar.
    pub(crate) grammar: fn() -> tree_sitter::Language,
    /// Definitions, calls and imports.
    pub(crate) query: &'static [&'static str],
    /// What is exported.
    pub(crate) export: Export,
    /// Compiled when the first file is met: all at once would cost 60 ms at every start.
    pub(crate) compiled: OnceLock<Option<Compiled>>,
}

/// A language's grammar and query, ready to use.
pub(crate) struct Compiled {
    pub(crate) grammar: tree_sitter::Language,
    pub(crate) query: Query,
    /// What each capture of the query means.
    pub(crate) captures: Vec<Capture>,
    /// What each kind of node is, by its number.
    pub(crate) leaves: Vec<Leaf>,
}

/// What a capture marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    Name,
    Owner,
    Call,
    Local,
    Base,
    Import,
    Definition(Kind),
    Other,
}

/// What is defined. The order is part of the cache's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    Function,
    Method,
    Class,
    Interface,
    Type,
    Constant,
    Macro,
    Module,
    /// `impl Type`: gives its members a name, is none itself.
    Scope,
    /// A function given to a call beside a string: a route, a test, a handler of an event.
    Callback,
    /// Only declared here, defined elsewhere.
    Declaration,
    /// Code outside of every definition.
    Block,
    /// A part of a text: a section, some paragraphs.
    Text,
    /// A part of a long definition.
    Part,
}

impl Kind {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 14] = [
        Self::Function,
        Self::Method,
        Self::Class,
        Self::Interface,
        Self::Type,
        Self::Constant,
        Self::Macro,
        Self::Module,
        Self::Scope,
        Self::Callback,
        Self::Declaration,
        Self::Block,
        Self::Text,
        Self::Part,
    ];

    /// Whether it runs.
    pub(crate) fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method | Self::Macro | Self::Callback)
    }

    /// Whether it holds definitions of its own.
    pub(crate) fn is_container(self) -> bool {
        matches!(self, Self::Class | Self::Interface | Self::Module | Self::Scope)
    }

    fn of_capture(name: &str) -> Option<Self> {
        Some(match name {
            "function" => Self::Function,
            "method" => Self::Method,
            "class" => Self::Class,
            "interface" => Self::Interface,
            "type" => Self::Type,
            "constant" => Self::Constant,
            "macro" => Self::Macro,
            "module" => Self::Module,
            "scope" => Self::Scope,
            "callback" => Self::Callback,
            "declaration" => Self::Declaration,
            _ => return None,
        })
    }
}

/// What the words of a node of the tree are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// Look at its children; a leaf of this kind says nothing.
    Structure,
    Identifier,
    Text,
    Comment,
    Number,
    /// A key word that says something: `async`, `raise`.
    Keyword,
}

const KEYWORDS: &[&str] = &[
    "async",
    "await",
    "yield",
    "raise",
    "throw",
    "throws",
    "defer",
    "go",
    "select",
    "synchronized",
    "unsafe",
    "rescue",
    "catch",
    "except",
    "delete",
    "chan",
    "retry",
    "lock",
    "trap",
    "suspend",
];

impl Leaf {
    fn of_kind(kind: &str, named: bool) -> Self {
        if !named {
            return if KEYWORDS.contains(&kind) { Self::Keyword } else { Self::Structure };
        }
        if kind.contains("comment") {
            Self::Comment
        } else if kind.ends_with("identifier")
            || matches!(
                kind,
                "constant"
                    | "instance_variable"
                    | "class_variable"
                    | "global_variable"
                    | "statement_identifier"
                    | "field_name"
                    | "variable_name"
                    | "word"
                    | "primitive_type"
                    | "predefined_type"
                    | "name"
                    | "operator_name"
            )
        {
            Self::Identifier
        } else if kind.contains("string")
            || kind.contains("char")
            || kind.contains("heredoc")
            || matches!(
                kind,
                "escape_sequence"
                    | "regex_pattern"
                    | "system_lib_string"
                    | "simple_symbol"
                    | "hash_key_symbol"
                    | "jsx_text"
                    | "raw_text"
                    | "line_str_text"
                    | "multi_line_str_text"
                    | "raw_str_part"
                    | "nowdoc_string"
            )
        {
            Self::Text
        } else if kind.contains("integer") || kind.contains("number") || kind.contains("float") || kind == "int_literal"
        {
            Self::Number
        } else {
            Self::Structure
        }
    }
}

impl Language {
    const fn new(
        name: &'static str,
        extensions: &'static [&'static str],
        grammar: fn() -> tree_sitter::Language,
        query: &'static [&'static str],
        export: Export,
    ) -> Self {
        Self { name, extensions, grammar, query, export, compiled: OnceLock::new() }
    }

    /// None if grammar and query do not fit: then its files are plain text.
    pub(crate) fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get_or_init(|| self.compile()).as_ref()
    }

    fn compile(&self) -> Option<Compiled> {
        let grammar = (self.grammar)();
        let query = Query::new(&grammar, &self.query.concat()).ok()?;
        let captures = query
            .capture_names()
            .iter()
            .map(|name| match *name {
                "name" => Capture::Name,
                "owner" => Capture::Owner,
                "call" => Capture::Call,
                "local" => Capture::Local,
                "base" => Capture::Base,
                "import" => Capture::Import,
                other => Kind::of_capture(other).map_or(Capture::Other, Capture::Definition),
            })
            .collect();
        let leaves = (0..grammar.node_kind_count())
            .map(|id| {
                let id = u16::try_from(id).unwrap_or(u16::MAX);
                Leaf::of_kind(grammar.node_kind_for_id(id).unwrap_or(""), grammar.node_kind_is_named(id))
            })
            .collect();
        Some(Compiled { grammar, query, captures, leaves })
    }
}

/// Every language. A place in this list is a number in the cache.
pub(crate) static ALL: &[&Language] = &[
    &python::PYTHON,
    &javascript::JAVASCRIPT,
    &typescript::TYPESCRIPT,
    &typescript::TSX,
    &rust::RUST,
    &go::GO,
    &c::C,
    &java::JAVA,
    &ruby::RUBY,
    &cpp::CPP,
    &php::PHP,
    &csharp::CSHARP,
    &bash::BASH,
    &swift::SWIFT,
    &kotlin::KOTLIN,
];

/// The language of a file, by its name. Its place in [`ALL`].
pub(crate) fn of_path(path: &str) -> Option<usize> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension)?;
    ALL.iter().position(|language| language.extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// The same, where the name does not tell it all: headers of C++ are named like those of C, and scripts
/// need no extension.
pub(crate) fn of(path: &str, source: &str) -> Option<usize> {
    let named = of_path(path);
    let place = |language: &Language| ALL.iter().position(|known| known.name == language.name);
    match named {
        Some(at) if ALL[at].name == "c" && path.ends_with(['h', 'H']) && is_cpp(source) => place(&cpp::CPP),
        Some(at) => Some(at),
        None => {
            let program = source.lines().next()?.strip_prefix("#!")?;
            let program = program.rsplit(['/', ' ']).find(|word| !word.is_empty() && !word.starts_with('-'))?;
            match program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
                "sh" | "bash" | "dash" | "ksh" | "zsh" => place(&bash::BASH),
                "python" => place(&python::PYTHON),
                "ruby" => place(&ruby::RUBY),
                "node" => place(&javascript::JAVASCRIPT),
                "php" => place(&php::PHP),
                _ => None,
            }
        }
    }
}

/// Whether a header says what only C++ says. C++ between `#ifdef __cplusplus` is C's usual frame.
fn is_cpp(source: &str) -> bool {
    source.lines().take(2000).map(str::trim_start).any(|line| {
        ["class ", "namespace ", "template <", "template<", "public:", "private:", "protected:", "using "]
            .iter()
            .any(|word| line.starts_with(word))
    })
}

/// Languages whose files call one another by name share a family.
pub(crate) fn family(path: &str) -> Option<&'static str> {
    of_path(path).map(|at| family_of(ALL[at].name))
}

/// The family of a language.
pub(crate) fn family_of(name: &'static str) -> &'static str {
    match name {
        "typescript" | "tsx" => "javascript",
        "cpp" => "c",
        "kotlin" => "java",
        name => name,
    }
}

/// Whether a method of the own class is called by its name alone.
pub(crate) fn calls_itself_bare(family: &str) -> bool {
    matches!(family, "java" | "csharp" | "c" | "ruby" | "swift")
}

/// Whether a parameter or variable is meant where its name is called with arguments.
pub(crate) fn calls_locals(language: &str) -> bool {
    language != "ruby"
}

/// Whether the files of a folder see each other's functions.
pub(crate) fn shares_folder(family: &str) -> bool {
    family == "go"
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn what_a_file_is_shows_in_its_first_lines_too() {
        let name = |path, source| super::of(path, source).map(|at| ALL[at].name);
        assert_eq!(name("a.h", "int f(void);\n"), Some("c"));
        assert_eq!(name("a.h", "#pragma once\nnamespace a {\n}\n"), Some("cpp"));
        assert_eq!(name("bin/run", "#!/usr/bin/env bash\n"), Some("bash"));
        assert_eq!(name("bin/run", "#!/usr/bin/python3.11 -u\n"), Some("python"));
        assert_eq!(name("Makefile", "all:\n"), None);
    }

    #[test]
    fn every_query_compiles() {
        for language in ALL {
            let grammar = (language.grammar)();
            if let Err(error) = tree_sitter::Query::new(&grammar, &language.query.concat()) {
                panic!("{}: {error}", language.name);
            }
        }
    }

    #[test]
    fn definitions_and_calls_are_found() {
        let table: &[(&str, &str, &[&str], &[&str])] = &[
            ("a.py", "class A:\n    def b(self):\n        c()\n\nX = 1\n", &["A", "A.b", "X"], &["c"]),
            (
                "a.js",
                "Layer.prototype.match = function (path) { decode(path); };\napp.get('/x', function () {});\n",
                &["Layer.match", "/x"],
                &["decode", "get"],
            ),
            (
                "a.ts",
                "export class A { b(): void { this.c(); } }\ninterface I { x: string }\n",
                &["A", "A.b", "I"],
                &["c"],
            ),
            (
                "a.rs",
                "struct A;\nimpl<T> Tr for A<T> { fn b(&self) { c(); self.d(); e!(); } }\n",
                &["A", "A", "A.b"],
                &["c", "d", "e"],
            ),
            ("a.go", "package p\nfunc (a *A) B() { c(); d.E() }\ntype T struct{}\n", &["A.B", "T"], &["c", "E"]),
            ("a.c", "static int f(void) { return g(1); }\n#define M 1\n", &["f", "M"], &["g"]),
            ("a.java", "class A { A() {} void b() { c(); new D(); } }\n", &["A", "A.A", "A.b"], &["c", "D"]),
            ("a.rb", "module M\n  class A\n    def b\n      c(1)\n    end\n  end\nend\n", &["M", "M.A", "A.b"], &["c"]),
            (
                "a.cpp",
                "namespace net {\ntemplate <typename T> class Socket : public Base {\n  void send() { write(1); p->flush(); }\n  bool ok();\n};\nint Conn::read(char *b) { return ::recv(b); }\nFoo& Foo::get() { return std::move(x); }\nauto n = new Thing(1);\nclass API_EXPORT Cache {\n  int get() { return 1; }\n};\n}\nint main() { net::run(); }\n",
                &[
                    "net",
                    "net.Socket",
                    "Socket.send",
                    "Socket.ok",
                    "Conn.read",
                    "Foo.get",
                    "net.n",
                    "net.Cache",
                    "Cache.get",
                    "main",
                ],
                &["write", "flush", "recv", "move", "Thing", "run"],
            ),
            (
                "a.php",
                "<?php\nnamespace App;\nuse App\\Models\\User;\nclass Kernel extends Base {\n  const V = 1;\n  public function handle() { $this->send(); self::make(); new Response(); strlen(1); }\n}\nfunction helper() { return 1; }\nRoute::get('/users', function () { return 1; });\n",
                &["Kernel", "Kernel.V", "Kernel.handle", "helper", "/users"],
                &["send", "make", "Response", "strlen", "get"],
            ),
            (
                "a.cs",
                "namespace A { public class C<T> : B {\n  const int Max = 3;\n  public C(string h) { Open(h); }\n  public async Task Send() { await x.WriteAsync(); this.Flush<int>(); new Foo(1); y?.Close(); }\n  public int Size => Count();\n  public string Plain { get; set; }\n}\ninterface I { void Go(); } }\napp.MapGet(\"/users\", () => 1);\n",
                &["C", "C.Max", "C.C", "C.Send", "C.Size", "I", "I.Go", "/users"],
                &["Open", "WriteAsync", "Flush", "Foo", "Close", "Count", "MapGet"],
            ),
            (
                "a.sh",
                "#!/bin/bash\nVERSION=1\ninstall() { fetch \"$1\"; }\nfunction cleanup { rm -f x; }\ntrap cleanup EXIT\n",
                &["VERSION", "install", "cleanup"],
                &["fetch", "rm", "cleanup"],
            ),
            (
                "a.swift",
                "public class C: B {\n  init() { self.open() }\n  func send() async throws { try await conn.write(); flush() }\n  var size: Int { return count() }\n}\nextension C: P { func go() { } }\nprotocol P { func go() }\nlet kMax = 3\n",
                &["C", "C.init", "C.send", "C.size", "C", "C.go", "P", "P.go", "kMax"],
                &["open", "write", "flush", "count"],
            ),
            (
                "a.kt",
                "class C(val h: String) : B(h) {\n  companion object {\n    fun make() = C(\"x\")\n  }\n  private fun send() { conn.write(1); this.flush() }\n  val size: Int get() = count()\n}\nobject S { fun x() {} }\nfun String.ext(a: Int): Int { return helper(a) }\nconst val K = 3\n",
                &["C", "C.make", "C.send", "C.size", "S", "S.x", "String.ext", "K"],
                &["B", "C", "write", "flush", "count", "helper"],
            ),
        ];
        for (path, source, definitions, calls) in table {
            let language = ALL[super::of_path(path).expect("a language")];
            let symbols = crate::scout::symbols::read(language, source).expect("symbols");
            let found: Vec<String> = (0..symbols.definitions.len()).map(|at| symbols.qualified(at)).collect();
            assert_eq!(found, *definitions, "{path}");
            let called: Vec<&str> = symbols.calls.iter().map(|call| &source[call.bytes.clone()]).collect();
            for call in *calls {
                assert!(called.contains(call), "{path}: {call} in {called:?}");
            }
        }
    }
}

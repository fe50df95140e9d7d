//! The built-in researcher: files in, markdown out. No model, no network, nothing but the code.
//!
//! [`answer`] reads the subject ([`gather`]: cached facts of each file), takes the question apart
//! ([`query`]), finds its words in one pass ([`scan`]), ranks ([`rank`], with the calls of [`trace`]),
//! leads with what the question names ([`named`]), chooses lines ([`cite`]) and writes the answer ([`explain`]).

mod alike;
mod cache;
mod cite;
mod close;
mod conditions;
mod connect;
mod excerpt;
mod explain;
mod facts;
mod families;
mod gather;
mod language;
mod leads;
mod list;
mod named;
mod outline;
mod pack;
mod packed;
mod query;
mod rank;
mod receiver;
mod research;
mod scan;
mod siblings;
mod sorts;
mod symbols;
mod synonyms;
mod text;
mod trace;
mod units;
mod walk;
mod weights;

pub use alike::{Alike, Asked};
pub use cache::memory;
pub use leads::Lead;
pub use outline::{Outline, Plain};

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What scout is asked: one JSON object on the standard input of its own process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// In plain words.
    pub question: String,
    /// The subject's folder, or one file.
    pub root: PathBuf,
    /// Absolute folders that are no part of it.
    #[serde(default)]
    pub hidden: Vec<PathBuf>,
    /// The folder for packed facts of this subject, see [`memory`]; none: nothing is remembered.
    #[serde(default)]
    pub cache: Option<PathBuf>,
}

/// What scout found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The answer.
    pub markdown: String,
    /// False: what is asked about is not in this code.
    pub found: bool,
    /// Best first, in the order of first citation in the markdown.
    pub places: Vec<Place>,
    /// What was read, so that gaps are named.
    pub coverage: Coverage,
}

/// A place in the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Relative to the subject's root, with `/`.
    pub path: String,
    /// From 1.
    pub first: u32,
    /// Included.
    pub last: u32,
    /// The definition, as `Class.method`.
    pub symbol: Option<String>,
    /// How well it fits; comparable within one answer only.
    pub score: f32,
}

/// What was read of a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Files read.
    pub files: usize,
    /// Of those, parsed as code; the others are read as text.
    pub parsed: usize,
    /// Not read: images, archives, programs.
    pub binary: usize,
    /// Not read: too big.
    pub too_big: usize,
    /// Not read: minified or made by a program.
    pub generated: usize,
    /// Not read: catalogues of translations.
    pub translations: usize,
    /// Could not be read.
    pub unreadable: usize,
    /// Facts were written to the cache.
    pub cached: bool,
}

impl Coverage {
    fn count(&mut self, file: &cache::File) {
        match file.role {
            Ok(_) => {
                self.files += 1;
                self.parsed += usize::from(file.parsed);
            }
            Err(walk::Skip::Binary) => self.binary += 1,
            Err(walk::Skip::TooBig) => self.too_big += 1,
            Err(walk::Skip::Generated) => self.generated += 1,
            Err(walk::Skip::Translation) => self.translations += 1,
        }
    }
}

/// Why scout cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum ScoutError {
    /// There is nothing at the root.
    #[error("there is nothing at {}", root.display())]
    NoSubject {
        /// As asked for.
        root: PathBuf,
    },
}

/// Answers a question about a subject from its code alone. `progress` is told in a few words what is
/// being done. The subject is only read; facts are kept in `request.cache`.
pub fn answer(request: &Request, progress: &mut dyn FnMut(&str)) -> Result<Report, ScoutError> {
    research(request, progress, |ranker, found, coverage, sources| {
        explain::report(&request.question, ranker, found, coverage, sources)
    })
}

/// The best `count` places of a question, best first; none if it is not answered here. Reads what changed
/// since the facts in `request.cache` were written, in this process.
pub fn leads(request: &Request, count: usize) -> Result<Vec<Lead>, ScoutError> {
    research(
        request,
        &mut |_| {},
        |ranker, found, _, sources| {
            if found.found { leads::of(ranker, found, count, sources) } else { Vec::new() }
        },
    )
}

fn research<T>(
    request: &Request,
    progress: &mut dyn FnMut(&str),
    then: impl FnOnce(&rank::Ranker, &research::Findings, Coverage, &mut cite::Sources) -> T,
) -> Result<T, ScoutError> {
    let root = request.root.canonicalize().map_err(|_| ScoutError::NoSubject { root: request.root.clone() })?;
    let hidden = request.hidden.iter().map(|hidden| hidden.canonicalize().unwrap_or_else(|_| hidden.clone())).collect();
    let request = Request { root, hidden, ..request.clone() };
    let query = query::Query::new(&request.question);
    let (facts, coverage) = gather::facts(&request, progress)?;
    progress("ranking");
    let weights = weights::Weights::default();
    let scan = scan::Scan::new(&facts, &query);
    let mut sources = cite::Sources::new(&request.root, &request.hidden);
    let ranker = rank::Ranker::new(&scan, &query, &weights);
    let found = research::run(&request.question, &ranker, &mut sources);
    Ok(then(&ranker, &found, coverage, &mut sources))
}

/// Whether a language is known for a file of this name.
pub fn is_code(path: &str) -> bool {
    language::of_path(path).is_some()
}

/// Gets ready to outline files of the language that most of these paths have: its query takes longer to compile
/// than a file to parse.
pub fn get_ready<'a>(paths: impl Iterator<Item = &'a str>) {
    let mut counts = [0_usize; language::ALL.len()];
    paths.filter_map(language::of_path).for_each(|at| counts[at] += 1);
    let most = language::ALL.iter().zip(counts).max_by_key(|(_, count)| *count);
    let _ = most.filter(|(_, count)| *count > 0).and_then(|(language, _)| language.compiled());
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make the files that scout reads")]
mod tests {
    use super::{Request, answer};
    use proptest::prelude::*;

    fn request(question: &str, files: &[(&str, &[u8])]) -> (tempfile::TempDir, Request) {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, bytes) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, bytes).expect("written");
        }
        let root = folder.path().to_owned();
        (folder, Request { question: question.to_owned(), root, hidden: Vec::new(), cache: None })
    }

    fn ask(question: &str, files: &[(&str, &[u8])]) -> super::Report {
        let (_folder, request) = request(question, files);
        answer(&request, &mut |_| {}).expect("an answer")
    }

    #[test]
    fn leads_are_the_best_places_with_a_line_each() {
        let source = b"def store_token(token):\n    with open(PATH, 'w') as disk:\n        disk.write(token)\n";
        let files: &[(&str, &[u8])] = &[("auth.py", source)];
        let (_folder, request) = request("where is the token saved to disk", files);
        let leads = super::leads(&request, 3).expect("leads");
        assert_eq!(leads.len(), 1, "{leads:?}");
        let lead = &leads[0];
        assert_eq!((lead.path.as_str(), lead.first, lead.last), ("auth.py", 1, 3));
        assert_eq!((lead.within.as_deref(), lead.line_text.as_str()), (Some("store_token"), "disk.write(token)"));
        let (_folder, request) = self::request("where is the weather forecast downloaded", files);
        assert_eq!(super::leads(&request, 3).expect("leads"), []);
    }

    #[test]
    fn finds_a_function_by_what_it_does_and_who_calls_it() {
        let source = b"def store_token(token):\n    \"\"\"Write the token to disk.\"\"\"\n    open(PATH, 'w').write(token)\n\n\ndef login(user):\n    store_token(user.token)\n";
        let report = ask(
            "where is the token saved to disk",
            &[("auth.py", source), ("other.py", b"def unrelated():\n    pass\n")],
        );
        assert_eq!(report.places[0].symbol.as_deref(), Some("store_token"), "{}", report.markdown);
        assert!(report.markdown.contains("`login` → `store_token` (at `auth.py:7`)"), "{}", report.markdown);
    }

    #[test]
    fn a_call_is_resolved_by_what_it_is_called_on() {
        let shop = b"from tools import wrap\n\n\nclass Base:\n    def seal(self, box):\n        return box\n\n\nclass Parcel(Base):\n    def send(self, box):\n        \"\"\"Send the parcel away.\"\"\"\n        self.seal(box)\n        wrap(box)\n        self.courier.fetch(box)\n        box.seal()\n";
        let tools = b"def wrap(box):\n    return box\n\n\ndef seal(box):\n    return box\n";
        let other =
            b"class Courier:\n    def fetch(self, box):\n        pass\n\n\nclass Dog:\n    def fetch(self, stick):\n        pass\n\n\ndef wrap(x):\n    pass\n";
        let report = ask("how is a parcel sent away", &[("shop.py", shop), ("tools.py", tools), ("other.py", other)]);
        let told = |text: &str| assert!(report.markdown.contains(text), "{text} in {}", report.markdown);
        told("1. `shop.py:12`: `Base.seal` (`shop.py:5-6`)\n");
        told("2. `shop.py:13`: `wrap` (`tools.py:1-2`)\n");
        assert!(!report.markdown.contains("Dog.fetch"), "{}", report.markdown);
    }

    #[test]
    fn a_parameter_is_not_the_function_of_its_name() {
        let ruby = b"class Vault\n  def session(env)\n    env['session']\n  end\n\n  def seal_token(session)\n    digest(session)\n  end\n\n  def digest(text)\n    text.hash\n  end\nend\n";
        let js = b"function next() {\n  return 1;\n}\n\nfunction handleParcel(parcel, next) {\n  weighParcel(parcel);\n  next();\n}\n\nfunction weighParcel(parcel) {\n  return parcel.weight;\n}\n";
        let go = b"package shop\n\nfunc ShipCrate(done func()) {\n\tweighCrate()\n\tdone()\n}\n\nfunc done() {}\n";
        let other = b"package shop\n\nfunc weighCrate() {}\n";
        let files: &[(&str, &[u8])] = &[("vault.rb", ruby), ("p.js", js), ("shop/a.go", go), ("shop/b.go", other)];
        for (question, told, untold) in [
            ("how is a token sealed", "`Vault.seal_token` calls `Vault.digest`", "calls `Vault.session`"),
            ("how is a parcel handled", "`handleParcel` calls `weighParcel`", "calls `next`"),
            ("how is a crate shipped", "`ShipCrate` calls `weighCrate` at `shop/a.go:4`\n", "calls `done`"),
        ] {
            let report = ask(question, files);
            assert!(report.markdown.contains(told), "{told} in {}", report.markdown);
            assert!(!report.markdown.contains(untold), "{untold} in {}", report.markdown);
        }
    }

    #[test]
    fn a_go_package_is_the_last_name_of_its_path() {
        let gin = b"package gin\n\nimport \"github.com/x/gin/binding\"\n\nfunc BindParcel() {\n\tbinding.Default()\n}\n\nfunc Default() {}\n";
        let binding = b"package binding\n\nfunc Default() {}\n";
        let report = ask("how is a parcel bound", &[("gin.go", gin), ("binding/binding.go", binding)]);
        assert!(!report.markdown.contains("(`gin.go:9"), "{}", report.markdown);
    }

    #[test]
    fn a_list_is_complete_and_says_what_was_looked_at() {
        let run = b"import os\n\n# os.environ is read below\n\n\ndef run():\n    text = 'os.environ'\n    return os.environ['A'], text\n\n\ndef stop():\n    return os.getenv('B')\n";
        let rust = b"fn main() {\n    let home = std::env::var(\"HOME\");\n}\n";
        let test = b"import os\n\n\ndef test_it():\n    os.environ['A'] = '1'\n";
        let report = ask(
            "which environment variables are read",
            &[("run.py", run), ("main.rs", rust), ("tests/test_run.py", test), ("plain.py", b"def f():\n    pass\n")],
        );
        let lines: Vec<(&str, u32)> = report.places.iter().map(|place| (place.path.as_str(), place.first)).collect();
        for place in [("run.py", 8), ("run.py", 12), ("main.rs", 2)] {
            assert!(lines[..3].contains(&place), "{place:?} in {lines:?}");
        }
        for said in ["3 places in 2 files", "3 files of code were read, 1 more have no word", "Left out: 1 in tests"] {
            assert!(report.markdown.contains(said), "{said} in {}", report.markdown);
        }
    }

    #[test]
    fn what_has_no_documentation_is_listed() {
        let source = b"pub fn told() {}\n\n/// Says what it does.\npub fn said() {}\n\nfn inner() {}\n\npub struct S;\n\nimpl S {\n    pub fn silent(&self) {}\n}\n";
        let report = ask("which public functions have no documentation", &[("src/a.rs", source)]);
        let names: Vec<&str> = report.places.iter().filter_map(|place| place.symbol.as_deref()).collect();
        assert_eq!(names, ["told", "S.silent"], "{}", report.markdown);
        let classes: &[u8] = b"class Plain:\n    pass\n\n\nclass Store(Plain):\n    pass\n\n\nclass Cache(Store):\n    pass\n\n\nclass Other:\n    pass\n";
        let report = ask("which classes extend Plain", &[("a.py", classes)]);
        let names: Vec<&str> = report.places.iter().filter_map(|place| place.symbol.as_deref()).collect();
        assert_eq!(names, ["Store", "Cache"], "{}", report.markdown);
    }

    #[test]
    fn a_list_by_name_holds_all_that_belong_together() {
        let source = b"class Base:\n    pass\n\n\nclass PngCodec(Base):\n    \"\"\"Reads images.\"\"\"\n\n\nclass GifCodec(Base):\n    pass\n\n\nclass WebpCodec(Base):\n    pass\n\n\nclass Unrelated:\n    pass\n\n\nCODECS = {'png': PngCodec, 'gif': GifCodec, 'webp': WebpCodec}\n";
        let report = ask("which codecs for images exist", &[("codecs.py", source)]);
        let names: Vec<&str> = report.places.iter().filter_map(|place| place.symbol.as_deref()).take(4).collect();
        assert_eq!(names, ["CODECS", "PngCodec", "GifCodec", "WebpCodec"], "{}", report.markdown);
    }

    #[test]
    fn an_empty_folder_is_no_error() {
        let report = ask("where is the token saved", &[]);
        assert!(!report.found);
        assert!(report.places.is_empty());
    }

    #[test]
    fn foreign_backticks_stay_inside() {
        let report =
            ask("where is the fence text", &[("a.js", b"function fenceText() {\n  return '```` fence text';\n}\n")]);
        assert!(report.markdown.contains("`````javascript\n"), "{}", report.markdown);
    }

    #[test]
    fn only_what_changed_is_read_again() {
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
        let source = b"def store_token(token):\n    write(token)\n";
        let (folder, mut request) =
            request("where is the token stored", &[("a.py", source), ("b.py", b"x = 1\n"), ("c.txt", b"text\n")]);
        let cache = tempfile::tempdir().expect("a folder");
        request.cache = Some(cache.path().to_owned());
        let age = |name: &str| {
            let file = std::fs::File::options().write(true).open(folder.path().join(name)).expect("opened");
            file.set_modified(long_ago).expect("set");
        };
        ["a.py", "b.py", "c.txt"].into_iter().for_each(age);
        let read = || {
            let mut told = Vec::new();
            answer(&request, &mut |said| told.push(said.to_owned())).expect("an answer");
            told.retain(|said| said.starts_with("read"));
            told
        };
        assert_eq!(read(), ["read 3 of 3 files"]);
        assert_eq!(read(), [""; 0]);
        std::fs::write(folder.path().join("b.py"), b"x = 22\n").expect("written");
        age("b.py");
        assert_eq!(read(), ["read 1 of 1 files"]);
        assert_eq!(read(), [""; 0]);
    }

    #[test]
    fn a_language_that_nobody_knows_is_searched_as_text() {
        let lua = b"-- Keeps parcels.\nlocal shelf = {}\n\nfunction keep(parcel)\n  -- write the parcel to the ledger\n  ledger:append(parcel)\nend\n";
        let other = b"function greet(name)\n  print(name)\nend\n";
        let python = b"def greet(name):\n    print(name)\n";
        for beside in [&[][..], &[("main.py", &python[..])][..]] {
            let mut files: Vec<(&str, &[u8])> = vec![("shelf.quux", lua), ("greet.quux", other)];
            files.extend(beside);
            let report = ask("where is a parcel written to the ledger", &files);
            let first = &report.places[0];
            assert!(report.found, "{}", report.markdown);
            assert_eq!(first.path, "shelf.quux", "{}", report.markdown);
            assert!((first.first..=first.last).contains(&6), "{first:?}");
        }
    }

    #[test]
    fn hostile_files_are_read_within_bounds() {
        let started = std::time::Instant::now();
        let line: Vec<u8> = b"var a=function(b){return b.token+1};".iter().copied().cycle().take(5 << 20).collect();
        let list: Vec<u8> = b"    {\"token\": 1, \"stored\": 2},\n".iter().copied().cycle().take(4 << 20).collect();
        let open: Vec<u8> = b"if (token) {\n".iter().copied().cycle().take(1 << 20).collect();
        let names: Vec<u8> = b"def token(token):\n    token(token)\n".iter().copied().cycle().take(1 << 20).collect();
        let report = ask(
            "where is the token stored",
            &[
                ("a.js", &line),
                ("list.json", &list),
                ("open.c", &open),
                ("open.rs", &open),
                ("names.py", &names),
                ("bad.py", b"def store_token():\n    \xff\xfe = '\xc3\x28'\n"),
                ("good.py", b"def store_token(token):\n    write(token)\n"),
            ],
        );
        assert!(report.places.iter().any(|place| place.path == "good.py"), "{}", report.markdown);
        assert!(started.elapsed() < std::time::Duration::from_mins(1), "{:?}", started.elapsed());
    }

    #[test]
    fn deep_nesting_is_walked() {
        let deep = [b"x = ".as_slice(), &b"[".repeat(30_000), &b"]".repeat(30_000)].concat();
        ask("where is x nested", &[("deep.py", &deep), ("deep.js", &deep), ("deep.rs", &deep)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn never_panics(bytes: Vec<u8>, question in "\\PC{1,40}", name in "[a-z]{1,4}\\.(py|js|ts|rs|go|c|java|rb|cc|php|cs|sh|kt|md|txt)") {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::write(folder.path().join(&name), &bytes).expect("written");
            let request = Request { question, root: folder.path().to_owned(), hidden: Vec::new(), cache: Some(folder.path().join("cache")) };
            let _ = answer(&request, &mut |_| {});
        }
    }
}

//! Which files of a subject scout reads, and what part each plays: source, tests, documentation.

use crate::subject::{Entry, LARGEST_TEXT};

/// What part a file plays. The order is part of the cache's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Role {
    Source,
    /// Brought along from elsewhere.
    Vendored,
    Example,
    Test,
    Document,
    /// What changed when.
    Changelog,
    /// Settings, data, lists.
    Data,
    Generated,
}

impl Role {
    /// All, in order.
    pub(crate) const ALL: [Self; 8] = [
        Self::Source,
        Self::Vendored,
        Self::Example,
        Self::Test,
        Self::Document,
        Self::Changelog,
        Self::Data,
        Self::Generated,
    ];
}

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    TooBig,
    Binary,
    Generated,
    Translation,
}

/// Code beyond this is read as text: no one wrote it by hand.
pub(crate) const LARGEST_CODE: usize = 2 << 20;

const BINARY: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "bmp",
    "ico",
    "icns",
    "tif",
    "tiff",
    "psd",
    "pdf",
    "zip",
    "gz",
    "tgz",
    "bz2",
    "xz",
    "zst",
    "lz4",
    "lzma",
    "br",
    "7z",
    "rar",
    "tar",
    "jar",
    "war",
    "class",
    "pyc",
    "pyo",
    "so",
    "dylib",
    "dll",
    "exe",
    "a",
    "o",
    "obj",
    "lib",
    "bin",
    "dat",
    "wasm",
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "mp3",
    "mp4",
    "avi",
    "mov",
    "ogg",
    "wav",
    "flac",
    "webm",
    "mo",
    "sqlite",
    "db",
    "shp",
    "shx",
    "dbf",
    "pack",
    "idx",
    "rlib",
    "whl",
    "egg",
    "node",
    "keystore",
    "p12",
    "der",
    "parquet",
    "npy",
    "npz",
    "pkl",
    "onnx",
    "safetensors",
];
const TRANSLATION: &[&str] = &["po", "pot", "xlf", "xliff", "resx"];
const DOCUMENT: &[&str] =
    &["md", "rst", "txt", "adoc", "markdown", "mdx", "tex", "org", "rdoc", "pod", "1", "5", "7", "8"];
const DATA: &[&str] = &[
    "json",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "lock",
    "xml",
    "csv",
    "tsv",
    "svg",
    "css",
    "scss",
    "less",
    "sql",
    "properties",
    "in",
    "plist",
    "snap",
    "map",
    "geojson",
    "proto",
    "env",
    "pro",
    "json5",
    "jsonl",
    "sum",
    "mod",
];

/// What can be said by name and size alone. `Err`: not read.
pub(crate) fn role(entry: &Entry) -> Result<Role, Skip> {
    let as_written = entry.path.rsplit('/').next().unwrap_or("").split('.').next().unwrap_or("");
    let path = entry.path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if BINARY.contains(&extension) {
        return Err(Skip::Binary);
    }
    if TRANSLATION.contains(&extension) {
        return Err(Skip::Translation);
    }
    if name.contains(".min.") || extension == "map" {
        return Err(Skip::Generated);
    }
    if entry.size > LARGEST_TEXT {
        return Err(Skip::TooBig);
    }
    let in_folder = |known: &[&str]| folders.split('/').any(|folder| known.contains(&folder));
    let stem = name.split('.').next().unwrap_or(name);
    Ok(
        if in_folder(&[
            "node_modules",
            "vendor",
            "vendored",
            "third_party",
            "third-party",
            "thirdparty",
            "_vendor",
            "external",
            "deps",
            "bower_components",
        ]) {
            if is_test(folders, as_written, name) { Role::Test } else { Role::Vendored }
        } else if is_test(folders, as_written, name) {
            Role::Test
        } else if matches!(stem, "changes" | "changelog" | "history" | "news" | "releases" | "release-notes")
            || in_folder(&["changelogs", "releases", "release-notes"]) && DOCUMENT.contains(&extension)
        {
            Role::Changelog
        } else if DOCUMENT.contains(&extension)
            || extension.is_empty()
                && matches!(
                    stem,
                    "readme"
                        | "license"
                        | "copying"
                        | "authors"
                        | "install"
                        | "unlicense"
                        | "contributing"
                        | "todo"
                        | "pkg-info"
                        | "licence"
                        | "notice"
                )
            || in_folder(&["docs", "doc", "doc_src", "documentation", "website"])
                && super::language::of_path(name).is_none()
        {
            Role::Document
        } else if in_folder(&[
            "examples",
            "example",
            "samples",
            "sample",
            "demo",
            "demos",
            "tutorial",
            "tutorials",
            "benchmarks",
            "benches",
            "bench",
            "contrib-examples",
        ]) {
            Role::Example
        } else if DATA.contains(&extension) || name.starts_with('.') {
            Role::Data
        } else if name.contains("_pb2")
            || name.contains(".pb.")
            || name.contains(".generated.")
            || name.contains("_generated")
        {
            Role::Generated
        } else if in_folder(&["locale", "locales", "i18n", "translations", "lang"]) {
            Role::Data
        } else {
            Role::Source
        },
    )
}

/// `as_written`: the name up to its first dot; `name` and `folders` in lower case.
fn is_test(folders: &str, as_written: &str, name: &str) -> bool {
    let stem = as_written.to_ascii_lowercase();
    let test_folder = |folder: &str| {
        matches!(
            folder,
            "test"
                | "tests"
                | "testing"
                | "__tests__"
                | "spec"
                | "specs"
                | "testdata"
                | "test-data"
                | "fixtures"
                | "androidtest"
                | "unittests"
        ) || folder.ends_with("_tests")
            || folder.ends_with("-tests")
            || matches!(folder.rsplit_once('.'), Some((_, "tests" | "test")))
    };
    folders.split('/').any(test_folder)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || stem == "conftest"
        || stem == "test"
        || stem == "tests"
        || ["Test", "Tests", "Spec", "TestCase"].iter().any(|end| as_written.ends_with(end))
        || name.contains(".test.")
        || name.contains(".spec.")
}

/// What only the bytes tell. `Err`: not read.
pub(crate) fn look(role: Role, bytes: &[u8]) -> Result<Role, Skip> {
    let head = &bytes[..bytes.len().min(8192)];
    if head.contains(&0) {
        return Err(Skip::Binary);
    }
    // Minified: hardly any line ends.
    #[expect(clippy::naive_bytecount, reason = "8 kB at most")]
    let line_ends = head.iter().filter(|byte| **byte == b'\n').count();
    if head.len() > 4000 && line_ends < head.len() / 1000 {
        return Err(Skip::Generated);
    }
    let head = String::from_utf8_lossy(&head[..head.len().min(600)]).to_ascii_lowercase();
    let generated = head.contains("do not edit")
        || head.contains("@generated")
        || head.contains("autogenerated")
        || head.contains("auto-generated");
    Ok(if generated && role == Role::Source { Role::Generated } else { role })
}

#[cfg(test)]
mod tests {
    use super::{Role, Skip, look, role};
    use crate::subject::Entry;

    #[test]
    fn roles_follow_names() {
        for (path, expected) in [
            ("src/a.py", Ok(Role::Source)),
            ("tests/a.py", Ok(Role::Test)),
            ("src/foo_test.go", Ok(Role::Test)),
            ("lib/x.spec.ts", Ok(Role::Test)),
            ("src/ClientTest.kt", Ok(Role::Test)),
            ("Acme.Tests/Client.cs", Ok(Role::Test)),
            ("src/contest.py", Ok(Role::Source)),
            ("docs/a.rst", Ok(Role::Document)),
            ("CHANGES.rst", Ok(Role::Changelog)),
            ("examples/a.rs", Ok(Role::Example)),
            ("vendor/x/a.c", Ok(Role::Vendored)),
            ("a.png", Err(Skip::Binary)),
            ("jquery.min.js", Err(Skip::Generated)),
        ] {
            let entry = Entry { path: path.to_owned(), size: 10, modified: None, stamp: 0 };
            assert_eq!(role(&entry), expected, "{path}");
        }
        assert_eq!(look(Role::Source, b"a\0b"), Err(Skip::Binary));
    }
}

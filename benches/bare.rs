//! The least that could do what kb does: a sweep that only asks for every file's stat, a tantivy
//! program that only indexes, one that only searches. Not kb's code.

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir};
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use tantivy::collector::TopDocs;
use tantivy::query::QueryParser;
use tantivy::schema::{STORED, STRING, Schema, TEXT, Value};
use tantivy::{Index, IndexWriter, ReloadPolicy, TantivyDocument, doc};

/// Becomes a bare program if the arguments say so.
pub(crate) fn run(arguments: &[String]) -> bool {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--bare-nothing"] => {}
        ["--bare-sweep", notes] => println!("{}", sweep(Path::new(notes))),
        ["--bare-index", notes, index] => build(Path::new(notes), Path::new(index)),
        ["--bare-search", index, words @ ..] => search(Path::new(index), &words.join(" ")),
        _ => return false,
    }
    true
}

/// Asks for the stat of every note, folder by folder.
fn sweep(root: &Path) -> i64 {
    let mut folders = vec![root.to_owned()];
    let mut buffer = vec![MaybeUninit::uninit(); 64 << 10];
    let mut sizes = 0;
    while let Some(path) = folders.pop() {
        let folder =
            rustix::fs::openat(CWD, &path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let folder = folder.unwrap();
        let mut entries = RawDir::new(folder.as_fd(), &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if name.to_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type() == FileType::Directory {
                folders.push(path.join(name.to_str().unwrap()));
            } else if name.to_bytes().ends_with(b".md") {
                sizes += rustix::fs::statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW).unwrap().st_size;
            }
        }
    }
    sizes
}

fn schema() -> Schema {
    let mut schema = Schema::builder();
    schema.add_text_field("path", STRING | STORED);
    schema.add_text_field("body", TEXT | STORED);
    schema.build()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with(".kb") {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files
}

/// Reads and indexes every file, on as many threads as there are cores.
fn build(notes: &Path, at: &Path) {
    fs::remove_dir_all(at).ok();
    fs::create_dir_all(at).unwrap();
    let schema = schema();
    let (path, body) = (schema.get_field("path").unwrap(), schema.get_field("body").unwrap());
    let index = Index::create_in_dir(at, schema).unwrap();
    let threads = std::thread::available_parallelism().unwrap().get();
    let mut writer: IndexWriter = index.writer_with_num_threads(threads, threads * 25_000_000).unwrap();
    for file in files(notes) {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(notes).unwrap().to_str().unwrap();
        writer.add_document(doc!(path => name, body => text)).unwrap();
    }
    writer.commit().unwrap();
    writer.wait_merging_threads().unwrap();
}

/// Opens an index, queries, prints ten paths.
fn search(at: &Path, words: &str) {
    let index = Index::open_in_dir(at).unwrap();
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().unwrap();
    let searcher = reader.searcher();
    let (path, body) = (index.schema().get_field("path").unwrap(), index.schema().get_field("body").unwrap());
    let query = QueryParser::for_index(&index, vec![body]).parse_query(words).unwrap();
    for (score, address) in searcher.search(&query, &TopDocs::with_limit(10).order_by_score()).unwrap() {
        let document: TantivyDocument = searcher.doc(address).unwrap();
        println!("{score} {}", document.get_first(path).unwrap().as_str().unwrap());
    }
}

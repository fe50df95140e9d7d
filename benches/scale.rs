//! A tree of so many files, made of copies of folders of code in which words differ, so that names and
//! vocabulary grow as in a large repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Words of this length and more may differ.
const LONG: usize = 8;

/// Fills `target` with `count` files of code and text, copied in turn from `folders`.
pub(crate) fn tree(folders: &[&Path], count: usize, target: &Path) {
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        collect(folder, &PathBuf::from(format!("part{at}")), &mut files);
    }
    assert!(!files.is_empty(), "no text in these folders");
    for (made, at) in (0..count).zip((0..files.len()).cycle()) {
        let copy = made / files.len();
        let (path, text) = &files[at];
        let path = target.join(format!("copy{copy}")).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, if copy == 0 { text.clone() } else { differing(text, copy) }).unwrap();
    }
}

fn collect(folder: &Path, under: &Path, files: &mut Vec<(PathBuf, String)>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = under.join(path.file_name().unwrap());
        if path.is_dir() && !path.is_symlink() {
            collect(&path, &name, files);
        } else if !matches!(path.extension().and_then(|end| end.to_str()), Some("po" | "mo" | "lock"))
            && let Ok(text) = fs::read_to_string(&path)
        {
            files.push((name, text));
        }
    }
}

/// The text with every fourth long word changed: which one depends on the copy and the word.
fn differing(text: &str, copy: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let length = rest[start..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = &rest[start..start + length];
        out.push_str(&rest[..start + length]);
        let sum = word.bytes().fold(copy, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        if length >= LONG && sum % 4 == 0 {
            // Letters: a number would be a word of its own.
            out.push(char::from(b'a' + u8::try_from(copy % 26).unwrap()));
            out.push(char::from(b'a' + u8::try_from(copy / 26 % 26).unwrap()));
        }
        rest = &rest[start + length..];
    }
    out.push_str(rest);
    out
}

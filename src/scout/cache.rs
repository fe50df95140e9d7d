//! Facts of a whole subject in one packed file, by content: read at once, replaced atomically, and
//! simply made anew when damaged or of another version.

use super::pack;
use super::walk::{Role, Skip};
use rustc_hash::FxHashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Changes whenever facts or their form do.
const VERSION: u64 = 9;
const MARK: &[u8; 8] = b"kbscout\n";

/// Strings by number. One text, not many: a large subject has a million.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(crate) fn get(&self, at: u32) -> &str {
        let at = at as usize;
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(0) as usize };
        let end = self.ends.get(at).copied().unwrap_or(0) as usize;
        self.text.get(start..end).unwrap_or("")
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let value = self.text.get(start..*end as usize).unwrap_or("");
            start = *end as usize;
            value
        })
    }

    fn push(&mut self, value: &str) -> u32 {
        self.text.push_str(value);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
    }

    fn write(&self, out: &mut Vec<u8>) {
        pack::number(out, self.ends.len() as u64);
        let mut before = 0;
        for end in &self.ends {
            pack::number(out, u64::from(end - before));
            before = *end;
        }
        pack::bytes(out, self.text.as_bytes());
    }

    fn read(reader: &mut pack::Reader) -> Option<Self> {
        let count = usize::try_from(reader.number()?).ok()?;
        let mut ends = Vec::with_capacity(count.min(1 << 20));
        let mut end = 0_u32;
        for _ in 0..count {
            end = end.checked_add(reader.small()?)?;
            ends.push(end);
        }
        Some(Self { text: reader.text()?.to_owned(), ends })
    }
}

/// Numbers for strings while facts are added.
#[derive(Debug, Default)]
pub(crate) struct Numbers(FxHashMap<Box<str>, u32>);

impl Numbers {
    pub(crate) fn of(strings: &Strings) -> Self {
        Self(strings.iter().zip(0..).map(|(value, at)| (value.into(), at)).collect())
    }

    pub(crate) fn place(&mut self, strings: &mut Strings, value: &str) -> u32 {
        if let Some(at) = self.0.get(value) {
            return *at;
        }
        let at = strings.push(value);
        self.0.insert(value.into(), at);
        at
    }
}

/// What is known of one file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    /// As the system told it when the file was read; 0: look again.
    pub(crate) stamp: u64,
    pub(crate) hash: [u8; 16],
    /// What part it plays, or why it was not read.
    pub(crate) role: Result<Role, Skip>,
    pub(crate) parsed: bool,
    pub(crate) lines: u32,
    /// Its facts in [`Facts::packed`].
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What is known of a subject.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) terms: Strings,
    pub(crate) names: Strings,
    /// Sorted by path.
    pub(crate) files: Vec<File>,
    pub(crate) packed: Vec<u8>,
}

impl Facts {
    /// The packed units of a file.
    pub(crate) fn units_of(&self, file: usize) -> &[u8] {
        self.files.get(file).and_then(|file| self.packed.get(file.start..file.end)).unwrap_or(&[])
    }
}

/// The folder for what is remembered of the subject at this root, within kb's cache.
pub fn memory(cache: &Path, root: &Path) -> PathBuf {
    let name = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    cache.join("scout").join(&name[..24])
}

/// The file for a subject's facts.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("facts")
}

/// The facts in a file; none if there are none that this version wrote whole.
pub(crate) fn load(path: &Path) -> Option<Facts> {
    decode(&std::fs::read(path).ok()?)
}

fn decode(bytes: &[u8]) -> Option<Facts> {
    let body = bytes.strip_prefix(MARK)?;
    let (sum, body) = body.split_at_checked(8)?;
    if sum != checksum(body).to_le_bytes() {
        return None;
    }
    let mut reader = pack::Reader::new(body);
    if reader.number()? != VERSION {
        return None;
    }
    let terms = Strings::read(&mut reader)?;
    let names = Strings::read(&mut reader)?;
    let count = usize::try_from(reader.number()?).ok()?;
    let mut files = Vec::with_capacity(count.min(1 << 20));
    let mut start = 0_usize;
    for _ in 0..count {
        let path = reader.text()?.to_owned();
        let stamp = reader.number()?;
        let hash = reader.bytes()?.try_into().ok()?;
        let role = role(reader.number()?)?;
        let parsed = reader.number()? == 1;
        let lines = reader.small()?;
        let end = start.checked_add(usize::try_from(reader.number()?).ok()?)?;
        files.push(File { path, stamp, hash, role, parsed, lines, start, end });
        start = end;
    }
    let packed = reader.bytes()?;
    if packed.len() != start || !reader.is_at_end() {
        return None;
    }
    let packed = packed.to_vec();
    Some(Facts { terms, names, files, packed })
}

fn encode(facts: &Facts) -> Vec<u8> {
    let mut body = Vec::with_capacity(
        facts.packed.len() + facts.terms.text.len() + facts.names.text.len() + facts.files.len() * 80,
    );
    pack::number(&mut body, VERSION);
    facts.terms.write(&mut body);
    facts.names.write(&mut body);
    pack::number(&mut body, facts.files.len() as u64);
    for file in &facts.files {
        pack::bytes(&mut body, file.path.as_bytes());
        pack::number(&mut body, file.stamp);
        pack::bytes(&mut body, &file.hash);
        pack::number(&mut body, number_of(file.role));
        pack::number(&mut body, u64::from(file.parsed));
        pack::number(&mut body, u64::from(file.lines));
        pack::number(&mut body, (file.end - file.start) as u64);
    }
    // Files lie in order, so that lengths tell where each begins.
    let length: usize = facts.files.iter().map(|file| file.end - file.start).sum();
    pack::number(&mut body, length as u64);
    for at in 0..facts.files.len() {
        body.extend_from_slice(facts.units_of(at));
    }
    body
}

/// Replaces the file at `path` in one step.
pub(crate) fn save(path: &Path, facts: &Facts) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let body = encode(facts);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(MARK)?;
    file.write_all(&checksum(&body).to_le_bytes())?;
    file.write_all(&body)?;
    file.persist(path)?;
    Ok(())
}

const SKIPS: [Skip; 4] = [Skip::TooBig, Skip::Binary, Skip::Generated, Skip::Translation];

fn number_of(role: Result<Role, Skip>) -> u64 {
    match role {
        Ok(role) => role as u64,
        Err(skip) => 100 + skip as u64,
    }
}

fn role(number: u64) -> Option<Result<Role, Skip>> {
    let number = usize::try_from(number).ok()?;
    Role::ALL.get(number).copied().map(Ok).or_else(|| SKIPS.get(number.checked_sub(100)?).copied().map(Err))
}

/// Four lanes at once: a hundred megabytes must not cost a tenth of a second.
fn checksum(bytes: &[u8]) -> u64 {
    let mut lanes = [1_u64, 2, 3, 4];
    let mut chunks = bytes.chunks_exact(32);
    for chunk in &mut chunks {
        for (lane, part) in lanes.iter_mut().zip(chunk.chunks_exact(8)) {
            let part = u64::from_le_bytes(part.try_into().unwrap_or_default());
            *lane = (lane.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
    let mut sum = bytes.len() as u64;
    for part in lanes.into_iter().chain(chunks.remainder().iter().map(|byte| u64::from(*byte))) {
        sum = (sum.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scout::{facts, packed};

    fn sample() -> Facts {
        let mut facts = Facts::default();
        let (mut terms, mut names) = (Numbers::default(), Numbers::default());
        for path in ["a.py", "b.rs"] {
            let source = b"def one(): return two()\nfn three() { four() }\n";
            let of_file = facts::of(path, Role::Source, source);
            let start = facts.packed.len();
            let packed = packed::write(
                &of_file,
                |text| terms.place(&mut facts.terms, text),
                |text| names.place(&mut facts.names, text),
            );
            facts.packed.extend(packed);
            let end = facts.packed.len();
            facts.files.push(File {
                path: path.to_owned(),
                stamp: 7,
                hash: [1; 16],
                role: Ok(Role::Source),
                parsed: true,
                lines: 2,
                start,
                end,
            });
        }
        facts
    }

    #[test]
    fn comes_back_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.facts");
        let facts = sample();
        save(&path, &facts).expect("saved");
        let back = load(&path).expect("loaded");
        assert_eq!(back.packed, facts.packed);
        assert_eq!(back.files.len(), 2);
        assert_eq!(back.names.iter().collect::<Vec<_>>(), facts.names.iter().collect::<Vec<_>>());
        let names: Vec<&str> =
            packed::units(back.units_of(0)).filter_map(|unit| unit.name).map(|name| back.names.get(name)).collect();
        assert_eq!(names, ["one"]);
    }

    #[test]
    fn damage_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.facts");
        save(&path, &sample()).expect("saved");
        let whole = std::fs::read(&path).expect("bytes");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            assert!(decode(&bytes).is_none(), "byte {at}");
            assert!(decode(&whole[..at]).is_none(), "cut at {at}");
        }
    }
}

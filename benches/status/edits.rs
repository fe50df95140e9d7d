//! Edits of eight kinds, each with what it must come to, made at random places of real code: one a
//! file, all at once, checked with git's objects and without.

use super::{Dice, Said, Site, Table, cited, said, share, verdict};
use kb::scout::Outline;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// So many edits are made, as many of each kind, one a file.
const EDITS: usize = 300;
const KINDS: [&str; 8] =
    ["shift", "rename", "move", "edit inside", "edit beside", "comment only", "reformat", "delete"];

/// One edit: what was cited, and what must be said of it.
struct Edit {
    kind: &'static str,
    path: String,
    first: u32,
    last: u32,
    /// Any of these.
    status: &'static [&'static str],
    change: &'static [&'static str],
    now: Option<(String, u32, u32)>,
    /// Paths and texts that are written; none: the file goes.
    writes: Vec<(String, Option<String>)>,
    /// What is there before anything is cited.
    before: Vec<(String, String)>,
}

pub(super) fn figures(code: &[&Path]) {
    let mut tables = [Table::default(), Table::default()];
    let mut changes = Table::default();
    let (mut right, mut all, mut changes_right) = ([0; 2], 0, 0);
    let (mut reddened, mut untouched) = ([0; 2], 0);
    let mut made = 0;
    // What a small code base has no files for is made in the larger ones.
    let files = |folder: &Path| {
        let mut files = Vec::new();
        list(folder, folder, &mut files);
        files.len()
    };
    let mut code = code.to_vec();
    code.sort_by_cached_key(|folder| files(folder));
    for (at, folder) in code.iter().enumerate() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let site = Site::new(&name);
        copy(folder, &site.code());
        let of_each = EDITS.saturating_sub(made).div_ceil(KINDS.len() * (code.len() - at));
        let edits = choose(&site.code(), &name, of_each);
        made += edits.len();
        for (path, text) in edits.iter().flat_map(|edit| &edit.before) {
            fs::write(site.code().join(path), text).unwrap();
        }
        site.git(&["init", "--quiet"]);
        site.git(&["add", "--all", "--force"]);
        site.git(&["commit", "--quiet", "-m", "all of it"]);
        let note: String = edits.iter().map(|edit| cited(&edit.path, edit.first, edit.last)).collect();
        site.kb(&["add", "--repo", ".", "--title", "Edits"], &note);
        for (path, text) in edits.iter().flat_map(|edit| &edit.writes) {
            let path = site.code().join(path);
            match text {
                Some(text) => {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, text).unwrap();
                }
                None => fs::remove_file(path).unwrap(),
            }
        }
        for mode in 0..2 {
            if mode == 1 {
                fs::rename(site.code().join(".git/objects"), site.root.join("objects")).unwrap();
                fs::create_dir(site.code().join(".git/objects")).unwrap();
            }
            let said = said(&site);
            for edit in &edits {
                let Some(said) = said.get(&(edit.path.clone(), edit.first, edit.last)) else {
                    println!("not cited: {name} {} {}:{}-{}", edit.kind, edit.path, edit.first, edit.last);
                    continue;
                };
                let good = is_right(edit, said);
                tables[mode].count(edit.kind, &said.status);
                right[mode] += u32::from(good);
                if !matches!(edit.kind, "edit inside" | "delete") {
                    reddened[mode] += u32::from(matches!(said.status.as_str(), "stale" | "broken"));
                    untouched += u32::from(mode == 0);
                }
                if mode == 0 {
                    all += 1;
                    changes.count(edit.kind, &said.change);
                    changes_right += u32::from(edit.change.contains(&said.change.as_str()));
                }
                if !good {
                    let how = ["with git", "by hashes"][mode];
                    println!(
                        "wrong, {how}: {name} {} {}:{}-{}: {said:?}, not {:?} {:?}",
                        edit.kind, edit.path, edit.first, edit.last, edit.status, edit.now
                    );
                }
            }
        }
    }
    for (mode, how) in ["with git's objects", "by the hashes in the note alone"].into_iter().enumerate() {
        println!("\nlabelled edits, {how}: what kb says (columns) of what was done (rows)");
        tables[mode].print(&["fresh", "moved", "stale", "broken"]);
        // The limits are for what git still holds.
        let limits = if mode == 0 { [", at least 98 %", ", at most 1 %"] } else { ["", ""] };
        let value = share(right[mode], all);
        verdict(&format!("status and place right, {all} edits"), value, value >= 0.98 || mode == 1, limits[0]);
        let value = share(reddened[mode], untouched);
        verdict(&format!("false stale or broken, {untouched} edits"), value, value <= 0.01 || mode == 1, limits[1]);
    }
    println!("\nchange, with git's objects");
    changes.print(&["none", "comments", "definition", "lines"]);
    verdict("change right", share(changes_right, all), true, "");
}

fn is_right(edit: &Edit, said: &Said) -> bool {
    let place = edit.now.is_none() || said.now.is_none() || edit.now == said.now;
    edit.status.contains(&said.status.as_str()) && place
}

/// Files with a definition that an edit can be tried on, and the edits.
fn choose(code: &Path, name: &str, of_each: usize) -> Vec<Edit> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ name.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte)));
    let mut files = Vec::new();
    list(code, code, &mut files);
    files.sort();
    dice.shuffle(&mut files);
    let mut edits: Vec<Edit> = Vec::new();
    // Edits of equal code would be taken for one another.
    let mut names: HashSet<String> = HashSet::new();
    let mut left: Vec<(&'static str, usize)> = KINDS.iter().map(|kind| (*kind, of_each)).collect();
    for path in files {
        let Ok(text) = fs::read_to_string(code.join(&path)) else { continue };
        if text.len() > 200_000 || text.contains('\r') {
            continue;
        }
        let Some(outline) = Outline::of(&path, text.as_bytes()) else { continue };
        let source = Source { path: &path, lines: text.lines().collect(), outline: &outline };
        left.sort_by_key(|(_, left)| std::cmp::Reverse(*left));
        for (kind, left) in left.iter_mut().filter(|(_, left)| *left > 0) {
            if let Some(edit) = source.edit(kind, edits.len(), &mut names, &mut dice) {
                edits.push(edit);
                *left -= 1;
                break;
            }
        }
    }
    edits
}

struct Source<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
    outline: &'a Outline,
}

impl Source<'_> {
    fn edit(&self, kind: &'static str, number: usize, names: &mut HashSet<String>, dice: &mut Dice) -> Option<Edit> {
        let all: Vec<(u32, u32, &str)> = self.outline.definitions().collect();
        let once = |name: &str| all.iter().filter(|(_, _, other)| *other == name).count() == 1;
        let holds_none = |first: u32, last: u32| {
            !all.iter().any(|(a, b, _)| (*a > first && *a <= last) || (*b < last && *b >= first) && *a >= first)
        };
        let mut fitting: Vec<(u32, u32, &str)> = all
            .iter()
            .copied()
            .filter(|(first, last, name)| {
                (4..=60).contains(&(last - first + 1))
                    && once(name)
                    && holds_none(*first, *last)
                    && self.is_plain(*first, *last)
            })
            .collect();
        dice.shuffle(&mut fitting);
        fitting.retain(|(_, _, name)| !names.contains(*name));
        fitting.into_iter().find_map(|(first, last, name)| {
            let edit = self.edit_at(kind, (first, last, name), number, dice)?;
            names.insert(name.to_owned());
            Some(edit)
        })
    }

    fn edit_at(
        &self,
        kind: &'static str,
        definition: (u32, u32, &str),
        number: usize,
        dice: &mut Dice,
    ) -> Option<Edit> {
        let (first, last, name) = definition;
        match kind {
            "shift" => self.shift(first, last, dice),
            "rename" => self.rename(first, last, number),
            "move" => self.moved(first, last, name, number),
            "edit inside" => self.inside(first, last, dice),
            "edit beside" => self.beside(first, last, dice),
            "comment only" => self.comment(first, last, number, dice),
            "reformat" => self.reformat(first, last, number),
            _ => Some(self.delete(first, last)),
        }
    }

    /// Nothing above belongs to it, nothing in it is written over several lines.
    fn is_plain(&self, first: u32, last: u32) -> bool {
        let above = first.checked_sub(2).map_or("", |at| self.lines[at as usize].trim());
        let inside = self.lines.get(first as usize - 1..last as usize).unwrap_or(&[]);
        let one_line = self.outline.plain(first, last).iter().all(|token| token.first == token.last);
        !above.starts_with(['@', '#', '/', '*', '['])
            && one_line
            && !inside.iter().any(|line| {
                line.ends_with('\\') || line.contains("\"\"\"") || line.contains("'''") || line.contains("<<")
            })
    }

    fn ending(&self) -> &str {
        self.path.rsplit('.').next().unwrap()
    }

    fn mark(&self) -> &'static str {
        if matches!(self.ending(), "py" | "rb" | "pyi") { "#" } else { "//" }
    }

    fn base(&self, kind: &'static str, first: u32, last: u32, lines: Option<Vec<String>>) -> Edit {
        let writes = vec![(self.path.to_owned(), lines.map(|lines| lines.join("\n") + "\n"))];
        Edit {
            kind,
            path: self.path.to_owned(),
            first,
            last,
            status: &["moved"],
            change: &["none"],
            now: None,
            writes,
            before: Vec::new(),
        }
    }

    fn owned(&self) -> Vec<String> {
        self.lines.iter().map(|line| (*line).to_owned()).collect()
    }

    fn shift(&self, first: u32, last: u32, dice: &mut Dice) -> Option<Edit> {
        let count = dice.next(9) + 1;
        let mut lines = self.owned();
        // Not before what must stand first.
        let at = usize::from(self.lines.first()?.starts_with(['#', '<', '\'', '"']));
        for n in 0..count {
            lines.insert(at, if n % 2 == 0 { String::new() } else { format!("{} line {n}", self.mark()) });
        }
        let shifted = u32::try_from(count).unwrap();
        let now = Some((self.path.to_owned(), first + shifted, last + shifted));
        (first as usize > at).then(|| Edit { now, ..self.base("shift", first, last, Some(lines)) })
    }

    fn rename(&self, first: u32, last: u32, number: usize) -> Option<Edit> {
        let new = format!(
            "{}.renamed{number}.{}",
            self.path.strip_suffix(self.ending())?.trim_end_matches('.'),
            self.ending()
        );
        let mut edit = self.base("rename", first, last, None);
        edit.writes.push((new.clone(), Some(self.lines.join("\n") + "\n")));
        Some(Edit { now: Some((new, first, last)), ..edit })
    }

    fn moved(&self, first: u32, last: u32, name: &str, number: usize) -> Option<Edit> {
        let cited = &self.lines[first as usize - 1..last as usize];
        if name.contains('.') || cited[0].starts_with([' ', '\t']) {
            return None;
        }
        let mut rest = self.owned();
        rest.drain(first as usize - 1..last as usize);
        let folder = self.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let new = format!("{folder}moved{number}.{}", self.ending());
        let text = format!("{} moved here\n\n{}\n", self.mark(), cited.join("\n"));
        let mut edit = self.base("move", first, last, Some(rest));
        edit.writes.push((new.clone(), Some(text)));
        if number.is_multiple_of(2) {
            // A twin that stands elsewhere all along.
            let twin = format!("{} a twin\n{}\n", self.mark(), cited.join("\n"));
            edit.before.push((format!("{folder}a_twin{number}.{}", self.ending()), twin));
        }
        Some(Edit { now: Some((new, 3, last - first + 3)), ..edit })
    }

    /// A line with one word or number changed.
    fn changed(&self, from: u32, to: u32, dice: &mut Dice) -> Option<Vec<String>> {
        let mut tokens = self.outline.plain(from, to);
        dice.shuffle(&mut tokens);
        let token = tokens.into_iter().find(|token| {
            let word = token.text.len() > 2 && token.text.chars().all(|c| c.is_alphanumeric() || c == '_');
            let line = self.lines[token.first as usize - 1];
            word && line.matches(&*token.text).count() == 1 && !line.contains(self.mark()) && !line.contains('*')
        })?;
        let changed = match token.text.parse::<u64>() {
            Ok(number) => (number + 1).to_string(),
            Err(_) => format!("{}_other", token.text),
        };
        let mut lines = self.owned();
        let line = &mut lines[token.first as usize - 1];
        *line = line.replace(&*token.text, &changed);
        Some(lines)
    }

    fn inside(&self, first: u32, last: u32, dice: &mut Dice) -> Option<Edit> {
        let lines = self.changed(first + 1, last, dice)?;
        Some(Edit { status: &["stale"], change: &["lines"], ..self.base("edit inside", first, last, Some(lines)) })
    }

    fn beside(&self, first: u32, last: u32, dice: &mut Dice) -> Option<Edit> {
        if last - first < 7 {
            return None;
        }
        let (from, to) = (first + 1, first + 3);
        let says = self.lines[from as usize - 1..to as usize].iter().filter(|line| line.trim().len() > 8).count();
        let lines = self.changed(to + 1, last, dice)?;
        let inner = self.outline.around(from, to)? == self.outline.around(first, last)?;
        (says >= 2 && inner).then(|| Edit {
            status: &["fresh"],
            change: &["definition"],
            ..self.base("edit beside", from, to, Some(lines))
        })
    }

    fn comment(&self, first: u32, last: u32, number: usize, dice: &mut Dice) -> Option<Edit> {
        let at = first as usize + 1 + dice.next((last - first - 1) as usize);
        let line = self
            .lines
            .get(at - 1)
            .filter(|line| !line.trim().is_empty() && !line.contains(self.mark()) && !line.contains('*'))?;
        let mut lines = self.owned();
        if number.is_multiple_of(2) {
            lines[at - 1] = format!("{line}  {} why this is so", self.mark());
        } else {
            let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
            lines.insert(at - 1, format!("{indent}{} why this is so", self.mark()));
        }
        // Where it would have become part of a string or of markup, it is no comment.
        let new = Outline::of(self.path, (lines.join("\n") + "\n").as_bytes())?;
        let words = |outline: &Outline| {
            outline.plain(1, u32::MAX).into_iter().map(|token| token.text.into_owned()).collect::<Vec<_>>()
        };
        let same = words(&new) == words(self.outline);
        same.then(|| Edit {
            status: &["fresh", "moved"],
            change: &["comments"],
            ..self.base("comment only", first, last, Some(lines))
        })
    }

    fn reformat(&self, first: u32, last: u32, number: usize) -> Option<Edit> {
        let mut lines = self.owned();
        if number.is_multiple_of(3) {
            for line in &mut lines {
                let indent = line.len() - line.trim_start_matches(' ').len();
                *line = format!("{}{line}", " ".repeat(indent));
            }
            if lines[first as usize - 1..last as usize] == self.lines[first as usize - 1..last as usize] {
                return None;
            }
        } else {
            // The arguments of one call, a line each.
            let at =
                (first as usize + 1..last as usize).find(|at| split(self.lines[*at - 1], self.ending()).is_some())?;
            let new = split(self.lines[at - 1], self.ending())?;
            lines.splice(at - 1..at, new);
        }
        Some(Edit {
            status: &["fresh", "moved"],
            change: &["comments"],
            ..self.base("reformat", first, last, Some(lines))
        })
    }

    fn delete(&self, first: u32, last: u32) -> Edit {
        let mut lines = self.owned();
        lines.drain(first as usize - 1..last as usize);
        Edit { status: &["broken"], change: &["lines"], ..self.base("delete", first, last, Some(lines)) }
    }
}

/// `f(a, b)` over four lines, as formatters write it.
fn split(line: &str, ending: &str) -> Option<Vec<String>> {
    let (open, close) = (line.find('(')?, line.rfind(')')?);
    let inside = line.get(open + 1..close)?;
    let plain = inside.contains(", ")
        && !inside.contains(['(', ')', '[', ']', '{', '}', '"', '\'', '`', '|', '/', '#', '*', '=', '&', '<']);
    let call = line[..open].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let words =
        ["def ", "function", "fn ", "func ", "catch", "for", "if", "while", "switch", "case", "define", "import"];
    if !plain
        || !call
        || words.iter().any(|word| line.trim_start().starts_with(word))
        || line.contains("//")
        || line.contains("def ")
    {
        return None;
    }
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let trailing = if matches!(ending, "py" | "rs" | "go" | "js" | "ts" | "tsx" | "mjs") { "," } else { "" };
    let mut lines = vec![line[..=open].to_owned()];
    let arguments: Vec<&str> = inside.split(", ").collect();
    for (at, argument) in arguments.iter().enumerate() {
        let comma = if at + 1 < arguments.len() { "," } else { trailing };
        lines.push(format!("{indent}    {argument}{comma}"));
    }
    lines.push(format!("{indent}{}", &line[close..]));
    Some(lines)
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            list(root, &path, files);
        } else if let Some(path) =
            path.strip_prefix(root).unwrap().to_str().filter(|path| kind.is_file() && kb::scout::is_code(path))
        {
            files.push(path.to_owned());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() && entry.file_name() != ".git" {
            copy(&entry.path(), &target);
        } else if kind.is_file() && !entry.file_name().to_string_lossy().starts_with(".gitignore") {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

//! Real commits: places of the code before each are cited, and what kb says of them after it is held
//! against where `git blame -w -C -C` finds their lines.

use super::{Dice, Said, Site, Table, cited, said, share, verdict};
use kb::scout::Outline;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

const COMMITS: usize = 200;
/// So many places are cited for each commit.
const PLACES: usize = 8;

type Place = (String, u32, u32);

pub(super) fn figures(repositories: &[&Path]) {
    let mut table = Table::default();
    let (mut right, mut all, mut reddened, mut untouched, mut commits) = (0, 0, 0, 0, 0);
    for repository in repositories {
        let name = repository
            .ancestors()
            .find_map(|path| path.file_name().filter(|name| *name != "repo"))
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let site = Site::new(&format!("history-{name}"));
        fs::create_dir_all(site.code()).unwrap();
        site.git(&["clone", "--quiet", "--shared", "--no-tags", &repository.to_string_lossy(), "."]);
        let mut chosen: Vec<String> =
            site.git(&["log", "--no-merges", "--format=%H", "--diff-filter=MRD"]).lines().map(str::to_owned).collect();
        Dice(77).shuffle(&mut chosen);
        let mut here = 0;
        for commit in chosen {
            if here >= COMMITS.div_ceil(repositories.len()) {
                break;
            }
            let Some(judged) = one(&site, &commit) else { continue };
            here += 1;
            for (place, truth, said) in judged {
                all += 1;
                let good = truth.fits(&said, &place, &site, &commit);
                right += u32::from(good);
                let red = matches!(said.status.as_str(), "stale" | "broken");
                if let Truth::Same(_) = truth {
                    untouched += 1;
                    reddened += u32::from(red);
                }
                table.count(truth.name(), &said.status);
                if !good {
                    println!(
                        "differs: {name} {} {}:{}-{}: {said:?}, blame: {truth:?}",
                        &commit[..10],
                        place.0,
                        place.1,
                        place.2
                    );
                }
            }
        }
        commits += here;
    }
    println!("\n{commits} commits: what kb says (columns) of what git blame says (rows)");
    table.print(&["fresh", "moved", "stale", "broken"]);
    let value = share(right, all);
    verdict(&format!("status and place right, {all} places"), value, value >= 0.98, ", at least 98 %");
    let value = share(reddened, untouched);
    verdict(&format!("false stale or broken, {untouched} places"), value, value <= 0.01, ", at most 1 %");
}

/// What `git blame` says of a place.
#[derive(Debug)]
enum Truth {
    /// Every line is there, together and in order, here.
    Same(Place),
    /// Some are not, or something came between them.
    Changed {
        /// Of the lines that say something, so many are still there.
        left: usize,
        of: usize,
    },
}

impl Truth {
    fn name(&self) -> &'static str {
        match self {
            Truth::Same(_) => "all lines there",
            Truth::Changed { left: 0, .. } => "no line there",
            Truth::Changed { .. } => "some lines there",
        }
    }

    fn fits(&self, said: &Said, place: &Place, site: &Site, commit: &str) -> bool {
        let now = match said.status.as_str() {
            "fresh" => Some(place.clone()),
            "moved" => said.now.clone(),
            _ => None,
        };
        match (self, now) {
            (Truth::Same(there), Some(now)) => *there == now || same_code(place, &now, site, commit),
            // Comments and formatting alone: by a rule that knows no grammar.
            (Truth::Changed { .. }, Some(now)) => same_code(place, &now, site, commit),
            (Truth::Same(_), None) => false,
            (Truth::Changed { left, of }, None) => match said.status.as_str() {
                "stale" => *left > 0 || still_defined(place, site, commit),
                _ => left * 2 <= *of,
            },
        }
    }
}

fn text(site: &Site, commit: &str, path: &str) -> String {
    site.git(&["show", &format!("{commit}:{path}")])
}

/// The letters and marks of lines without comments, white space and commas at the end of lists.
fn bare(text: &str, place: &Place) -> String {
    let lines = text.lines().skip(place.1 as usize - 1).take((place.2 - place.1 + 1) as usize);
    let mark = if matches!(place.0.rsplit('.').next(), Some("py" | "rb")) { "#" } else { "//" };
    let mut out = String::new();
    for line in lines {
        let line = line.trim();
        let code = line.split_once(&format!(" {mark}")).map_or(line, |(code, _)| code);
        if !code.starts_with(mark) && !code.starts_with('*') && !code.starts_with("/*") {
            out.extend(code.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '\'' { '"' } else { c }));
        }
    }
    out.replace(",)", ")").replace(",]", "]").replace(",}", "}").replace(';', "")
}

fn same_code(place: &Place, now: &Place, site: &Site, commit: &str) -> bool {
    let (before, after) = (text(site, &format!("{commit}^"), &place.0), text(site, commit, &now.0));
    let docs = |text: String| -> String { text.split("\"\"\"").step_by(2).collect() };
    docs(bare(&before, place)) == docs(bare(&after, now))
}

/// Whether the definition that was cited still has a definition of its name in its file.
fn still_defined(place: &Place, site: &Site, commit: &str) -> bool {
    let outline = |commit: &str| Outline::of(&place.0, text(site, commit, &place.0).as_bytes());
    let (Some(before), Some(after)) = (outline(&format!("{commit}^")), outline(commit)) else { return true };
    before.definition_at(place.1, place.2).is_none_or(|name| after.named(name).next().is_some())
}

/// Places cited before a commit, with what blame and kb say of them; none if it touches no code.
fn one(site: &Site, commit: &str) -> Option<Vec<(Place, Truth, Said)>> {
    let parent = site.git(&["rev-parse", "--verify", "--quiet", &format!("{commit}^")]).trim().to_owned();
    if parent.is_empty() {
        return None;
    }
    let touched = site.git(&["diff-tree", "-r", "--no-renames", "--name-status", &parent, commit]);
    let paths = |wanted: &[char]| -> Vec<String> {
        let lines = touched.lines().filter_map(|line| line.split_once('\t'));
        lines
            .filter(|(kind, path)| kind.starts_with(wanted) && kb::scout::is_code(path))
            .map(|(_, path)| path.to_owned())
            .collect()
    };
    let (before, after) = (paths(&['M', 'D']), paths(&['M', 'A']));
    if before.is_empty() || before.len() > 30 || after.len() > 60 {
        return None;
    }
    let places = places(site, &parent, &before);
    if places.is_empty() {
        return None;
    }
    site.git(&["checkout", "--quiet", "--force", &parent]);
    fs::remove_dir_all(site.root.join("notes")).unwrap();
    fs::create_dir_all(site.root.join("notes")).unwrap();
    fs::write(site.root.join("notes/kb.toml"), "kb = 1\n").unwrap();
    let note: String = places.iter().map(|place| cited(&place.0, place.1, place.2)).collect();
    site.kb(&["add", "--repo", ".", "--title", "Places"], &note);
    site.git(&["checkout", "--quiet", "--force", commit]);
    let said = said(site);
    let went = went(site, &parent, commit, &after);
    let judged = places.into_iter().filter_map(|place| {
        let said = said.get(&place)?.clone();
        let truth = truth(&place, &text(site, &parent, &place.0), &went, &before);
        Some((place, truth, said))
    });
    Some(judged.collect())
}

/// Definitions of the touched files, and pieces of them.
fn places(site: &Site, parent: &str, paths: &[String]) -> Vec<Place> {
    let mut places: BTreeSet<Place> = BTreeSet::new();
    let mut dice =
        Dice(parent.bytes().fold(11, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))) | 1);
    for path in paths {
        let text = text(site, parent, path);
        let Some(outline) = Outline::of(path, text.as_bytes()) else { continue };
        for (first, last, _) in outline.definitions().filter(|(first, last, _)| (3..=80).contains(&(last - first + 1)))
        {
            places.insert((path.clone(), first, last));
            if last - first > 8 {
                places.insert((path.clone(), first + 2, first + 6));
            }
        }
    }
    let mut places: Vec<Place> = places.into_iter().collect();
    dice.shuffle(&mut places);
    places.truncate(PLACES);
    places
}

/// Where the lines of the parent's files are in the commit: path and line to path and line.
fn went(site: &Site, parent: &str, commit: &str, after: &[String]) -> HashMap<(String, u32), Vec<(String, u32)>> {
    let mut went: HashMap<(String, u32), Vec<(String, u32)>> = HashMap::new();
    for path in after {
        let blame =
            site.git(&["blame", "-w", "-C", "-C", "--line-porcelain", &format!("{parent}..{commit}"), "--", path]);
        let (mut from, mut to, mut old, mut file) = (0, 0, false, String::new());
        for line in blame.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if let Some(name) = line.strip_prefix("filename ") {
                name.clone_into(&mut file);
            } else if line == "boundary" {
                old = true;
            } else if line.starts_with('\t') {
                if old {
                    went.entry((file.clone(), from)).or_default().push((path.clone(), to));
                }
                old = false;
            } else if words.len() >= 3 && words[0].len() == 40 && words[0].bytes().all(|byte| byte.is_ascii_hexdigit())
            {
                (from, to) = (words[1].parse().unwrap_or(0), words[2].parse().unwrap_or(0));
                // Without a boundary mark a line of the parent has its id.
                old = words[0] == parent;
            }
        }
    }
    went
}

fn truth(place: &Place, before: &str, went: &HashMap<(String, u32), Vec<(String, u32)>>, touched: &[String]) -> Truth {
    if !touched.contains(&place.0) {
        return Truth::Same(place.clone());
    }
    let lines: Vec<&str> = before.lines().collect();
    let says = |line: u32| lines.get(line as usize - 1).is_some_and(|line| line.chars().any(char::is_alphanumeric));
    let said: Vec<u32> = (place.1..=place.2).filter(|line| says(*line)).collect();
    let left = said.iter().filter(|line| went.contains_key(&(place.0.clone(), **line))).count();
    // Every line, one behind the other.
    let starts: Vec<(String, u32)> = went.get(&(place.0.clone(), place.1)).cloned().unwrap_or_default();
    for (path, start) in starts {
        let all = (place.1..=place.2).all(|line| {
            let there = (path.clone(), start + line - place.1);
            let blank = lines.get(line as usize - 1).is_some_and(|line| line.trim().is_empty());
            blank || went.get(&(place.0.clone(), line)).is_some_and(|places| places.contains(&there))
        });
        if all {
            return Truth::Same((path, start, start + place.2 - place.1));
        }
    }
    Truth::Changed { left, of: said.len() }
}

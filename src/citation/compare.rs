//! One citation held against a file as it is now: the same text, the same code in another form,
//! changed, or gone. Where the file is known as it was read, lines are followed from one to the
//! other; else the hashes that the note keeps must do.

use super::align::align;
use super::file::{File, text_hash};
use super::tokens::{FollowedTokens, SortedImports, Wanted, is_same_code};
use super::verdict::{Change, Verdict};
use super::{Held, Lines, Status};
use std::sync::OnceLock;

/// What became of a citation in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It stands there, or what it became does.
    Here(Verdict),
    /// The definition, or all that the lines said, is not in this file.
    Gone,
    /// The lines are not there, and no definition could tell whether they are gone.
    Changed(Verdict),
}

/// A file as it was read, followed to what it is now.
pub(super) struct Followed<'a> {
    old: &'a File,
    new: &'a File,
    /// For each old line, counted from 0, the new one.
    partners: Vec<Option<usize>>,
    /// For each new line the old one.
    origins: Vec<Option<usize>>,
    /// Followed when it is first asked for.
    tokens: OnceLock<Option<FollowedTokens<'a>>>,
    /// The same.
    imports: OnceLock<Option<SortedImports<'a>>>,
}

impl<'a> Followed<'a> {
    pub(super) fn from(old: &'a File, new: &'a File) -> Self {
        let partners = align(&old.lines(), &new.lines());
        let mut origins = vec![None; new.count()];
        for (at, partner) in partners.iter().enumerate() {
            if let Some(partner) = partner {
                origins[*partner] = Some(at);
            }
        }
        Self { old, new, partners, origins, tokens: OnceLock::new(), imports: OnceLock::new() }
    }

    /// The same token by token; none where no language is known.
    fn tokens(&self) -> Option<&FollowedTokens<'a>> {
        let follow = || Some(FollowedTokens::from(self.old.outline()?, self.new.outline()?));
        self.tokens.get_or_init(follow).as_ref()
    }

    /// Where lines with imports went, if these were but sorted.
    fn with_sorted_imports(&self, cited: Lines) -> Option<Lines> {
        let follow = || SortedImports::from(self.old.outline()?, self.new.outline()?);
        let imports = self.imports.get_or_init(follow).as_ref()?;
        imports.image(cited, self.image(cited), self.new.outline()?)
    }

    /// Where lines went: from the first to the last of them that has a partner, with what was put between
    /// and beside them.
    pub(super) fn image(&self, lines: Lines) -> Option<Lines> {
        let (first, last) = (lines.first() as usize - 1, lines.last() as usize - 1);
        let partner_before = self.partners.get(..first)?.iter().rev().find_map(|partner| *partner);
        let partner_behind = self.partners.get(last + 1..)?.iter().find_map(|partner| *partner);
        let from = partner_before.map_or(0, |at| at + 1);
        let to = partner_behind.unwrap_or(self.origins.len());
        range(from, to)
    }

    /// Where lines went that are all still there, together and in order.
    pub(super) fn untouched(&self, lines: Lines) -> Option<Lines> {
        let now = self.together(lines)?;
        let is_same =
            |i: u32| self.old.line((lines.first() + i) as usize - 1) == self.new.line((now.first() + i) as usize - 1);
        (0..lines.len()).all(is_same).then_some(now)
    }

    /// The same, whatever their indentation.
    fn together(&self, lines: Lines) -> Option<Lines> {
        let partners = self.partners.get(lines.first() as usize - 1..lines.last() as usize)?;
        let first = (*partners.first()?)?;
        let together = partners.iter().enumerate().all(|(i, partner)| *partner == Some(first + i));
        if together { range(first, first + partners.len()) } else { None }
    }

    /// Where comments went that were indented otherwise.
    fn indented_comments(&self, cited: Lines) -> Option<Lines> {
        let is_code = !self.old.outline()?.plain(cited.first(), cited.last()).is_empty();
        if is_code { None } else { self.together(cited) }
    }

    /// The share of the lines that say something and are still there. What is in another definition now,
    /// one that was there before, is there by chance.
    fn surviving(&self, lines: Lines, within: Option<&str>, new: &File) -> f64 {
        let (mut all, mut left) = (0_u32, 0_u32);
        let by_chance = |at: usize| {
            let name = range(at, at + 1).and_then(|line| new.within(line));
            let was_there = |name: &str| self.old.outline().is_some_and(|outline| outline.named(name).next().is_some());
            name != within && name.is_some_and(was_there)
        };
        for at in lines.first() as usize - 1..lines.last() as usize {
            if says_something(self.old.line(at)) {
                all += 1;
                left += u32::from(self.partners.get(at).copied().flatten().is_some_and(|at| !by_chance(at)));
            }
        }
        if all == 0 { 0.0 } else { f64::from(left) / f64::from(all) }
    }

    /// Whether these new lines were there before, but elsewhere: a twin, not what was cited. `old_first`
    /// is what the first of them would have been.
    fn is_twin(&self, new: Lines, old: Lines) -> bool {
        let (mut all, mut elsewhere) = (0_u32, 0_u32);
        for at in new.first() as usize - 1..new.last() as usize {
            if let Some(origin) = self.origins.get(at).copied().flatten() {
                let cited = (old.first() as usize - 1..old.last() as usize).contains(&origin);
                elsewhere += u32::from(!cited);
            }
            all += 1;
        }
        elsewhere * 2 > all
    }
}

/// Whether a line holds more than brackets and marks.
fn says_something(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}

/// Lines that are found nowhere else by chance.
pub(super) fn is_telling(lines: &[&str]) -> bool {
    let letters: usize = lines.iter().map(|line| line.chars().filter(|c| c.is_alphanumeric()).count()).sum();
    letters >= 24
}

/// Lines `from..to`, counted from 0.
fn range(from: usize, to: usize) -> Option<Lines> {
    Lines::new(u32::try_from(from + 1).ok()?, u32::try_from(to).ok()?)
}

/// What may be spent on one note or file: hostile ones cite ten thousand lines of a huge file.
pub(super) struct Budget(pub(super) usize);

impl Budget {
    fn spend(&mut self, cost: usize) -> bool {
        let rest = self.0.checked_sub(cost);
        self.0 = rest.unwrap_or(0);
        rest.is_some()
    }
}

/// Holds a citation of `lines` in a file of this path against what is there now.
pub(super) fn compare(
    lines: Lines,
    held: &Held,
    followed: Option<&Followed<'_>>,
    new: &File,
    path: &str,
    budget: &mut Budget,
) -> Found {
    let is_there = new.count() >= lines.last() as usize;
    if is_there && held.blob.len() >= 7 && new.blob() == held.blob && path == new.path() {
        return Found::Here(Verdict::fresh(Change::None));
    }
    if held.text.is_empty() {
        return Found::Here(Verdict::of(Status::Unverified));
    }
    // What was read must be what the note says was read.
    let followed =
        followed.filter(|followed| followed.old.cited(lines).is_some_and(|old| text_hash(&old) == held.text));
    match followed {
        Some(followed) => follow(lines, held, followed, new, path, budget),
        None => by_hashes(lines, held, new, path, budget),
    }
}

fn at(lines: Lines, cited: Lines, new: &File, path: &str, change: Change) -> Found {
    let here = lines == cited && path == new.path();
    Found::Here(if here { Verdict::fresh(change) } else { Verdict::moved(change, new.path(), lines) })
}

fn follow(cited: Lines, held: &Held, followed: &Followed<'_>, new: &File, path: &str, budget: &mut Budget) -> Found {
    let old = followed.old;
    let text = old.cited(cited).unwrap_or_default();
    let within = held.within.as_deref().or_else(|| old.within(cited));
    if let Some(lines) = same_text(cited, &text, within, followed, new, budget) {
        return at(lines, cited, new, path, change_around(cited, old, lines, new));
    }
    let otherwise = || followed.with_sorted_imports(cited).or_else(|| followed.indented_comments(cited));
    if let Some(lines) = same_code(cited, within, followed, new, budget).or_else(otherwise) {
        return at(lines, cited, new, path, change_around(cited, old, lines, new).max(Change::Comments));
    }
    let surviving = followed.surviving(cited, within, new);
    let image = followed.image(cited);
    let became = image.map(|lines| (new.path().to_owned(), lines));
    match within {
        Some(name) => {
            let count = |file: &File| file.outline().map_or(0, |outline| outline.named(name).count());
            let (before, now) = (count(old), count(new));
            let is_there = now > 0 && (now >= before || surviving >= 0.5);
            // A definition under a new name is still there.
            if is_there || surviving >= 0.5 { Found::Here(Verdict::stale(became)) } else { Found::Gone }
        }
        None if surviving >= 0.5 => Found::Here(Verdict::stale(became)),
        None => Found::Changed(Verdict::stale(became)),
    }
}

/// The same lines: where they went, else where they newly are.
fn same_text(
    cited: Lines,
    text: &[&str],
    within: Option<&str>,
    followed: &Followed<'_>,
    new: &File,
    budget: &mut Budget,
) -> Option<Lines> {
    let length = text.len();
    let is_same = |at: usize| {
        at + length <= new.count()
            && text.iter().enumerate().all(|(i, line)| line.trim_end() == new.line(at + i).trim_end())
    };
    let lines_at = |at: usize| range(at, at + length);
    let first = cited.first() as usize - 1;
    let partners = followed.partners.get(first..first + length)?;
    // Ties tell best; a line that was cited alone has only its own.
    let straight = partners.iter().enumerate().find_map(|(i, partner)| partner.and_then(|at| at.checked_sub(i)));
    if let Some(at) = straight.filter(|at| is_same(*at)) {
        return lines_at(at);
    }
    if !budget.spend(new.count()) {
        return None;
    }
    let telling = is_telling(text);
    let near = straight.unwrap_or(first);
    let places = (0..(new.count() + 1).saturating_sub(length)).filter(|at| is_same(*at)).filter_map(lines_at);
    let fits = |lines: &Lines| {
        let same_name = new.within(*lines) == within && within.is_some();
        !followed.is_twin(*lines, cited) && (telling || same_name)
    };
    places.filter(fits).min_by_key(|lines| (new.within(*lines) != within, (lines.first() as usize - 1).abs_diff(near)))
}

/// The same code in another form.
fn same_code(
    cited: Lines,
    within: Option<&str>,
    followed: &Followed<'_>,
    new: &File,
    budget: &mut Budget,
) -> Option<Lines> {
    let wanted = Wanted::of(cited, followed.old.outline()?)?;
    let tokens = followed.tokens()?;
    if let Some(lines) = tokens.image(cited, &wanted) {
        return Some(with_edges(cited, lines, followed, new));
    }
    if !budget.spend(tokens.new_tokens().len()) {
        return None;
    }
    let near = followed.image(cited).map_or(cited.first(), Lines::first);
    let telling = wanted.tokens.iter().map(|token| token.text.len()).sum::<usize>() >= 24;
    let places = wanted.places(tokens.new_tokens()).filter_map(|lines| {
        // Lines that were there before, but not as what was cited, are a twin.
        let twin = followed.is_twin(lines, cited);
        let same_name = new.within(lines) == within && within.is_some();
        (!twin && (telling || same_name)).then_some((lines, same_name))
    });
    let (lines, _) = places.min_by_key(|(lines, same_name)| (!same_name, lines.first().abs_diff(near)))?;
    // Comments at the edges of what was cited belong to it where they still are.
    Some(with_edges(cited, lines, followed, new))
}

/// Widens lines found by their code to the first and last cited line, where those were no code.
fn with_edges(cited: Lines, lines: Lines, followed: &Followed<'_>, new: &File) -> Lines {
    let partner = |line: u32| followed.partners.get(line as usize - 1).copied().flatten();
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    let first = partner(cited.first()).map_or(lines.first(), |at| number(at).min(lines.first()));
    let last = partner(cited.last()).map_or(lines.last(), |at| number(at).max(lines.last()));
    let same_length = last.wrapping_sub(first) <= lines.len() + cited.len() && last as usize <= new.count();
    Lines::new(first, last).filter(|_| same_length).unwrap_or(lines)
}

/// What became of the definition around lines whose own code is as it was.
fn change_around(cited: Lines, old: &File, lines: Lines, new: &File) -> Change {
    let (Some(before), Some(now)) = (old.outline(), new.outline()) else { return Change::None };
    let Some((first, last, name)) = before.around(cited.first(), cited.last()) else { return Change::None };
    let Some((now_first, now_last, now_name)) = now.around(lines.first(), lines.last()) else {
        return Change::Definition;
    };
    let text = |file: &File, first: u32, last: u32| -> Vec<String> {
        (first as usize - 1..last as usize).map(|at| file.line(at).trim_end().to_owned()).collect()
    };
    if text(old, first, last) == text(new, now_first, now_last) {
        return Change::None;
    }
    let same = name == now_name && is_same_code(&before.plain(first, last), &now.plain(now_first, now_last));
    if same { Change::Comments } else { Change::Definition }
}

/// Without the file as it was read: the hashes of text and code, and the definition's name.
fn by_hashes(cited: Lines, held: &Held, new: &File, path: &str, budget: &mut Budget) -> Found {
    let length = cited.len() as usize;
    let place = cited.first() as usize - 1;
    let all = new.lines();
    let within = held.within.as_deref();
    let same = |at: usize| all.get(at..at + length).is_some_and(|lines| text_hash(lines) == held.text);
    let name_fits = |lines: Lines| within.is_none() || new.outline().is_none() || new.within(lines) == within;
    if same(place) && name_fits(cited) {
        return at(cited, cited, new, path, Change::None);
    }
    if held.code.is_some()
        && new.count() >= cited.last() as usize
        && name_fits(cited)
        && (new.code(cited) == held.code || new.plain_code(cited) == held.code)
    {
        return at(cited, cited, new, path, Change::Comments);
    }
    // The nearest twin is the likeliest to be the one that was meant, one in the same definition more so.
    let mut places: Vec<usize> = (0..(all.len() + 1).saturating_sub(length)).collect();
    places.sort_by_key(|at| at.abs_diff(place));
    let mut second = None;
    for start in places {
        if !budget.spend(length) {
            break;
        }
        if same(start)
            && let Some(lines) = range(start, start + length)
        {
            if name_fits(lines) {
                return at(lines, cited, new, path, Change::None);
            }
            second = second.or(Some(lines));
        }
    }
    if let Some(lines) = code_in_definition(cited, held, new, budget) {
        return at(lines, cited, new, path, Change::Comments);
    }
    let named: Vec<(u32, u32)> = match (within, new.outline()) {
        (Some(name), Some(outline)) => outline.named(name).collect(),
        _ => Vec::new(),
    };
    let became = |(first, last)| Lines::new(first, last).map(|lines| (new.path().to_owned(), lines));
    match (second, within) {
        (Some(lines), _) if is_telling(&new.cited(lines).unwrap_or_default()) => {
            at(lines, cited, new, path, Change::Definition)
        }
        (_, Some(_)) if new.outline().is_some() => match named.first() {
            Some(place) => Found::Here(Verdict::stale(became(*place))),
            None => Found::Gone,
        },
        _ => Found::Changed(Verdict::stale(None)),
    }
}

/// Code of another number of lines in the definition that was cited.
fn code_in_definition(cited: Lines, held: &Held, new: &File, budget: &mut Budget) -> Option<Lines> {
    const MOST_MORE: u32 = 24;
    held.code.as_ref()?;
    let outline = new.outline()?;
    let (first, last) =
        outline.named(held.within.as_deref()?).min_by_key(|(first, _)| first.abs_diff(cited.first()))?;
    let shortest = (cited.len() / 3).max(1);
    let most = cited.len() * 2 + MOST_MORE;
    // Citations of whole definitions are the most frequent ones.
    let same = |lines: &Lines| new.code(*lines) == held.code || new.plain_code(*lines) == held.code;
    let whole = Lines::new(first, last).filter(same);
    if whole.is_some() {
        return whole;
    }
    for start in first..=last {
        for end in start + shortest - 1..=last.min(start + most) {
            if !budget.spend((end - start + 1) as usize) {
                return None;
            }
            let lines = Lines::new(start, end).filter(same);
            if lines.is_some() {
                return lines;
            }
        }
    }
    None
}

/// Cited code that stands newly in another file: not where that file, as it was `before`, had it.
/// [`Change::Lines`]: only most of it.
pub(super) fn newly_there(
    cited: Lines,
    held: &Held,
    old: Option<&File>,
    new: &File,
    before: Option<&File>,
    budget: &mut Budget,
) -> Option<(Lines, Change)> {
    let was_there = before.map(|before| Followed::from(before, new));
    let is_new = |lines: &Lines| {
        let was_there = |at: usize| {
            was_there.as_ref().is_some_and(|followed| followed.origins.get(at).copied().flatten().is_some())
        };
        let old = (lines.first() as usize - 1..lines.last() as usize).filter(|at| was_there(*at)).count();
        old * 2 <= lines.len() as usize
    };
    let name = held.within.as_deref().and_then(|name| name.rsplit('.').next());
    let same_name = |lines: &Lines| {
        let now = new.within(*lines).and_then(|name| name.rsplit('.').next());
        name.is_some() && now == name
    };
    let Some((old, text)) = old.and_then(|old| Some((old, old.cited(cited)?))) else {
        return by_hash_alone(cited, held, new, budget).filter(|(lines, _)| is_new(lines));
    };
    let length = text.len();
    // A method may be indented otherwise where it went.
    let is_same = |at: usize| text.iter().enumerate().all(|(i, line)| line.trim() == new.line(at + i).trim());
    if !budget.spend(new.count()) {
        return None;
    }
    let places = (0..(new.count() + 1).saturating_sub(length)).filter(|at| is_same(*at));
    let fitting = places
        .filter_map(|at| range(at, at + length))
        .filter(|lines| is_new(lines) && (is_telling(&text) || same_name(lines)));
    if let Some(lines) = fitting.min_by_key(|lines| !same_name(lines)) {
        let exact = (0..length).all(|i| text[i].trim_end() == new.line(lines.first() as usize - 1 + i).trim_end());
        return Some((
            lines,
            change_around_moved(cited, old, lines, new).max(if exact { Change::None } else { Change::Comments }),
        ));
    }
    let (before_outline, now) = (old.outline()?, new.outline()?);
    let tokens = now.plain(1, u32::MAX);
    if let Some(wanted) = Wanted::of(cited, before_outline)
        && budget.spend(tokens.len())
    {
        let found =
            wanted.places(&tokens).filter(|lines| is_new(lines) && same_name(lines)).min_by_key(|lines| lines.first());
        if let Some(lines) = found {
            return Some((lines, change_around_moved(cited, old, lines, new).max(Change::Comments)));
        }
    }
    most_of_it(cited, old, new, name?, is_new)
}

/// A definition of the same name that holds most of what was cited.
fn most_of_it(
    cited: Lines,
    old: &File,
    new: &File,
    name: &str,
    is_new: impl Fn(&Lines) -> bool,
) -> Option<(Lines, Change)> {
    let named = new.outline()?.definitions().filter(|(_, _, now)| now.rsplit('.').next() == Some(name));
    let lines = named.filter_map(|(first, last, _)| Lines::new(first, last)).filter(is_new);
    let surviving = |lines: &Lines| {
        let partners = align(&old.cited(cited).unwrap_or_default(), &new.cited(*lines).unwrap_or_default());
        let telling: Vec<usize> =
            (0..partners.len()).filter(|at| says_something(old.line(cited.first() as usize - 1 + at))).collect();
        let left = telling.iter().filter(|at| partners[**at].is_some()).count();
        (left * 2 >= telling.len() && left > 0).then_some(left)
    };
    let (_, lines) = lines.filter_map(|lines| Some((surviving(&lines)?, lines))).max_by_key(|(left, _)| *left)?;
    Some((lines, Change::Lines))
}

/// What became of the definition around code that moved: its own name, its outer ones may differ.
fn change_around_moved(cited: Lines, old: &File, lines: Lines, new: &File) -> Change {
    let (Some(before), Some(now)) = (old.outline(), new.outline()) else { return Change::None };
    let around = (before.around(cited.first(), cited.last()), now.around(lines.first(), lines.last()));
    let (Some((first, last, _)), Some((now_first, now_last, _))) = around else { return Change::None };
    let same = is_same_code(&before.plain(first, last), &now.plain(now_first, now_last));
    if same { Change::None } else { Change::Definition }
}

/// Text of this hash, in a definition of this name.
fn by_hash_alone(cited: Lines, held: &Held, new: &File, budget: &mut Budget) -> Option<(Lines, Change)> {
    let length = cited.len() as usize;
    let all = new.lines();
    let wanted = held.within.as_deref().and_then(|name| name.rsplit('.').next());
    let ranges: Vec<(usize, usize)> = match (wanted, new.outline()) {
        (Some(name), Some(outline)) => {
            let named = outline.definitions().filter(|(_, _, now)| now.rsplit('.').next() == Some(name));
            // Decorators and comments above belong to what was cited as a rule.
            named.map(|(first, last, _)| ((first as usize).saturating_sub(12), last as usize + 2)).collect()
        }
        _ => vec![(0, all.len())],
    };
    for (from, to) in ranges {
        for start in from..to.min(all.len()) {
            if !budget.spend(length) {
                return None;
            }
            if all.get(start..start + length).is_some_and(|lines| text_hash(lines) == held.text) {
                return range(start, start + length).map(|lines| (lines, Change::None));
            }
        }
    }
    None
}

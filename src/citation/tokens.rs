//! Code held against code by its tokens: comments, white space and what else formatters change do not
//! count.

use super::Lines;
use super::align::align;
use crate::scout::{Outline, Plain};

/// The code of cited lines, with what stood beside it.
pub(super) struct Wanted<'a> {
    pub(super) tokens: Vec<Plain<'a>>,
    before: Option<Plain<'a>>,
    behind: Option<Plain<'a>>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(cited: Lines, outline: &'a Outline) -> Option<Self> {
        Self::with(cited, outline, |_| true)
    }

    /// The same without what is imported.
    fn beside_imports(cited: Lines, outline: &'a Outline) -> Option<Self> {
        Self::with(cited, outline, |token| !token.import)
    }

    fn with(cited: Lines, outline: &'a Outline, counts: impl Fn(&Plain<'_>) -> bool) -> Option<Self> {
        let on = |first: u32, last: u32| outline.plain(first, last).into_iter().filter(&counts);
        let tokens: Vec<Plain<'_>> = on(cited.first(), cited.last()).collect();
        let before = on(cited.first().saturating_sub(NEAR), cited.first() - 1).last();
        let behind = on(cited.last() + 1, cited.last().saturating_add(NEAR)).next();
        (!tokens.is_empty()).then_some(Self { tokens, before, behind })
    }

    /// Where this code stands. Lines that were joined with their neighbours are the same code, lines to
    /// which something was added are not.
    pub(super) fn places(&'a self, tokens: &'a [Plain<'a>]) -> impl Iterator<Item = Lines> + 'a {
        occurrences(&self.tokens, tokens).filter_map(|(first, last)| self.whole(first, last, tokens))
    }

    /// The lines of this code, which stands at these tokens; none if more stands on them.
    fn whole(&self, first: usize, last: usize, tokens: &[Plain<'_>]) -> Option<Lines> {
        let before = first.checked_sub(1).map(|at| &tokens[at]).filter(|token| token.last == tokens[first].first);
        let behind = tokens.get(last + 1).filter(|token| token.first == tokens[last].last);
        let same = |token: Option<&Plain<'_>>, known: &Option<Plain<'_>>| {
            token.is_none_or(|token| known.as_ref().is_some_and(|known| known.text == token.text))
        };
        let whole = same(before, &self.before) && same(behind, &self.behind);
        whole.then(|| Lines::new(tokens[first].first, tokens[last].last)).flatten()
    }
}

/// How far away the next token is looked for.
const NEAR: u32 = 200;

/// The tokens of a file as it was read, followed to what it is now: a formatter leaves them as they are,
/// whatever it makes of the lines.
pub(super) struct FollowedTokens<'a> {
    old: Vec<Plain<'a>>,
    new: Vec<Plain<'a>>,
    /// For each old token the new one.
    partners: Vec<Option<usize>>,
}

impl<'a> FollowedTokens<'a> {
    pub(super) fn from(old: &'a Outline, new: &'a Outline) -> Self {
        Self::with(old, new, |_| true)
    }

    fn with(old: &'a Outline, new: &'a Outline, counts: impl Fn(&Plain<'_>) -> bool) -> Self {
        let on = |outline: &'a Outline| outline.plain(1, u32::MAX).into_iter().filter(&counts).collect::<Vec<_>>();
        let (old, new) = (on(old), on(new));
        let partners = align(&texts(&old), &texts(&new));
        Self { old, new, partners }
    }

    /// The tokens of the file as it is now.
    pub(super) fn new_tokens(&self) -> &[Plain<'a>] {
        &self.new
    }

    /// Where the code of cited lines went, if all of it went together and nothing else stands there.
    pub(super) fn image(&self, cited: Lines, wanted: &Wanted<'_>) -> Option<Lines> {
        let from = self.old.partition_point(|token| token.first < cited.first());
        let to = self.old.partition_point(|token| token.first <= cited.last());
        let partners = self.partners.get(from..to)?;
        let first = (*partners.first()?)?;
        let together = partners.iter().enumerate().all(|(i, partner)| *partner == Some(first + i));
        let nested =
            together && occurrences(&self.old[from..to], &self.new[first..first + partners.len()]).next().is_some();
        if nested { wanted.whole(first, first + partners.len() - 1, &self.new) } else { None }
    }
}

/// A file whose imports may have been sorted and put together, followed without them.
pub(super) struct SortedImports<'a> {
    old: &'a Outline,
    rest: FollowedTokens<'a>,
}

impl<'a> SortedImports<'a> {
    /// None unless the file imports what it did.
    pub(super) fn from(old: &'a Outline, new: &'a Outline) -> Option<Self> {
        let same = old.import_words() == new.import_words();
        same.then(|| Self { old, rest: FollowedTokens::with(old, new, |token| !token.import) })
    }

    /// Where lines with imports went, if all that is no import went together; `near` is where the lines around
    /// them say that they are.
    pub(super) fn image(&self, cited: Lines, near: Option<Lines>, now: &Outline) -> Option<Lines> {
        if !self.old.plain(cited.first(), cited.last()).iter().any(|token| token.import) {
            return None;
        }
        let Some(wanted) = Wanted::beside_imports(cited, self.old) else {
            // Nothing but imports: so must be what they became.
            return near.filter(|lines| now.plain(lines.first(), lines.last()).iter().all(|token| token.import));
        };
        let rest = self.rest.image(cited, &wanted)?;
        // The imports stand on either side of the rest, whatever else came there.
        let (first, last) = near.map_or((rest.first(), rest.last()), |lines| (lines.first(), lines.last()));
        let (first, last) = (first.min(rest.first()), last.max(rest.last()));
        let is_whole = |lines: &Lines| {
            let all = now.plain(lines.first(), lines.last());
            all.iter().filter(|token| !token.import).count() == wanted.tokens.len()
        };
        let wider = [(first, last), (first, rest.last()), (rest.first(), last)];
        wider.into_iter().filter_map(|(first, last)| Lines::new(first, last)).find(is_whole).or(Some(rest))
    }
}

fn texts<'a>(tokens: &'a [Plain<'_>]) -> Vec<&'a str> {
    tokens.iter().map(|token| token.text.as_ref()).collect()
}

/// Where tokens stand among others, with the same nesting: first and last of each place.
fn occurrences<'a>(wanted: &'a [Plain<'_>], tokens: &'a [Plain<'_>]) -> impl Iterator<Item = (usize, usize)> + 'a {
    let depth = |token: &Plain<'_>, base: &Plain<'_>| i32::from(token.depth) - i32::from(base.depth);
    let last = (tokens.len() + 1).saturating_sub(wanted.len());
    let fits = move |at: &usize| {
        wanted
            .iter()
            .zip(&tokens[*at..])
            .all(|(want, have)| want.text == have.text && depth(want, &wanted[0]) == depth(have, &tokens[*at]))
    };
    (0..last).filter(fits).map(move |at| (at, at + wanted.len() - 1))
}

/// Whether this is the same code.
pub(super) fn is_same_code(one: &[Plain<'_>], other: &[Plain<'_>]) -> bool {
    one.len() == other.len() && (one.is_empty() || occurrences(one, other).next().is_some())
}

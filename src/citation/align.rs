//! Which line of one text became which line of another. Lines that stand once in both are tied
//! together in the longest order that both texts share (the idea of a patience diff); between them
//! the longest common subsequence decides. Indentation does not count.

use rustc_hash::FxHashMap;
use std::collections::HashMap;

/// Above so many comparisons lines between two ties are left without a partner.
const MOST_COMPARED: usize = 1 << 20;

/// For each line of `old` the line of `new` that it became, both counted from 0; none for what is gone.
pub(super) fn align(old: &[&str], new: &[&str]) -> Vec<Option<usize>> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let old: Vec<u32> = old.iter().map(|line| intern(line.trim(), &mut numbers)).collect();
    let new: Vec<u32> = new.iter().map(|line| intern(line.trim(), &mut numbers)).collect();
    let mut partners = vec![None; old.len()];
    // A stack, not recursion: how deep this goes is up to whoever wrote the texts.
    let mut left = vec![(0..old.len(), 0..new.len())];
    while let Some((mut a, mut b)) = left.pop() {
        while !a.is_empty() && !b.is_empty() && old[a.start] == new[b.start] {
            partners[a.start] = Some(b.start);
            (a.start, b.start) = (a.start + 1, b.start + 1);
        }
        while !a.is_empty() && !b.is_empty() && old[a.end - 1] == new[b.end - 1] {
            (a.end, b.end) = (a.end - 1, b.end - 1);
            partners[a.end] = Some(b.end);
        }
        if a.is_empty() || b.is_empty() {
            continue;
        }
        let ties = ties(&old[a.clone()], &new[b.clone()]);
        if ties.is_empty() {
            common(&old[a.clone()], &new[b.clone()], |i, j| partners[a.start + i] = Some(b.start + j));
            continue;
        }
        let (mut from_a, mut from_b) = (a.start, b.start);
        for (i, j) in ties {
            let (i, j) = (a.start + i, b.start + j);
            partners[i] = Some(j);
            left.push((from_a..i, from_b..j));
            (from_a, from_b) = (i + 1, j + 1);
        }
        left.push((from_a..a.end, from_b..b.end));
    }
    partners
}

fn intern<'a>(line: &'a str, numbers: &mut HashMap<&'a str, u32>) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    *numbers.entry(line).or_insert(next)
}

/// Lines that stand once on both sides, in the longest order that both share.
fn ties(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    #[derive(Default)]
    struct Times {
        old: u32,
        new: u32,
        old_at: usize,
        new_at: usize,
    }
    let mut times: FxHashMap<u32, Times> = FxHashMap::default();
    for (at, line) in old.iter().enumerate() {
        let times = times.entry(*line).or_default();
        (times.old, times.old_at) = (times.old + 1, at);
    }
    for (at, line) in new.iter().enumerate() {
        if let Some(times) = times.get_mut(line) {
            (times.new, times.new_at) = (times.new + 1, at);
        }
    }
    let mut once: Vec<(usize, usize)> =
        times.values().filter(|times| times.old == 1 && times.new == 1).map(|t| (t.old_at, t.new_at)).collect();
    once.sort_unstable();
    longest_rising(&once)
}

/// The longest subsequence whose second numbers rise; the first ones do already.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (at, pair) in pairs.iter().enumerate() {
        let place = ends.partition_point(|end| pairs[*end].1 < pair.1);
        before[at] = place.checked_sub(1).map(|place| ends[place]);
        if place == ends.len() { ends.push(at) } else { ends[place] = at }
    }
    let mut chosen = Vec::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        chosen.push(pairs[at]);
        next = before[at];
    }
    chosen.reverse();
    chosen
}

/// The longest common subsequence, where that is affordable.
fn common(old: &[u32], new: &[u32], mut pair: impl FnMut(usize, usize)) {
    let width = new.len() + 1;
    if (old.len() + 1).saturating_mul(width) > MOST_COMPARED {
        return;
    }
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            pair(i, j);
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::align;
    use proptest::prelude::*;

    #[track_caller]
    fn check(old: &str, new: &str, expected: &[Option<usize>]) {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.split(' ').collect(), new.split(' ').collect());
        assert_eq!(align(&old, &new), expected);
    }

    #[test]
    fn lines_find_their_partners() {
        check("a b c", "x a b c", &[Some(1), Some(2), Some(3)]);
        check("a b c", "a x c", &[Some(0), None, Some(2)]);
        check("} a } b }", "} b }", &[Some(0), None, None, Some(1), Some(2)]);
        check("a a a", "a a", &[Some(0), Some(1), None]);
    }

    proptest! {
        #[test]
        fn partners_are_equal_and_rise(old in proptest::collection::vec("[ab]{0,2}", 0..20), new in proptest::collection::vec("[ab]{0,2}", 0..20)) {
            let (a, b): (Vec<&str>, Vec<&str>) = (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
            let mut last = None;
            for (i, j) in align(&a, &b).into_iter().enumerate().filter_map(|(i, j)| Some((i, j?))) {
                prop_assert_eq!(a[i], b[j]);
                prop_assert!(last < Some(j));
                last = Some(j);
            }
        }
    }
}

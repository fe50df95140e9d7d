//! The known name that a misspelt one is most like.

/// The known name that is most like what was typed, if any is like it at all.
///
/// ```
/// assert_eq!(kb::suggestion::nearest("agnt", &["agent", "jobs"]), Some("agent"));
/// assert_eq!(kb::suggestion::nearest("xyz", &["agent", "jobs"]), None);
/// ```
pub fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    const LIKE: f64 = 0.75;
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(typed, name), *name))
        .filter(|(like, _)| *like > LIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

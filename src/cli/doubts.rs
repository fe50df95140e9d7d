//! What is doubtful about an answer that was just saved, in one line: citations that do not stand, none at
//! all, names that are nowhere in the code.

use crate::citation::{Citation, Seen};

/// More are counted and not named.
const NAMED: usize = 3;

/// The line; none if there is nothing to doubt. That something is not there needs no citation.
pub(super) fn doubts(citations: &[Citation], unknown_names: &[String], abstained: bool) -> Option<String> {
    let broken = citations.iter().filter_map(|citation| match citation.seen {
        Seen::Broken(why) => {
            let subject = citation.subject.as_ref().map(|name| format!("{name}//")).unwrap_or_default();
            Some(format!("`{subject}{}:{}` ({})", citation.path, citation.lines, why.word().replace('-', " ")))
        }
        _ => None,
    });
    let broken: Vec<String> = broken.collect();
    let mut doubts = Vec::new();
    match (citations.len(), broken.len()) {
        (0, _) if !abstained => doubts.push("no place is cited".to_owned()),
        (_, 0) => {}
        (all, some) => {
            let stand = if some == 1 { "does not stand" } else { "do not stand" };
            let citations = if all == 1 { "citation" } else { "citations" };
            doubts.push(format!("{some} of {all} {citations} {stand}: {}", listed(&broken)));
        }
    }
    if !unknown_names.is_empty() {
        let count = unknown_names.len();
        let are = if count == 1 { "name is" } else { "names are" };
        let names: Vec<String> = unknown_names.iter().map(|name| format!("`{name}`")).collect();
        doubts.push(format!("{count} {are} not in this code: {}", listed(&names)));
    }
    (!doubts.is_empty()).then(|| doubts.join("; "))
}

/// The first few, and how many more there are.
fn listed(all: &[String]) -> String {
    let named = all[..all.len().min(NAMED)].join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

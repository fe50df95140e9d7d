//! Where a note comes from, in one line before it: asked what, answered by whom, about which code,
//! when, and whether its citations still hold. Every word of the note's own goes in quotation marks.

use super::Piece;
use super::clean;
use super::removed::Removed;
use crate::citation::{Citation, Status, Verdict};
use crate::subject::{Kind, Pinned};

const LONGEST_QUESTION: usize = 300;
const LONGEST_NAME: usize = 200;
const NAMED: usize = 6;

/// The line, without a line feed. `removed` tells what was taken out of the body, and learns what
/// was taken out here.
pub(super) fn line(piece: &Piece, removed: &mut Removed) -> String {
    let head = &piece.note.head;
    let mut clean = |text: &str| clean::line(text, LONGEST_NAME, removed);
    let agent = head.agent.as_ref().map(|agent| {
        let parts = [Some(&agent.name), agent.version.as_ref(), agent.model.as_ref()];
        parts.into_iter().flatten().map(|part| clean(part)).collect::<Vec<_>>().join(" ")
    });
    let subjects: Vec<String> = head.subjects.iter().map(|subject| about(subject, &mut clean)).collect();
    let citations = citations(&head.citations, piece, &mut clean);
    let unknown: Vec<String> =
        head.unknown_names.iter().take(NAMED).map(|name| format!("\"{}\"", clean(name))).collect();
    let unknown = if unknown.is_empty() {
        String::new()
    } else {
        format!(" It names what is nowhere in the code: {}.", unknown.join(", "))
    };
    let origin = match head.origin.as_deref() {
        Some("human") => "It is said to be written by a person.".to_owned(),
        Some("agent" | "import") => "Unverified: no person wrote or checked it.".to_owned(),
        None if agent.is_some() => "Unverified: no person wrote or checked it.".to_owned(),
        _ => "Unverified: nobody knows who wrote it.".to_owned(),
    };
    let asked = match &head.question {
        Some(question) => format!("answers \"{}\"", clean::line(question, LONGEST_QUESTION, removed)),
        None => format!("\"{}\"", clean::line(&head.title, LONGEST_QUESTION, removed)),
    };
    let parts = [
        Some(format!("Note {} {asked}", id(piece))),
        agent.map(|agent| format!("by agent \"{agent}\"")),
        (!subjects.is_empty()).then(|| format!("about {}", subjects.join(" and "))),
        head.created.map(|date| date.format("on %Y-%m-%d").to_string()),
        head.refreshed.map(|date| date.format("asked again on %Y-%m-%d").to_string()),
    ];
    let note = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let taken = if removed.is_empty() { String::new() } else { format!(" Taken out or made visible: {removed}.") };
    format!("{note}. {origin} {citations}{unknown}{taken}")
}

/// A note's id, which a foreign note may have chosen.
pub(super) fn id(piece: &Piece) -> String {
    bare(clean::line(piece.id, 40, &mut Removed::default()))
}

/// A name or place can do without quotation marks if it is one word.
fn bare(text: String) -> String {
    if text.is_empty() || text.contains(' ') { format!("\"{text}\"") } else { text }
}

fn about(subject: &Pinned, clean: &mut impl FnMut(&str) -> String) -> String {
    let name = clean(&subject.name);
    let dirty = if subject.dirty { " with uncommitted changes" } else { "" };
    let what = match &subject.kind {
        Kind::Git { remote, commit, folder, .. } => {
            let remote = remote.as_ref().map(|remote| format!(" ({})", bare(clean(remote))));
            let folder = folder.as_ref().map(|folder| format!(", folder \"{}\",", clean(folder)));
            let commit = match commit {
                Some(commit) => format!("at commit {}", bare(clean(commit).chars().take(12).collect())),
                None => "before its first commit".to_owned(),
            };
            format!("repository \"{name}\"{}{} {commit}", remote.unwrap_or_default(), folder.unwrap_or_default())
        }
        Kind::Package { package, .. } => format!("package \"{}\"", clean(package)),
        Kind::Folder => format!("folder \"{name}\""),
    };
    what + dirty
}

fn citations(cited: &[Citation], piece: &Piece, clean: &mut impl FnMut(&str) -> String) -> String {
    let verdicts: Vec<(&Citation, &Verdict)> = cited.iter().zip(&piece.standing.citations).collect();
    let of = |status: Status| verdicts.iter().filter(move |(_, verdict)| verdict.status == status);
    let total = verdicts.len();
    if total == 0 {
        return "It cites nothing.".to_owned();
    }
    if of(Status::Unknown).count() == total {
        return format!("Whether its {total} citations hold is unknown: the code is not here.");
    }
    if of(Status::Unverified).count() == total {
        return format!("Its {total} citations were not checked.");
    }
    let hold = of(Status::Fresh).count() + of(Status::Moved).count();
    let mut parts = vec![format!("{hold} of {total} citations hold")];
    for status in [Status::Stale, Status::Broken, Status::Unknown, Status::Unverified, Status::Moved] {
        let count = of(status).count();
        if count > 0 {
            let places = of(status).take(NAMED).map(|(citation, verdict)| place(citation, verdict, clean));
            let places = places.collect::<Vec<_>>().join(", ");
            let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
            parts.push(format!("{}: {places}{more}", status.word()));
        }
    }
    let weak: Vec<String> = verdicts
        .iter()
        .filter(|(citation, verdict)| citation.weak && verdict.status == Status::Fresh)
        .take(NAMED)
        .map(|(citation, verdict)| place(citation, verdict, clean))
        .collect();
    if !weak.is_empty() {
        parts.push(format!("perhaps the wrong lines: {}", weak.join(", ")));
    }
    parts.join("; ") + "."
}

/// `werkzeug//src/x.py:3-9`, and where it is now, if it moved.
fn place(citation: &Citation, verdict: &Verdict, clean: &mut impl FnMut(&str) -> String) -> String {
    let subject = citation.subject.as_ref().map(|subject| format!("{subject}//")).unwrap_or_default();
    let now = verdict.now.as_ref().filter(|_| verdict.status == Status::Moved);
    let now = now.map(|(path, lines)| format!("→{path}:{lines}")).unwrap_or_default();
    bare(clean(&format!("{subject}{}:{}{now}", citation.path, citation.lines)))
}

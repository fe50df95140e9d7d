//! A note that answers nearly the same question: told in one line, never put in the place of an answer.

use super::{Desk, Order};
use crate::agent::Event;
use crate::index::Index;
use crate::note::Checker;
use crate::question::Question;
use crate::search::{self, Neighbour, Sought, Spot};
use crate::subject::Snapshot;

/// How many of the nearest notes are looked at.
const LOOKED_AT: usize = 10;

/// Tells of the note that most surely answers nearly the same, if one does. `places` are where scout finds
/// the question's answer, the likeliest first. Nobody is told where the user asks anew on purpose, or goes on
/// from a note; and what cannot be found out is no loss.
pub(super) fn tell(
    order: &Order,
    question: &Question,
    places: &[Spot],
    snapshot: &Snapshot,
    desk: &Desk<'_>,
    events: &mut dyn FnMut(Event),
) {
    if order.ask_anyway || order.is_trial || order.follows.is_some() || order.refreshes.is_some() {
        return;
    }
    let Ok(index) = Index::up_to_date(&desk.kb.root, &desk.kb.settings.exclude) else { return };
    let sought = Sought { question: question.as_str(), places, about: Some(&snapshot.pinned) };
    let near = search::alike(&index, &sought, LOOKED_AT).unwrap_or_default();
    let answers = |one: &Neighbour| one.is_the_same() && !one.entry.head.not_found;
    let best = near.into_iter().filter(answers).max_by(|a, b| a.same.total_cmp(&b.same));
    let Some(Neighbour { entry, .. }) = best else { return };
    let checker = Checker::new(vec![snapshot.root.clone()], snapshot.hidden.clone(), desk.machine).against(snapshot);
    let status = checker.standing(&entry.head).status;
    events(Event::Nearly { id: entry.id.to_string(), title: entry.head.title, status: status.word() });
    let _ = index.persist();
}

//! Broken citations go back to the agent that made them: once, in its own session.

use super::ask::{self, Asked};
use super::told::{self, Session};
use super::{Folder, Order, cited};
use crate::agent::{Answer, Event, Usage};
use crate::citation::{self, Citation, Seen};
use std::time::Instant;

/// What goes back, and into which session.
pub(super) struct Letter {
    pub(super) text: String,
    pub(super) session: Session,
}

/// Less time than that is not worth asking for, in seconds.
const LEAST: u64 = 5;
/// An answer that lost more than this part of its text was commented on, not mended.
const LEAST_KEPT: f64 = 0.6;

/// The answer as it is once its broken citations were sent back, and what it cites then. None if nothing is
/// broken or the agent cannot be asked again.
pub(super) async fn mended(
    asked: &Asked<'_>,
    answer: &Answer,
    citations: &[Citation],
    started: Instant,
    folder: &Folder,
    events: &mut dyn FnMut(Event),
) -> Option<(Answer, Vec<Citation>)> {
    let text = citation::letter_about_broken(citations, std::slice::from_ref(asked.snapshot))?;
    let id = answer.agent.session.clone()?;
    let order = Order {
        seconds: asked.order.seconds.map(|limit| limit.saturating_sub(started.elapsed().as_secs())),
        max_cost: asked.order.max_cost.map(|most| most - answer.usage.usd.unwrap_or_default()),
        ..asked.order.clone()
    };
    let is_spent = order.seconds.is_some_and(|left| left < LEAST) || order.max_cost.is_some_and(|left| left <= 0.0);
    if is_spent || !ask::has_home(&order, &id, asked.desk) {
        return None;
    }
    events(Event::Doing("mending broken citations".to_owned()));
    let letter = Letter { text, session: Session { used: Some(used_so_far(asked, answer)), id } };
    let again = Asked { order: &order, letter: Some(&letter), ..*asked };
    let second = match ask::ask(&again, folder, events).await {
        Ok((second, _)) => second,
        Err(error) => {
            events(Event::Warning(format!("broken citations stay as they are: {error}")));
            return None;
        }
    };
    let resolved = cited(&second, asked.snapshot);
    let usage = answer.usage.plus(&second.usage);
    #[expect(clippy::cast_precision_loss, reason = "an answer is far shorter than 2^52 bytes")]
    let is_whole = second.markdown.len() as f64 >= LEAST_KEPT * answer.markdown.len() as f64;
    let is_better = count(&resolved, is_broken) < count(citations, is_broken)
        && count(&resolved, is_held) >= count(citations, is_held);
    Some(match is_whole && is_better && second.found == answer.found {
        true => (Answer { usage, ..second }, resolved),
        false => (Answer { usage, ..answer.clone() }, citations.to_vec()),
    })
}

/// What the session has used up in all: some agents count on from there.
fn used_so_far(asked: &Asked<'_>, answer: &Answer) -> Usage {
    let followed = told::session(asked.order, asked.desk).ok().flatten();
    let same = followed.filter(|session| Some(&session.id) == answer.agent.session.as_ref());
    let before = same.and_then(|session| session.used).unwrap_or_default();
    before.plus(&answer.usage)
}

fn count(citations: &[Citation], is: fn(&Citation) -> bool) -> usize {
    citations.iter().filter(|citation| is(citation)).count()
}

fn is_broken(citation: &Citation) -> bool {
    matches!(citation.seen, Seen::Broken(_))
}

fn is_held(citation: &Citation) -> bool {
    matches!(citation.seen, Seen::Held(_))
}

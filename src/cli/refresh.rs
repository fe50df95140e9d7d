//! `kb refresh ID...`

use super::fail::{Asked, DONE, Failure};
use super::format::{Printer, say};
use super::notes::Viewer;
use super::settings::Settings;
use super::terminal::Looker;
use super::{choose, handles, jobs};
use crate::citation::{Seen as CitedAs, Standing, Status};
use crate::index::{Entry, Index};
use crate::job::{Order, Record};
use crate::search;
use crate::subject::Seen;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Asks the same agent the same question again, with the note and what changed since. The note keeps its id; its
earlier text is kept: `kb log ID`, `kb diff ID`.

  kb refresh k7f
  kb refresh --stale --agent claude")]
pub(super) struct Args {
    /// The notes
    #[arg(value_name = "ID", required_unless_present = "stale", conflicts_with = "stale")]
    ids: Vec<String>,
    /// All notes of agents whose cited lines changed or are gone
    #[arg(long)]
    stale: bool,
    /// Who is to answer [default: the agent that did]
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Let the answer that it is not there take the note's place, too
    #[arg(long)]
    keep: bool,
    /// How many are asked at once [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Ask even where the kernel cannot keep the agent from changing files
    #[arg(long)]
    no_wall: bool,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    let store = jobs::to_start(settings)?;
    let agent = match &args.agent {
        Some(name) => choose::chosen(std::slice::from_ref(name), settings)?
            .pop()
            .map(|found| found.candidate.agent.name().to_owned()),
        None => None,
    };
    let seen = Seen::read(&settings.machine);
    let index = settings.index()?;
    let order = |entry: &Entry| {
        let order = order(entry, &seen, settings, &index)?;
        Ok(Order {
            agent: agent.clone().unwrap_or(order.agent),
            keep_not_found: args.keep,
            without_wall: args.no_wall,
            ..order
        })
    };
    let mut orders: Vec<Order> = Vec::new();
    if args.stale {
        let all = index.entries()?;
        let standings = Viewer::new(settings)?.standings(all.iter());
        for (entry, _) in all.iter().zip(&standings).filter(|(entry, standing)| changed(entry, standing)) {
            // One that cannot be asked again holds up none of the others.
            match order(entry) {
                Ok(order) => orders.push(order),
                Err::<_, Failure>(failure) => say(&format!("kb: {failure}")),
            }
        }
    }
    for id in &args.ids {
        let order = order(&handles::resolve(id, settings, &index)?)?;
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    index.persist()?;
    if orders.is_empty() {
        say("kb: no note is to be refreshed");
        return Ok(DONE);
    }
    crate::job::tidy(&settings.roster, &settings.machine);
    let records: Vec<Record> =
        orders.into_iter().map(|order| store.add(order, &settings.machine)).collect::<Result<_, _>>()?;
    jobs::run_records(&records, args.jobs.map_or(settings.jobs, usize::from), settings, printer, &mut Looker::here())
}

/// Whether what a note cites was there once and is not any more. What never was there is no better for being
/// asked again.
fn changed(entry: &Entry, standing: &Standing) -> bool {
    let is_worse = |status| matches!(status, Status::Stale | Status::Broken);
    let mut both = entry.head.citations.iter().zip(&standing.citations);
    both.any(|(citation, verdict)| matches!(citation.seen, CitedAs::Held(_)) && is_worse(verdict.status))
}

fn order(entry: &Entry, seen: &Seen, settings: &Settings, index: &Index) -> Result<Order, Failure> {
    let id = entry.id.to_string();
    let base = settings.base()?;
    let not_asked = || Failure::Asked(Asked::NotAnAnswer { id: id.clone() });
    let question = entry.head.question.clone().ok_or_else(not_asked)?;
    let agent = entry.head.agent.clone().ok_or_else(not_asked)?;
    let pinned = entry.head.subjects.first().ok_or_else(not_asked)?;
    let near = [settings.machine.here.as_path(), base.root.as_path()];
    let place = seen.whereabouts(pinned, &near).into_iter().next();
    // A note may name anything; what is gone since holds nothing up.
    let is_here = |with: &&String| {
        let found = search::find(with, &base.root, index);
        **with != id && found.is_ok_and(|entry| entry.id.as_str() == with.as_str())
    };
    let with = entry.head.with.iter().filter(is_here).cloned().collect();
    let not_here = || Failure::SubjectNotHere { id: id.clone(), name: pinned.name.clone() };
    Ok(Order {
        question,
        agent: agent.name,
        subject: place.ok_or_else(not_here)?,
        base: base.root.clone(),
        tags: entry.head.tags.clone(),
        with,
        ask_anyway: true,
        leads: true,
        mend: true,
        refreshes: Some(id),
        seconds: settings.timeout.map(|limit| limit.as_secs()),
        memory: settings.memory,
        ..Order::default()
    })
}

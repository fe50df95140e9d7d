//! Findings as markdown that a person would keep. What is said is what the code says: names, lines,
//! documentation, calls; nothing is guessed.

mod listed;
mod names;
mod overview;
mod steps;

use super::cite::{self, Cited, Sources};
use super::connect::{self, Step};
use super::language::{self, Kind};
use super::query::Ask;
use super::rank::Ranker;
use super::research::Findings;
use super::scan::Scan;
use super::trace::How;
use super::{Coverage, Place, Report, excerpt};
use std::fmt::Write;

/// Places named in the direct answer, and in all.
const DIRECT: usize = 3;
const IN_ALL: usize = 10;
/// Places shown beside a list.
const BESIDE: usize = 5;
/// Places shown where nothing answers.
const NEAREST: usize = 8;
/// Of the places behind those told, so many say what they are; of the rest only the name is given.
const DESCRIBED: usize = 2;
/// Calls shown beside the way to the first place.
const CALLS: usize = 2;
/// Lines of code shown of the first place, and of the second.
const EXCERPTS: [usize; 2] = [9, 5];

/// Writes the answer. The best places come first in `places`, in whatever order a reader is told of
/// them; what else is cited follows.
struct Page<'a, 'b> {
    text: String,
    places: Vec<Place>,
    scan: &'a Scan<'a>,
    sources: &'a mut Sources<'b>,
}

/// The answer to a question.
pub(crate) fn report(
    question: &str,
    ranker: &Ranker,
    found: &Findings,
    coverage: Coverage,
    sources: &mut Sources,
) -> Report {
    let mut page = Page { text: String::new(), places: Vec::new(), scan: ranker.scan, sources };
    page.title(question);
    if ranker.query.names_nothing && found.named.is_empty() && coverage.files > 0 {
        page.overview();
        page.read(coverage);
        return Report { markdown: page.text, found: true, places: page.places, coverage };
    }
    let here = found.found && (!found.places.is_empty() || !found.listings.is_empty());
    for listing in &found.listings {
        page.cite_best(listing, found);
    }
    let shown = match (found.listings.is_empty(), here) {
        (false, _) if found.signals.is_answer() => BESIDE,
        (false, _) => 0,
        (true, true) => IN_ALL,
        (true, false) => NEAREST,
    };
    for place in found.places.iter().take(shown) {
        page.cite_place(place);
    }
    if !found.listings.is_empty() {
        for listing in &found.listings {
            page.listing(listing, found);
        }
        page.also(found, 0, shown);
    } else if here {
        page.absent(found, coverage.files);
        page.direct(ranker, found);
        page.stands(found);
        page.group(found);
        let stepped = matches!(ranker.query.ask, Ask::How | Ask::Flow) && page.steps(found);
        // One screen: what is told in words needs less code.
        let excerpts = if page.conditions(ranker, found) || stepped { 1 } else { 2 };
        page.connected(found);
        page.code(ranker, found, excerpts);
        // What a group holds is told there.
        let told = found.group.as_ref().map_or(DIRECT, |group| DIRECT.max(group.units.len()));
        page.also(found, told, IN_ALL.max(told + 4));
    } else {
        page.not_here(ranker, found, coverage);
    }
    page.sure(ranker, found, coverage);
    Report { markdown: page.text, found: here, places: page.places, coverage }
}

impl Page<'_, '_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn title(&mut self, question: &str) {
        let question = excerpt::plain(question.trim().trim_end_matches(['?', '.', '!', ' ']));
        let mut letters = question.chars();
        let title: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).take(120).collect();
        let _ = write!(self.text, "# {title}\n\n");
    }

    /// A citation; the first time, it is noted.
    fn cite(&mut self, unit: usize, first: u32, last: u32, score: f32) -> String {
        let path = self.scan.path(unit);
        let place = Place { path: path.to_owned(), first, last, symbol: self.scan.qualified(unit), score };
        if !self.places.iter().any(|known| known.path == place.path && (known.first, known.last) == (first, last)) {
            self.places.push(place);
        }
        let lines = if first == last { first.to_string() } else { format!("{first}-{last}") };
        excerpt::code(&format!("{path}:{lines}"))
    }

    /// The head of a definition, as much as is cited whole.
    fn cite_head(&mut self, unit: usize) -> String {
        let head = &self.scan.units[unit];
        self.cite(unit, head.first, head.last.min(head.first + cite::WHOLE), 0.0)
    }

    fn cite_place(&mut self, place: &Cited) -> String {
        self.cite(place.ranked.unit, place.lines.first, place.lines.last, place.ranked.score)
    }

    /// `name` (`path:lines`): what it is, what it says of itself.
    fn describe(&mut self, place: &Cited, brief: bool) -> String {
        let unit = place.ranked.unit;
        let citation = self.cite_place(place);
        let whole = connect::whole(self.scan, unit);
        let head = &self.scan.units[unit];
        let what = excerpt::kind(self.scan, unit);
        let mut text = match self.scan.qualified(unit) {
            Some(_) if head.kind == Kind::Text => {
                format!("{citation}, {what} under “{}”", excerpt::plain(self.scan.name(unit).unwrap_or("")))
            }
            Some(name) if head.kind == Kind::Callback => {
                format!("{citation}, {what} {}", excerpt::code(&name))
            }
            Some(name) if brief && head.kind == Kind::Part => {
                format!("{}, in part ({citation})", excerpt::code(&name))
            }
            Some(name) if brief => format!("{} ({citation})", excerpt::code(&name)),
            Some(name) if place.lines.first > head.first && !head.kind.is_container() && head.kind != Kind::Part => {
                format!("{}, {what}, in part ({citation})", excerpt::code(&name))
            }
            Some(name) => format!("{}, {what} ({citation})", excerpt::code(&name)),
            None => format!("{citation}, {what}"),
        };
        if brief && head.kind == Kind::Part {
            return text;
        }
        if let Some(summary) = excerpt::summary(self.scan, whole, self.sources) {
            let _ = write!(text, ": “{summary}”");
        } else if let Some(signature) = excerpt::signature(self.scan, unit, self.sources)
            .filter(|_| !matches!(head.kind, Kind::Text | Kind::Block | Kind::Part))
        {
            let _ = write!(text, ": {}", excerpt::code(&signature));
        }
        text
    }

    fn direct(&mut self, ranker: &Ranker, found: &Findings) {
        for (at, place) in found.places.iter().take(DIRECT).enumerate() {
            let text = self.describe(place, false);
            let named = Self::why_first(found).filter(|_| at == 0);
            let lead = match (at, ranker.query.ask) {
                _ if named.is_some() => named.as_deref().unwrap_or_default(),
                (0, _) if found.is_documented => "The documentation speaks of it: ",
                (0, _) if found.signals.is_doubtful() => "Not sure that it is here; what comes nearest: ",
                (0, Ask::Where) => "Best match: ",
                (0, Ask::How | Ask::Flow) => "Look first at ",
                (0, Ask::List) => "Found, best match first: ",
                (1, _) => "Then ",
                _ => "And ",
            };
            self.put(lead);
            self.put(&text);
            if let Some((_, said)) = excerpt::telling_line(ranker, place, self.sources) {
                let _ = write!(self.text, "; one line reads {}", excerpt::code(&said));
            }
            let end = if self.text.ends_with('.') { "\n" } else { ".\n" };
            self.put(end);
        }
        self.put("\n");
    }

    /// The places behind those told.
    fn also(&mut self, found: &Findings, told: usize, to: usize) {
        let places = found.places.get(told..to.min(found.places.len())).unwrap_or(&[]);
        if places.is_empty() {
            return;
        }
        self.put("## Also look at\n\n");
        for place in places.iter().take(DESCRIBED) {
            let text = self.describe(place, true);
            let _ = writeln!(self.text, "- {text}");
        }
        let rest: Vec<String> = places.iter().skip(DESCRIBED).map(|place| self.name(place)).collect();
        if !rest.is_empty() {
            let _ = writeln!(self.text, "- {}", rest.join(", "));
        }
        self.put("\n");
    }

    /// `name` (`path:lines`).
    fn name(&mut self, place: &Cited) -> String {
        let citation = self.cite_place(place);
        let named = self.scan.units[place.ranked.unit].kind != Kind::Text;
        match self.scan.qualified(place.ranked.unit).filter(|_| named) {
            Some(name) => format!("{} ({citation})", excerpt::code(&name)),
            None => citation,
        }
    }

    /// A definition's name, as code.
    fn called(&self, unit: usize) -> String {
        excerpt::code(&self.scan.qualified(unit).unwrap_or_else(|| "code".to_owned()))
    }

    fn connected(&mut self, found: &Findings) {
        let Some(first) = found
            .places
            .iter()
            .map(|place| connect::whole(self.scan, place.ranked.unit))
            .find(|unit| self.scan.units[*unit].kind.is_callable())
        else {
            return;
        };
        let way = connect::way_to(self.scan, found, first);
        let mut steps = connect::among(self.scan, found, 6);
        steps.retain(|step| !way.iter().any(|known| known.caller == step.caller && known.callee == step.callee));
        steps.truncate(CALLS);
        if way.is_empty() && steps.is_empty() {
            return;
        }
        self.put("## How it connects\n\n");
        if let Some(entry) = way.first() {
            let told = way.iter().all(Step::is_told);
            let lead = if told { "One way there" } else { "One way there, as far as names tell" };
            let _ = write!(self.text, "{lead}: {}", self.called(entry.caller));
            for step in &way {
                let citation = self.cite(step.caller, step.line, step.line, 0.0);
                let _ = write!(self.text, " → {} (at {citation}{})", self.called(step.callee), doubt(step));
            }
            self.put(".\n\n");
        }
        for step in &steps {
            let citation = self.cite(step.caller, step.line, step.line, 0.0);
            let (from, to) = (self.called(step.caller), self.called(step.callee));
            let _ = writeln!(self.text, "- {from} calls {to} at {citation}{}", doubt(step));
        }
        if !steps.is_empty() {
            self.put("\n");
        }
    }

    fn code(&mut self, ranker: &Ranker, found: &Findings, count: usize) {
        self.put("## The code\n\n");
        for (place, most) in found.places.iter().zip(EXCERPTS).take(count) {
            let lines = excerpt::lines(ranker, place, most, self.sources);
            if lines.is_empty() {
                continue;
            }
            let citation = self.cite_place(place);
            let path = self.scan.path(place.ranked.unit);
            let language = language::of_path(path).map_or("text", |at| language::ALL[at].name);
            let body = lines.join("\n");
            let mut fence = "```".to_owned();
            while body.contains(&fence) {
                fence.push('`');
            }
            let _ = write!(self.text, "{citation}\n\n{fence}{language}\n{body}\n{fence}\n\n");
        }
    }

    fn not_here(&mut self, ranker: &Ranker, found: &Findings, coverage: Coverage) {
        if coverage.files == 0 {
            return self.put("There is no code here: no file that could be read.\n\n");
        }
        if ranker.query.concepts.is_empty() {
            return self.put("The question has no word that could be looked for.\n\n");
        }
        let lacks_names = found.named.iter().any(|one| !one.is_here());
        self.absent(found, coverage.files);
        for listing in &found.lacking {
            let files = listing.read + listing.passed;
            let _ = write!(
                self.text,
                "There are no {} in this code: of {files} files that were parsed, no line has one of the usual forms of its language{}.\n\n",
                listing.what,
                if listing.aside > 0 {
                    format!("; {} in tests, examples and the like", listing.aside)
                } else {
                    String::new()
                }
            );
        }
        if !lacks_names && found.lacking.is_empty() {
            self.looked_for(ranker);
        }
        if found.places.is_empty() {
            return;
        }
        self.put("## What came nearest\n\n");
        for place in found.places.iter().take(NEAREST) {
            let text = self.describe(place, true);
            let _ = writeln!(self.text, "- {text}");
        }
        self.put("\n");
    }

    /// That nothing answers, and what was looked for.
    fn looked_for(&mut self, ranker: &Ranker) {
        self.put("This is not in this code, as far as its words tell: nothing in it brings together what the question speaks of.\n\n");
        let looked: Vec<String> = ranker.query.concepts.iter().map(|concept| excerpt::code(&concept.word)).collect();
        let _ =
            write!(self.text, "Looked for {}, for words of the same stem and for common synonyms.", looked.join(", "));
        let missing = missing(ranker);
        if !missing.is_empty() {
            let missing: Vec<String> = missing.iter().map(|word| excerpt::code(word)).collect();
            let _ = write!(self.text, " Nowhere in the source: {}.", missing.join(", "));
        }
        self.put("\n\n");
    }

    fn sure(&mut self, ranker: &Ranker, found: &Findings, coverage: Coverage) {
        self.put("## How sure\n\n");
        for listing in &found.listings {
            self.looked(listing);
        }
        if found.is_documented {
            self.put("Documentation answers; no code was found that brings together what the question speaks of. ");
        }
        if found.found
            && !found.is_documented
            && found.listings.is_empty()
            && let Some(best) = found.places.first()
        {
            let words = |wanted: bool| -> Vec<String> {
                let met = ranker.query.concepts.iter().zip(&best.ranked.met);
                met.filter(|(_, met)| (**met > 0.1) == wanted)
                    .map(|(concept, _)| excerpt::code(&concept.word))
                    .collect()
            };
            let (here, not) = (words(true), words(false));
            if !here.is_empty() {
                let _ = write!(
                    self.text,
                    "The first place was found by {}, or words that often stand for them",
                    here.join(", ")
                );
                if not.is_empty() {
                    self.put("; ");
                } else {
                    let _ = write!(self.text, " (it does not speak of {}); ", not.join(", "));
                }
            }
            let share = (found.signals.near * 100.0).round();
            let one = if here.is_empty() { "One place" } else { "one place" };
            let _ = write!(self.text, "{one} brings together {share:.0} % of the question, by rarity of its words. ");
            match (&found.group, ranker.query.ask) {
                (Some(_), _) => self.put("The list is complete as to names; what bears another name is not in it. "),
                (None, Ask::List) => {
                    self.put("The list holds the places that rank best by words and calls; it may not be complete. ");
                }
                _ => {}
            }
        }
        self.put("Found by words, names and calls alone; a call means what its object, class and imports say, else what its name says. ");
        self.read(coverage);
    }

    /// What was read, and what was not.
    fn read(&mut self, coverage: Coverage) {
        let _ = write!(self.text, "Files read: {}, of them parsed as code: {}", coverage.files, coverage.parsed);
        let mut gaps = Vec::new();
        for (count, what) in [
            (coverage.too_big, "too big"),
            (coverage.generated, "minified or generated"),
            (coverage.translations, "translations"),
            (coverage.binary, "binary"),
            (coverage.unreadable, "unreadable"),
        ] {
            if count > 0 {
                gaps.push(format!("{count} {what}"));
            }
        }
        if gaps.is_empty() {
            self.put(".\n");
        } else {
            let _ = writeln!(self.text, "; not read: {}.", gaps.join(", "));
        }
    }
}

/// What else a call may mean, and what tells that it means this; nothing where the code says so.
fn doubt(step: &Step) -> String {
    if step.is_told() {
        return String::new();
    }
    let others = match step.meanings {
        0 | 1 => String::new(),
        meanings => format!("or {} more, ", meanings - 1),
    };
    let by = match step.how {
        How::Like => "by the name of what it is called on",
        How::Name => "by its name alone",
        _ => "as there are several of that name",
    };
    format!(", {others}{by}")
}

/// Words of the question that no unit of source has, in any form.
fn missing(ranker: &Ranker) -> Vec<String> {
    let spoken = |at: usize| {
        ranker
            .scan
            .stems
            .iter()
            .any(|stem| stem.units > 0 && stem.concepts.iter().any(|(concept, fit)| *concept == at && *fit > 0.7))
    };
    ranker
        .query
        .concepts
        .iter()
        .enumerate()
        .filter(|(at, _)| !spoken(*at))
        .map(|(_, concept)| concept.word.clone())
        .collect()
}

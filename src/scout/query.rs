//! A question taken apart: what kind it is, and which words of it say what is looked for.

use super::synonyms;
use crate::words;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A place.
    Where,
    /// A mechanism.
    How,
    /// Steps in an order.
    Flow,
    /// All of a sort.
    List,
}

/// One thing the question speaks of.
#[derive(Clone, Debug)]
pub(crate) struct Concept {
    /// As asked.
    pub(crate) word: String,
    /// How much it says: 1, less for words of every question.
    pub(crate) weight: f32,
    /// Stems that stand for it, best first, each with how well it does.
    pub(crate) stems: Vec<(String, f32)>,
}

/// A question, understood as far as words go.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) ask: Ask,
    /// The stem of what is asked to be listed: `converter` of "which converters exist".
    pub(crate) head: Option<String>,
    /// It asks what happens when something is wrong.
    pub(crate) of_failure: bool,
    /// It has only words of every question: there is nothing to look for.
    pub(crate) names_nothing: bool,
    pub(crate) concepts: Vec<Concept>,
}

/// More are not looked at: a page is no question.
const MOST_CONCEPTS: usize = 24;

/// Words that say nothing about code.
const STOP: &str = " a an and any are as at be been being but by can could did do does doing done each for from gets got had has
have how i if in into is it its itself just me my no not of on onto or our out over own same she should so some such than that the
their them then there these they this those through to too under until upon was we were what when where which while who whom whose
why will with within without would you your yours happen happens happened happening come comes coming came decide decides decided
use uses used using actually really exactly please also ever every only one ones thing things way ways place places code codebase
work works working worked go goes going let lets because about against between during here much more most other another exist exists
part parts program tool project somebody someone something anyone anything nobody nothing up down off else like need needs want
wants kind sort whether either neither yet still again case cases cannot done did made make makes making gives give given takes take
taken tell told us so called implemented implement implementation defined define done involved s t don doesn isn e g i e etc ";

/// Words that say little.
const WEAK: &str = " get set find found new first last several right handle handled handling different certain become becomes
turn turned turns put puts keep kept see seen look looks looked looking know knows known show shown shows say says time
value values name names object objects function functions method methods file class user data all run runs running
call calls called check checked happen back before after two both many number support supported possible try tries tried
together apart instead full normal including included well correct correctly wrong whole big small large long short good bad
better easy hard simple simply special specific particular certain various extra additional separate separately tells telling
wins win fit fits fitting travel travels survive survives cope copes notice noticed notices stand stands mean means meant answer
answers answered begin begins started start starts stop stops end ends ending turn left gone arrive arrives arrived reach reaches
reached appear appears bring brings brought ask asks asked ahead away aside depending depend depends according although despite
developer person people world today later early earlier recent recently next previous current currently several inside outside
software system systems somehow somewhere automatic automatically enough able unable allowed possible impossible necessary needed
fast quick quickly slow slowly really behave behaves behaviour behavior react reacts order side set sets ";

/// Words of questions about what goes wrong.
const FAILURE: &str = "error errors exception exceptions raise raises raised throw throws thrown fail fails failed failing failure \
                       invalid wrong missing malformed corrupt corrupted refuse refuses refused reject rejects rejected abort \
                       aborted panic panics crash crashes timeout exceeded";

/// Irregular forms, as code has them.
const FORMS: &[(&str, &str)] = &[
    ("written", "write"),
    ("wrote", "write"),
    ("chosen", "choose"),
    ("chose", "choose"),
    ("sent", "send"),
    ("kept", "keep"),
    ("found", "find"),
    ("built", "build"),
    ("thrown", "throw"),
    ("threw", "throw"),
    ("broken", "broken"),
    ("given", "give"),
    ("taken", "take"),
    ("held", "hold"),
    ("hidden", "hide"),
    ("read", "read"),
    ("run", "run"),
    ("ran", "run"),
    ("stored", "store"),
    ("spent", "spend"),
    ("lost", "lose"),
    ("drawn", "draw"),
    ("known", "know"),
    ("shown", "show"),
    ("begun", "begin"),
    ("began", "begin"),
    ("forgotten", "forget"),
    ("bound", "bind"),
    ("caught", "catch"),
    ("left", "left"),
    ("met", "meet"),
    ("put", "put"),
    ("split", "split"),
    ("spawned", "spawn"),
    ("children", "child"),
    ("indices", "index"),
    ("matrices", "matrix"),
    ("frozen", "freeze"),
    ("overridden", "override"),
    ("rewritten", "rewrite"),
    ("gone", "gone"),
    ("proxies", "proxy"),
    ("queries", "query"),
    ("entries", "entry"),
    ("told", "tell"),
    ("understood", "understand"),
    ("rewound", "rewind"),
    ("wound", "wind"),
    ("bent", "bend"),
    ("meant", "mean"),
    ("slept", "sleep"),
    ("fed", "feed"),
    ("fallen", "fall"),
    ("fell", "fall"),
    ("grown", "grow"),
    ("grew", "grow"),
    ("torn", "tear"),
    ("woken", "wake"),
    ("woke", "wake"),
    ("stuck", "stick"),
    ("struck", "strike"),
    ("swapped", "swap"),
    ("shut", "shut"),
    ("sorted", "sort"),
    ("brought", "bring"),
    ("bought", "buy"),
    ("sought", "seek"),
    ("stolen", "steal"),
    ("driven", "drive"),
    ("drove", "drive"),
    ("withdrawn", "withdraw"),
    ("men", "man"),
    ("data", "data"),
    ("misspelt", "misspelled"),
    ("spelt", "spell"),
];

impl Query {
    /// Understands a question.
    pub(crate) fn new(question: &str) -> Self {
        Self::build(question, true)
    }

    /// The same without the words that could stand for those of the question.
    pub(crate) fn as_worded(question: &str) -> Self {
        Self::build(question, false)
    }

    fn build(question: &str, widen: bool) -> Self {
        let mut asked: Vec<String> = Vec::new();
        words::each(question, |word| asked.push(word.to_owned()));
        let ask = kind(question, &asked);
        let content: Vec<&String> = asked[orders(&asked)..]
            .iter()
            .filter(|word| !STOP.split_whitespace().any(|stop| stop == word.as_str()))
            .collect();
        // A question of stop words alone is asked in them.
        let names_nothing = content.is_empty() && widen;
        let content: Vec<&String> = if content.is_empty() { asked.iter().collect() } else { content };
        let mut concepts: Vec<Concept> = Vec::new();
        for word in content {
            let plain = FORMS.iter().find(|(form, _)| form == word).map_or(word.as_str(), |(_, plain)| plain);
            let own = words::stem(plain);
            if concepts.len() >= MOST_CONCEPTS || concepts.iter().any(|known| known.stems[0].0 == own) {
                continue;
            }
            let weak = WEAK.split_whitespace().any(|weak| weak == word || weak == plain);
            let mut stems: Vec<(String, f32)> = vec![(own, 1.0)];
            let others = || synonyms::of(word).into_iter().chain(synonyms::of(plain));
            for (other, weight) in widen.then(others).into_iter().flatten() {
                let other = words::stem(other);
                match stems.iter_mut().find(|(known, _)| *known == other) {
                    Some((_, known)) => *known = known.max(weight),
                    None => stems.push((other, weight)),
                }
            }
            concepts.push(Concept { word: word.clone(), weight: if weak { 0.5 } else { 1.0 }, stems });
        }
        if widen {
            compounds(&asked, &mut concepts);
        }
        let fails = |word: &String| FAILURE.split_whitespace().any(|known| known == word);
        let head = concepts.first().filter(|_| ask == Ask::List).map(|concept| concept.stems[0].0.clone());
        Self { ask, head, of_failure: asked.iter().any(fails), names_nothing, concepts }
    }
}

/// How many words at the head of a question only bid to answer it: "please show me all".
fn orders(words: &[String]) -> usize {
    let is = |word: &String, list: &str| list.split_whitespace().any(|known| known == word);
    let polite = words.iter().take_while(|word| is(word, "please can could would you")).count();
    let verb = words.get(polite).is_some_and(|word| is(word, "list show give tell find name enumerate display"));
    let all =
        words.get(polite + 1).is_some_and(|word| is(word, "me us all every each the any out which what of where how"));
    let head = if verb && all || words.first().is_some_and(|word| word == "list") { polite + 1 } else { polite };
    head + words[head..]
        .iter()
        .take_while(|word| is(word, "me us all every each the any complete full list of"))
        .count()
}

/// `file name` may be `filename` in code: that word then stands for both.
fn compounds(asked: &[String], concepts: &mut [Concept]) {
    for pair in asked.windows(2) {
        if pair[0].len() + pair[1].len() < 6 {
            continue;
        }
        let joined = words::stem(&format!("{}{}", pair[0], pair[1]));
        for word in pair {
            if let Some(concept) = concepts.iter_mut().find(|concept| concept.word == *word)
                && !concept.stems.iter().any(|(known, _)| *known == joined)
            {
                concept.stems.push((joined.clone(), 0.9));
            }
        }
    }
}

/// "Which function …" asks for one place, not for a list.
const ONE_PLACE: &[&str] = &["code", "function", "part", "method", "class", "place", "file", "module"];

fn kind(question: &str, words: &[String]) -> Ask {
    let question = question.trim().to_lowercase();
    let starts = |heads: &[&str]| heads.iter().any(|head| question.starts_with(head));
    let has = |parts: &[&str]| parts.iter().any(|part| question.contains(part));
    let order = has(&[
        "what happens",
        "in which order",
        "in what order",
        "path of",
        "lifecycle",
        "flow of",
        "step by step",
        "from start to",
    ]) || question.starts_with("how do") && has(&[" travel", " pass through", " until ", " become "]);
    let list = starts(&[
        "list ",
        "which ",
        "what are",
        "in which ways",
        "in what ways",
        "all ",
        "every ",
        "for which",
        "name all",
        "enumerate ",
        "show me all ",
        "show me every ",
        "show all ",
        "show every ",
        "give me all ",
        "find all ",
        "find every ",
        "are there any ",
    ]) && !(words.first().is_some_and(|word| word == "which")
        && words.get(1).is_some_and(|word| ONE_PLACE.contains(&word.as_str())))
        || has(&["list all", "list every", "a list of"])
        || starts(&["what "]) && has(&[" are there", " exist"]);
    if order {
        Ask::Flow
    } else if list {
        Ask::List
    } else if words.first().is_some_and(|word| word == "how" || word == "when" || word == "why") {
        Ask::How
    } else {
        Ask::Where
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask, Query};
    use crate::words;

    #[test]
    fn kinds() {
        for (question, ask) in [
            ("where are signed cookies set", Ask::Where),
            ("how is a token checked", Ask::How),
            ("what happens when a request is too large", Ask::Flow),
            ("which converters exist", Ask::List),
            ("which code adds the header", Ask::Where),
            ("show me every route", Ask::List),
            ("what routes are there?", Ask::List),
        ] {
            assert_eq!(Query::new(question).ask, ask, "{question}");
        }
    }

    #[test]
    fn what_only_bids_to_answer_is_not_looked_for() {
        for (question, looked_for) in [
            ("please list all the timeouts", &["timeouts"][..]),
            ("show me every http request", &["http", "request"]),
            ("can you tell me where tokens are checked", &["tokens", "checked"]),
            ("how are list items rendered", &["list", "items", "rendered"]),
        ] {
            let query = Query::new(question);
            let words: Vec<&str> = query.concepts.iter().map(|concept| concept.word.as_str()).collect();
            assert_eq!(words, looked_for, "{question}");
        }
        assert!(Query::new("what about it?").names_nothing && Query::new("how does this work").names_nothing);
        assert!(!Query::new("how does login work").names_nothing);
    }

    #[test]
    fn words_stand_for_what_they_mean() {
        let query = Query::new("where are signed cookies set");
        let words: Vec<&str> = query.concepts.iter().map(|concept| concept.word.as_str()).collect();
        assert_eq!(words, ["signed", "cookies", "set"]);
        assert!(query.concepts[2].stems.iter().any(|(known, _)| *known == words::stem("save")));
    }
}

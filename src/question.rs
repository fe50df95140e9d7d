//! A question: one line about one or more subjects, its normal form, and the name that it gives a
//! file.

/// What was asked: one line of text, not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question(String);

/// Longest slug, in characters.
const LONGEST_SLUG: usize = 60;

impl Question {
    /// White space of every kind becomes single spaces; none if nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!line.is_empty()).then_some(Self(line))
    }

    /// The question as it was asked, on one line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two questions have in common that only differ in white space, courtesy, the capital of the
    /// first word, commas behind words, backticks around a word and the mark at the end. Nothing else is
    /// taken away: `is_ok` is not `IsOk`, `-v` not `v`, `valid?` within a question not `valid`.
    ///
    /// ```
    /// let normal = |text| kb::question::Question::new(text).unwrap().normal();
    /// assert_eq!(normal("Where are `cookies` set?"), normal("please, where are  cookies set"));
    /// assert_ne!(normal("what calls Session"), normal("what calls session"));
    /// ```
    pub fn normal(&self) -> String {
        let mut words: Vec<&str> = self.0.split(' ').collect();
        without_courtesy(&mut words);
        if let Some(last) = words.last_mut() {
            *last = without_mark(last);
        }
        let mut normal: Vec<String> = words.iter().map(|word| plain(word).to_owned()).collect();
        if let Some(first) = normal.first_mut() {
            let lower = first.to_lowercase();
            let is_sentence_case = first.chars().skip(1).all(char::is_lowercase);
            if is_sentence_case && OPENINGS.contains(&lower.as_str()) {
                *first = lower;
            }
        }
        normal.join(" ")
    }
}

/// Words that questions begin with.
const OPENINGS: [&str; 25] = [
    "are", "at", "can", "could", "did", "do", "does", "for", "from", "has", "have", "how", "in", "is", "on", "should",
    "was", "were", "what", "when", "where", "which", "who", "whose", "why",
];

/// Those of them before which no question's own word can stand.
const WH_WORDS: [&str; 8] = ["how", "what", "when", "where", "which", "who", "whose", "why"];

/// Phrases of courtesy before a question; the longer ones first.
const COURTESY: [&[&str]; 8] = [
    &["can", "you", "tell", "me"],
    &["could", "you", "tell", "me"],
    &["tell", "me"],
    &["please"],
    &["hi"],
    &["hello"],
    &["hey"],
    &["kb"],
];

/// Takes courtesy away before and behind a question: only where what stands beside it shows that it is none
/// of its words.
fn without_courtesy(words: &mut Vec<&str>) {
    let bare = |word: &str| word.trim_end_matches([',', '!', ':']).to_lowercase();
    loop {
        let is_here = |phrase: &&[&str]| {
            phrase.len() < words.len() && phrase.iter().zip(words.iter()).all(|(one, word)| bare(word) == **one)
        };
        let Some(phrase) = COURTESY.into_iter().find(is_here) else { break };
        let next = bare(words[phrase.len()]);
        let is_apart = words[phrase.len() - 1].ends_with([',', '!', ':']);
        let goes_on = WH_WORDS.contains(&next.as_str())
            || is_apart && OPENINGS.contains(&next.as_str())
            || COURTESY.iter().any(|phrase| phrase[0] == next);
        if !goes_on {
            break;
        }
        words.drain(..phrase.len());
    }
    while let [.., before, last] = words[..]
        && ["please", "thanks"].contains(&last.trim_end_matches(['.', '!', '?']).to_lowercase().as_str())
        && before.len() > 1
        && before.ends_with([',', '?', '.'])
    {
        words.pop();
    }
}

/// The last word of a question without the mark that ends it. What stands before it must be a word: `??` is
/// an operator.
fn without_mark(word: &str) -> &str {
    let is_word = |rest: &&str| rest.ends_with(|c: char| c.is_alphanumeric() || "`\"')]_".contains(c));
    word.strip_suffix(['?', '.', ',']).filter(is_word).unwrap_or(word)
}

/// A word without the comma behind it and the backticks around it.
fn plain(word: &str) -> &str {
    let is_word = |rest: &&str| rest.len() > 1 && rest.chars().all(|c| c.is_alphabetic() || c == '`');
    let word = word.strip_suffix(',').filter(is_word).unwrap_or(word);
    let inside = word.strip_prefix('`').and_then(|word| word.strip_suffix('`'));
    inside.filter(|inside| !inside.is_empty() && !inside.contains('`')).unwrap_or(word)
}

/// A name for a file, made of any text: lower-case ASCII letters, digits and single dashes.
///
/// ```
/// assert_eq!(kb::question::slug("Wo wird die Prüfung gesetzt?"), "wo-wird-die-prufung-gesetzt");
/// ```
pub fn slug(text: &str) -> String {
    let ascii = deunicode::deunicode_with_tofu(text, " ").to_lowercase();
    let mut slug = String::new();
    for word in ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let dash = usize::from(!slug.is_empty());
        if slug.len() + dash + word.len() > LONGEST_SLUG {
            if slug.is_empty() {
                slug.push_str(&word[..LONGEST_SLUG]);
            }
            break;
        }
        if dash == 1 {
            slug.push('-');
        }
        slug.push_str(word);
    }
    if slug.is_empty() { "note".to_owned() } else { slug }
}

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

    /// What two questions have in common that only differ in case, marks and courtesy.
    ///
    /// ```
    /// let normal = |text| kb::question::Question::new(text).unwrap().normal();
    /// assert_eq!(normal("Where are cookies set?"), normal("please, where are  cookies set"));
    /// ```
    pub fn normal(&self) -> String {
        let lower = self.0.to_lowercase();
        let words = lower.split(|c: char| !(c.is_alphanumeric() || "_./:-+#".contains(c)));
        let words: Vec<&str> =
            words.map(|word| word.trim_matches([':', '.', '-'])).filter(|word| !word.is_empty()).collect();
        let courtesy = ["please", "hi", "hello", "thanks"];
        let first = words.iter().take_while(|word| courtesy.contains(word)).count();
        let last = words.iter().rev().take_while(|word| courtesy.contains(word)).count();
        words.get(first..words.len().saturating_sub(last)).unwrap_or_default().join(" ")
    }
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

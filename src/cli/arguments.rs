//! Arguments that clap alone cannot tell apart: `-word` in `kb search cookies -flask --limit 5`, `-is:fresh` in
//! `kb list` and `-tag` in `kb tag k7f +a -b --json`. Known long flags are taken first; then `-word` is a word.

use super::Cli;
use clap::{ArgMatches, CommandFactory};
use std::ffi::OsString;
use std::str::FromStr;

/// Commands whose words may begin with a dash.
const WITH_DASHED_WORDS: [&str; 3] = ["search", "list", "tag"];

/// kb's command line, for completions and help.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses the arguments, the program's name first.
pub(super) fn parse(arguments: Vec<OsString>) -> Result<ArgMatches, clap::Error> {
    command().try_get_matches_from(words_last(arguments, &command()))
}

/// The value of a flag that is a whole number.
pub(super) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "it is not a whole number".to_owned())
}

/// Moves the words behind `--`, for commands whose words may begin with a dash.
fn words_last(arguments: Vec<OsString>, command: &clap::Command) -> Vec<OsString> {
    let Some(at) = subcommand_at(&arguments, command) else { return arguments };
    let Some(subcommand) =
        command.find_subcommand(&arguments[at]).filter(|found| WITH_DASHED_WORDS.contains(&found.get_name()))
    else {
        return arguments;
    };
    let (mut flags, mut words) = (arguments[..=at].to_vec(), Vec::new());
    let mut rest = arguments[at + 1..].iter();
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("--") => words.extend(rest.by_ref().cloned()),
            Some("-h") => flags.push(argument.clone()),
            Some(long) if long.starts_with("--") && long.len() > 2 => {
                flags.push(argument.clone());
                if takes_value(&long[2..], &[subcommand, command]) {
                    flags.extend(rest.next().cloned());
                }
            }
            _ => words.push(argument.clone()),
        }
    }
    if !words.is_empty() {
        flags.push("--".into());
        flags.append(&mut words);
    }
    flags
}

/// The place of the subcommand: the first argument that is no flag and no flag's value.
fn subcommand_at(arguments: &[OsString], command: &clap::Command) -> Option<usize> {
    let mut at = 1;
    loop {
        let argument = arguments.get(at)?.to_str()?;
        match argument.strip_prefix("--") {
            Some(long) => at += if takes_value(long, &[command]) { 2 } else { 1 },
            None if argument.starts_with('-') => at += 1,
            None => return Some(at),
        }
    }
}

fn takes_value(long: &str, commands: &[&clap::Command]) -> bool {
    let arguments = commands.iter().flat_map(|command| command.get_arguments());
    !long.contains('=')
        && arguments
            .filter(|argument| argument.get_long() == Some(long))
            .any(|argument| argument.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[track_caller]
    fn check(typed: &str, parsed: &str) {
        let arguments = typed.split(' ').map(OsString::from).collect();
        let got: Vec<String> =
            words_last(arguments, &command()).iter().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(got.join(" "), parsed);
    }

    #[test]
    fn dashed_words_are_words_behind_known_flags() {
        check("kb search cookies -flask --limit 5", "kb search --limit 5 -- cookies -flask");
        check("kb --kb d search -a --json b", "kb --kb d search --json -- -a b");
        check("kb tag k7f +a -b --json", "kb tag --json -- k7f +a -b");
        check("kb search a -- --limit", "kb search -- a --limit");
        check("kb search --limit=5 x", "kb search --limit=5 -- x");
        check("kb show -x", "kb show -x");
    }

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn an_argument_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        let odd = OsStr::from_bytes(b"\xff").to_owned();
        assert_eq!(words_last(vec!["kb".into(), odd.clone()], &command()), vec![OsString::from("kb"), odd]);
    }
}

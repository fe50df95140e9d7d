//! Bash and its relatives, as data. Every command is a call: whether of a function shows when one of that
//! name is found.

use super::{Export, Language};

pub(crate) static BASH: Language = Language::new(
    "bash",
    &["sh", "bash", "zsh", "ksh", "bats", "ebuild", "eclass"],
    || tree_sitter_bash::LANGUAGE.into(),
    &[QUERY],
    Export::Underscore,
);

const QUERY: &str = r#"
(function_definition name: (word) @name) @function
(program (variable_assignment name: (variable_name) @name) @constant)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @constant)
(command name: (command_name (word) @call))
(command name: (command_name (word) @_trap) . argument: (word) @call (#eq? @_trap "trap"))
(command name: (command_name (word) @_source) (#any-of? @_source "source" ".")) @import
"#;

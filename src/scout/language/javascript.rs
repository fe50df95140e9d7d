//! JavaScript, as data. TypeScript builds on its query.

use super::{Export, Language};

pub(crate) static JAVASCRIPT: Language = Language::new(
    "javascript",
    &["js", "mjs", "cjs", "jsx"],
    || tree_sitter_javascript::LANGUAGE.into(),
    &[QUERY, CLASSES],
    Export::Word(&["export"]),
);

/// What JavaScript's and TypeScript's grammars share.
pub(super) const QUERY: &str = r#"
(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(export_statement declaration: (function_declaration name: (identifier) @name)) @function
(method_definition name: (_) @name) @method
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)]) @function
(assignment_expression left: [(member_expression) (identifier)] @name right: [(arrow_function) (function_expression) (generator_function)]) @function
(pair key: [(property_identifier) (string)] @name value: [(arrow_function) (function_expression)]) @method
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @constant)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @constant)
(program (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @name))) @constant)
(program (expression_statement (assignment_expression left: (member_expression) @name right: [(object) (call_expression) (class)])) @constant)
(call_expression arguments: (arguments . (string) @name [(arrow_function) (function_expression)])) @callback
(call_expression arguments: (arguments (identifier) . (string) @name [(arrow_function) (function_expression)])) @callback
(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (property_identifier) @call))
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression property: (property_identifier) @call))
(import_statement) @import
(export_statement source: (_)) @import
(variable_declarator value: (call_expression function: (identifier) @_require) (#eq? @_require "require")) @import
(variable_declarator value: (member_expression object: (call_expression function: (identifier) @_require)) (#eq? @_require "require")) @import
"#;

const CLASSES: &str = r"
(class_declaration name: (identifier) @name) @class
(export_statement declaration: (class_declaration name: (identifier) @name)) @class
(formal_parameters [(identifier) @local (assignment_pattern left: (identifier) @local)])
(class_heritage [(identifier) @base (member_expression property: (property_identifier) @base)])
(field_definition property: (property_identifier) @name value: [(arrow_function) (function_expression)]) @method
";

//! Swift, as data.

use super::{Export, Language};

pub(crate) static SWIFT: Language = Language::new(
    "swift",
    &["swift"],
    || tree_sitter_swift::LANGUAGE.into(),
    &[QUERY],
    Export::Word(&["public", "open"]),
);

// Structures, enumerations and actors are classes to the grammar, extensions too.
const QUERY: &str = r#"
(class_declaration name: (type_identifier) @name) @class
(class_declaration name: (user_type (type_identifier) @name)) @scope
(protocol_declaration name: (type_identifier) @name) @interface
(typealias_declaration name: (type_identifier) @name) @type
(function_declaration name: (simple_identifier) @name) @function
(protocol_function_declaration name: (simple_identifier) @name) @declaration
(init_declaration "init" @name) @method
(deinit_declaration "deinit" @name) @method
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name) computed_value: (_)) @method
(source_file (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @constant)
(call_expression (simple_identifier) @call)
(call_expression (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call)))
(inheritance_specifier inherits_from: (user_type (type_identifier) @base))
(import_declaration) @import
"#;

//! TypeScript and TSX, as data.

use super::{Export, Language, javascript};

pub(crate) static TYPESCRIPT: Language = Language::new(
    "typescript",
    &["ts", "mts", "cts"],
    || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    &[javascript::QUERY, QUERY],
    Export::Word(&["export"]),
);

pub(crate) static TSX: Language = Language::new(
    "tsx",
    &["tsx"],
    || tree_sitter_typescript::LANGUAGE_TSX.into(),
    &[javascript::QUERY, QUERY],
    Export::Word(&["export"]),
);

const QUERY: &str = r"
(class_declaration name: (type_identifier) @name) @class
(abstract_class_declaration name: (type_identifier) @name) @class
(export_statement declaration: (class_declaration name: (type_identifier) @name)) @class
(export_statement declaration: (abstract_class_declaration name: (type_identifier) @name)) @class
(interface_declaration name: (type_identifier) @name) @interface
(export_statement declaration: (interface_declaration name: (type_identifier) @name)) @interface
(type_alias_declaration name: (type_identifier) @name) @type
(export_statement declaration: (type_alias_declaration name: (type_identifier) @name)) @type
(required_parameter pattern: (identifier) @local)
(optional_parameter pattern: (identifier) @local)
(extends_clause value: [(identifier) @base (member_expression property: (property_identifier) @base)])
(implements_clause [(type_identifier) @base (generic_type name: (type_identifier) @base)])
(extends_type_clause [(type_identifier) @base (generic_type name: (type_identifier) @base)])
(enum_declaration name: (identifier) @name) @class
(internal_module name: (identifier) @name) @module
(public_field_definition name: (property_identifier) @name value: [(arrow_function) (function_expression)]) @method
(abstract_method_signature name: (property_identifier) @name) @declaration
(function_signature name: (identifier) @name) @declaration
";

//! Rust, as data.

use super::{Export, Language};

pub(crate) static RUST: Language =
    Language::new("rust", &["rs"], || tree_sitter_rust::LANGUAGE.into(), &[QUERY], Export::Word(&["pub"]));

const QUERY: &str = r"
(function_item name: (identifier) @name) @function
(function_signature_item name: (identifier) @name) @declaration
(struct_item name: (type_identifier) @name) @class
(enum_item name: (type_identifier) @name) @class
(union_item name: (type_identifier) @name) @class
(trait_item name: (type_identifier) @name) @interface
(impl_item type: (_) @name) @scope
(mod_item name: (identifier) @name body: (_)) @module
(const_item name: (identifier) @name) @constant
(static_item name: (identifier) @name) @constant
(type_item name: (type_identifier) @name) @type
(macro_definition name: (identifier) @name) @macro
(parameter pattern: (identifier) @local)
(let_declaration pattern: (identifier) @local)
(closure_parameters (identifier) @local)
(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @call))
(call_expression function: (scoped_identifier name: (identifier) @call))
(call_expression function: (generic_function function: (identifier) @call))
(call_expression function: (generic_function function: (scoped_identifier name: (identifier) @call)))
(call_expression function: (generic_function function: (field_expression field: (field_identifier) @call)))
(macro_invocation macro: (identifier) @call)
(struct_expression name: (type_identifier) @call)
(impl_item trait: [(type_identifier) @base (scoped_type_identifier name: (type_identifier) @base) (generic_type type: [(type_identifier) @base (scoped_type_identifier name: (type_identifier) @base)])])
(trait_item bounds: (trait_bounds (type_identifier) @base))
(use_declaration) @import
";

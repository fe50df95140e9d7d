//! Go, as data.

use super::{Export, Language};

pub(crate) static GO: Language =
    Language::new("go", &["go"], || tree_sitter_go::LANGUAGE.into(), &[QUERY], Export::Capital);

const QUERY: &str = r"
(function_declaration name: (identifier) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [(pointer_type (type_identifier) @owner) (type_identifier) @owner (pointer_type (generic_type type: (type_identifier) @owner)) (generic_type type: (type_identifier) @owner)]))
  name: (field_identifier) @name) @method
(type_declaration (type_spec name: (type_identifier) @name type: (interface_type))) @interface
(type_declaration (type_spec name: (type_identifier) @name)) @class
(source_file (const_declaration (const_spec name: (identifier) @name)) @constant)
(source_file (var_declaration (var_spec name: (identifier) @name)) @constant)
(parameter_declaration name: (identifier) @local)
(short_var_declaration left: (expression_list (identifier) @local))
(call_expression function: (identifier) @call)
(call_expression function: (selector_expression field: (field_identifier) @call))
(composite_literal type: (type_identifier) @call)
(struct_type (field_declaration_list (field_declaration !name type: [(type_identifier) @base (qualified_type name: (type_identifier) @base)])))
(interface_type (type_elem (type_identifier) @base))
(import_spec) @import
";

//! PHP, as data.

use super::{Export, Language};

pub(crate) static PHP: Language = Language::new(
    "php",
    &["php", "phtml", "php5", "inc"],
    || tree_sitter_php::LANGUAGE_PHP.into(),
    &[QUERY],
    Export::Unless(&["private", "protected"]),
);

const QUERY: &str = r"
(function_definition name: (name) @name) @function
(method_declaration name: (name) @name) @method
(class_declaration name: (name) @name) @class
(enum_declaration name: (name) @name) @class
(trait_declaration name: (name) @name) @class
(interface_declaration name: (name) @name) @interface
(const_declaration (const_element . (name) @name)) @constant
(function_call_expression arguments: (arguments . (argument (string) @name) . (argument [(anonymous_function) (arrow_function)]))) @callback
(member_call_expression arguments: (arguments . (argument (string) @name) . (argument [(anonymous_function) (arrow_function)]))) @callback
(scoped_call_expression arguments: (arguments . (argument (string) @name) . (argument [(anonymous_function) (arrow_function)]))) @callback
(function_call_expression function: (name) @call)
(function_call_expression function: (qualified_name (name) @call))
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(object_creation_expression (name) @call)
(object_creation_expression (qualified_name (name) @call))
(base_clause [(name) @base (qualified_name (name) @base)])
(class_interface_clause [(name) @base (qualified_name (name) @base)])
(use_declaration [(name) @base (qualified_name (name) @base)])
(attribute (name) @call)
(namespace_use_declaration) @import
(require_expression) @import
(require_once_expression) @import
(include_expression) @import
(include_once_expression) @import
";

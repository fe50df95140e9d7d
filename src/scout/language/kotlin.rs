//! Kotlin, as data.

use super::{Export, Language};

pub(crate) static KOTLIN: Language = Language::new(
    "kotlin",
    &["kt", "kts"],
    || tree_sitter_kotlin_ng::LANGUAGE.into(),
    &[QUERY],
    Export::Unless(&["private", "internal", "protected"]),
);

const QUERY: &str = r#"
(class_declaration "class" name: (identifier) @name) @class
(class_declaration "interface" name: (identifier) @name) @interface
(object_declaration name: (identifier) @name) @class
(type_alias type: (identifier) @name) @type
(function_declaration name: (identifier) @name) @function
(function_declaration (user_type (identifier) @owner) . name: (identifier) @name) @function
(secondary_constructor "constructor" @name) @method
(property_declaration (variable_declaration (identifier) @name) (getter)) @method
(source_file (property_declaration (variable_declaration (identifier) @name)) @constant)
(call_expression . (identifier) @call)
(call_expression . (navigation_expression (identifier) @call .))
(constructor_invocation (user_type (identifier) @call))
(annotation (user_type (identifier) @call))
(delegation_specifier [(user_type (identifier) @base) (constructor_invocation (user_type (identifier) @base))])
(import) @import
"#;

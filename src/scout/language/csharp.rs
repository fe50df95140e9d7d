//! C#, as data.

use super::{Export, Language};

pub(crate) static CSHARP: Language = Language::new(
    "csharp",
    &["cs", "csx"],
    || tree_sitter_c_sharp::LANGUAGE.into(),
    &[QUERY],
    Export::Word(&["public"]),
);

const QUERY: &str = r#"
(class_declaration name: (identifier) @name) @class
(struct_declaration name: (identifier) @name) @class
(record_declaration name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @interface
(delegate_declaration name: (identifier) @name) @type
(method_declaration name: (identifier) @name) @method
(constructor_declaration name: (identifier) @name) @method
(local_function_statement name: (identifier) @name) @function
(property_declaration name: (identifier) @name value: (_)) @method
(property_declaration name: (identifier) @name accessors: (accessor_list (accessor_declaration body: (_)))) @method
(field_declaration (modifier) @_kind (variable_declaration (variable_declarator name: (identifier) @name)) (#any-of? @_kind "const" "static")) @constant
(invocation_expression arguments: (argument_list . (argument (string_literal) @name) . (argument [(lambda_expression) (anonymous_method_expression)]))) @callback
(invocation_expression function: (identifier) @call)
(invocation_expression function: (generic_name (identifier) @call))
(invocation_expression function: (member_access_expression name: (identifier) @call))
(invocation_expression function: (member_access_expression name: (generic_name (identifier) @call)))
(invocation_expression function: (conditional_access_expression (member_binding_expression name: (identifier) @call)))
(object_creation_expression type: (identifier) @call)
(object_creation_expression type: (generic_name (identifier) @call))
(base_list [(identifier) @base (generic_name (identifier) @base) (qualified_name name: (identifier) @base) (primary_constructor_base_type type: (identifier) @base)])
(attribute name: (identifier) @call)
(using_directive) @import
"#;

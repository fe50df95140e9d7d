//! C++, as data.

use super::{Export, Language};

pub(crate) static CPP: Language = Language::new(
    "cpp",
    &["cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "tpp", "inl", "cu", "cuh", "mm"],
    || tree_sitter_cpp::LANGUAGE.into(),
    &[QUERY],
    Export::Unless(&["static"]),
);

// A declarator lies within pointers and references as often as its type says; functions of a class that
// are defined outside of it name the class.
const QUERY: &str = r"
(function_definition declarator: (function_declarator declarator: [(identifier) (field_identifier) (operator_name) (destructor_name)] @name)) @function
(function_definition declarator: (_ (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name))) @function
(function_definition declarator: (_ (_ (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name)))) @function
(function_definition declarator: (function_declarator declarator: (qualified_identifier scope: [(namespace_identifier) @owner (template_type name: (type_identifier) @owner)] name: [(identifier) (operator_name) (destructor_name)] @name))) @function
(function_definition declarator: (_ (function_declarator declarator: (qualified_identifier scope: [(namespace_identifier) @owner (template_type name: (type_identifier) @owner)] name: [(identifier) (operator_name)] @name)))) @function
(function_definition declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: [(namespace_identifier) @owner (template_type name: (type_identifier) @owner)] name: [(identifier) (operator_name) (destructor_name)] @name)))) @function
(function_definition declarator: (_ (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: [(namespace_identifier) @owner (template_type name: (type_identifier) @owner)] name: [(identifier) (operator_name)] @name))))) @function
(function_definition declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: [(namespace_identifier) @owner (template_type name: (type_identifier) @owner)] name: (identifier) @name))))) @function
(template_declaration (function_definition declarator: (function_declarator declarator: [(identifier) (field_identifier)] @name))) @function
(template_declaration (class_specifier name: (type_identifier) @name body: (_))) @class
(template_declaration (struct_specifier name: (type_identifier) @name body: (_))) @class
(declaration declarator: (function_declarator declarator: (identifier) @name)) @declaration
(declaration declarator: (_ (function_declarator declarator: (identifier) @name))) @declaration
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @declaration
(field_declaration declarator: (_ (function_declarator declarator: (field_identifier) @name))) @declaration
(namespace_definition name: (_) @name body: (_)) @module
(class_specifier name: [(type_identifier) (template_type)] @name body: (_)) @class
(struct_specifier name: [(type_identifier) (template_type)] @name body: (_)) @class
(class_specifier name: (qualified_identifier scope: (namespace_identifier) @owner name: (type_identifier) @name) body: (_)) @class
(struct_specifier name: (qualified_identifier scope: (namespace_identifier) @owner name: (type_identifier) @name) body: (_)) @class
(union_specifier name: (type_identifier) @name body: (_)) @class
(enum_specifier name: (type_identifier) @name body: (_)) @class
(alias_declaration name: (type_identifier) @name) @type
(type_definition declarator: (type_identifier) @name) @type
(concept_definition name: (identifier) @name) @type
(translation_unit (declaration declarator: (init_declarator declarator: (identifier) @name)) @constant)
(translation_unit (declaration declarator: (init_declarator declarator: (_ declarator: (identifier) @name))) @constant)
(namespace_definition body: (declaration_list (declaration declarator: (init_declarator declarator: (identifier) @name)) @constant))
(namespace_definition body: (declaration_list (declaration declarator: (init_declarator declarator: (_ declarator: (identifier) @name))) @constant))
(preproc_def name: (identifier) @name) @constant
(preproc_function_def name: (identifier) @name) @macro
(parameter_declaration declarator: [(identifier) @local (pointer_declarator declarator: (identifier) @local) (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @local)))])
(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @call))
(call_expression function: (qualified_identifier name: (identifier) @call))
(call_expression function: (qualified_identifier name: (qualified_identifier name: (identifier) @call)))
(call_expression function: (template_function name: (identifier) @call))
(call_expression function: (qualified_identifier name: (template_function name: (identifier) @call)))
(call_expression function: (field_expression field: (template_method name: (field_identifier) @call)))
(new_expression type: (type_identifier) @call)
(base_class_clause [(type_identifier) @base (qualified_identifier name: (type_identifier) @base) (template_type name: (type_identifier) @base) (qualified_identifier name: (template_type name: (type_identifier) @base))])
(preproc_include) @import
";

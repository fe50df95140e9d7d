//! Java, as data.

use super::{Export, Language};

pub(crate) static JAVA: Language =
    Language::new("java", &["java"], || tree_sitter_java::LANGUAGE.into(), &[QUERY], Export::Word(&["public"]));

const QUERY: &str = r"
(class_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @interface
(annotation_type_declaration name: (identifier) @name) @interface
(enum_declaration name: (identifier) @name) @class
(record_declaration name: (identifier) @name) @class
(method_declaration name: (identifier) @name) @method
(constructor_declaration name: (identifier) @name) @method
(method_invocation name: (identifier) @call)
(object_creation_expression type: (type_identifier) @call)
(method_reference (identifier) @call .)
(superclass [(type_identifier) @base (generic_type (type_identifier) @base)])
(super_interfaces (type_list [(type_identifier) @base (generic_type (type_identifier) @base)]))
(extends_interfaces (type_list [(type_identifier) @base (generic_type (type_identifier) @base)]))
(import_declaration) @import
";

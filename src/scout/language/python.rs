//! Python, as data.

use super::{Export, Language};

pub(crate) static PYTHON: Language = Language::new(
    "python",
    &["py", "pyi", "pyw"],
    || tree_sitter_python::LANGUAGE.into(),
    &[QUERY],
    Export::Underscore,
);

const QUERY: &str = r"
(function_definition name: (identifier) @name) @function
(decorated_definition definition: (function_definition name: (identifier) @name)) @function
(class_definition name: (identifier) @name) @class
(decorated_definition definition: (class_definition name: (identifier) @name)) @class
(module (expression_statement (assignment left: (identifier) @name)) @constant)
(assignment left: (identifier) @local)
(for_statement left: (identifier) @local)
(parameters [(identifier) @local (typed_parameter (identifier) @local) (default_parameter name: (identifier) @local) (typed_default_parameter name: (identifier) @local)])
(call function: (identifier) @call)
(call function: (attribute attribute: (identifier) @call))
(decorator (identifier) @call)
(decorator (attribute attribute: (identifier) @call))
(class_definition superclasses: (argument_list [(identifier) @base (attribute attribute: (identifier) @base)]))
(import_from_statement) @import
(import_statement) @import
";

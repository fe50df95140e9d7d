//! Ruby, as data.

use super::{Export, Language};

pub(crate) static RUBY: Language = Language::new(
    "ruby",
    &["rb", "rake", "ru", "gemspec"],
    || tree_sitter_ruby::LANGUAGE.into(),
    &[QUERY],
    Export::Underscore,
);

// A bare name may be a call without arguments: whether it is one shows when a method of that name is found.
const QUERY: &str = r#"
(method name: (_) @name) @method
(singleton_method name: (_) @name) @method
(class name: [(constant) (scope_resolution)] @name) @class
(module name: [(constant) (scope_resolution)] @name) @module
(superclass [(constant) @base (scope_resolution name: (constant) @base)])
(call method: (identifier) @_include arguments: (argument_list [(constant) @base (scope_resolution name: (constant) @base)]) (#any-of? @_include "include" "extend" "prepend"))
(call method: (identifier) @_require (#any-of? @_require "require" "require_relative" "autoload" "load")) @import
(assignment left: (constant) @name) @constant
(method_parameters [(identifier) @local (optional_parameter name: (identifier) @local) (keyword_parameter name: (identifier) @local) (splat_parameter name: (identifier) @local) (block_parameter name: (identifier) @local)])
(block_parameters (identifier) @local)
(assignment left: (identifier) @local)
(assignment left: (left_assignment_list (identifier) @local))
(call method: (identifier) @call)
(call receiver: (constant) @call)
(body_statement (identifier) @call)
(argument_list (identifier) @call)
(assignment right: (identifier) @call)
(if condition: (identifier) @call)
(binary (identifier) @call)
(call receiver: (identifier) @call)
"#;

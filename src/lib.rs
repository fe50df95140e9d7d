//! `kb` keeps what coding agents found out about a code base: a question is answered once, the
//! answer is kept as a markdown note, found again, checked against the code and pasted as context.
//!
//! The modules below stand in the order in which a question travels, and a module uses only the
//! modules above it; `tests/kb/tidy.rs` holds them to that.

pub mod machine;
pub mod save;
pub mod invisible;
pub mod suggestion;
pub mod subject;
pub mod question;
pub mod words;
pub mod sandbox;
pub mod scout;
pub mod agent;
pub mod citation;
pub mod note;
pub mod knowledge_base;
pub mod index;
pub mod search;
pub mod context;
pub mod job;
pub mod view;
pub mod cli;

//! What users rely on, tried on the built program. One binary: each further one would link tantivy
//! and all grammars again.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]
#![allow(clippy::disallowed_methods, reason = "tests make the files and processes that kb is tried on")]

mod harness;

mod add;
#[cfg(target_os = "linux")]
mod attempts;
mod agents;
mod ask;
mod check;
mod compare;
mod context;
mod edit;
mod find_base;
mod help;
mod hostile;
mod index;
mod invisible;
mod jobs;
mod killed;
mod login;
#[cfg(target_os = "linux")]
mod meanwhile;
mod mend;
mod mishaps;
mod output;
mod proxy;
mod reach;
#[cfg(target_os = "linux")]
mod real;
mod readme;
mod related;
mod reuse;
mod recognised;
mod notes_folder;
#[cfg(target_os = "linux")]
mod refresh;
mod revisions;
mod scout;
mod search;
mod show;
mod stand_in;
#[cfg(target_os = "linux")]
mod stopped;
mod streams;
#[cfg(target_os = "linux")]
mod surroundings;
#[cfg(target_os = "linux")]
mod terminal;
mod tidy;
mod two_at_once;
mod watched;
#[cfg(target_os = "linux")]
mod wall;

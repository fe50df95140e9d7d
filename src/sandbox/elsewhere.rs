//! Systems without a wall: the helper says so.

use std::ffi::{OsStr, OsString};

/// Why the helper does nothing.
#[derive(Debug, thiserror::Error)]
#[error("kb builds walls on Linux only")]
pub struct HelperError;

/// Refuses.
pub fn wall_main(_arguments: &[OsString], _spec: Option<&OsStr>) -> Result<u8, HelperError> {
    Err(HelperError)
}

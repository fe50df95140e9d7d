//! `kb __wall`, hidden: the helper that becomes an agent behind the wall.

use crate::sandbox::{self, NOT_STANDING, VARIABLE};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Looks at nothing but its own variable: what else is in the environment is not its business.
pub(super) fn run(arguments: &[OsString]) -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "handed over by kb itself, no setting")]
    let spec = std::env::var_os(VARIABLE);
    match sandbox::wall_main(arguments, spec.as_deref()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "kb: {error}");
            ExitCode::from(NOT_STANDING)
        }
    }
}

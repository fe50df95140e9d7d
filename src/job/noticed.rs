//! What the proxy noticed of an agent that then failed.

use crate::sandbox::proxy::{Report, Unreached};
use std::fmt;

/// What may be why an agent failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// It does not trust who answers.
    Certificate {
        /// `host:port`
        host: String,
    },
    /// A host that it needs cannot be reached.
    Unreached(Unreached),
    /// It wanted to reach hosts that it may not; at least one.
    Refused {
        /// `host:port`, sorted.
        hosts: Vec<String>,
    },
}

/// So many hosts are named.
const NAMED: usize = 3;

impl Noticed {
    /// What is worth telling of a proxy's report.
    pub(super) fn of(report: Report) -> Option<Self> {
        match (report.certificate_suspected, report.unreached) {
            (Some(host), _) => Some(Noticed::Certificate { host }),
            (None, Some(unreached)) => Some(Noticed::Unreached(unreached)),
            (None, None) => (!report.refused.is_empty()).then_some(Noticed::Refused { hosts: report.refused }),
        }
    }
}

impl fmt::Display for Noticed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Noticed::Certificate { host } => {
                write!(f, "it hung up on `{host}` again and again, as if it did not know its certificate")
            }
            Noticed::Unreached(Unreached { host, through, why }) => {
                write!(f, "`{host}` could not be reached")?;
                through.iter().try_for_each(|proxy| write!(f, " through the proxy `{proxy}`"))?;
                write!(f, ": {why}")
            }
            Noticed::Refused { hosts } => {
                let named: Vec<String> = hosts.iter().take(NAMED).map(|host| format!("`{host}`")).collect();
                write!(f, "it was not let through to {}", named.join(", "))?;
                match hosts.len().saturating_sub(NAMED) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

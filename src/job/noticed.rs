//! What was noticed of an agent that then failed: by the proxy, or before it was asked.

use crate::agent::{AgentError, Trouble};
use crate::sandbox::proxy::{Report, Unreached};
use std::fmt;

/// What may be why an agent failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// It does not look logged in.
    NoLogin,
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
    /// The end of a sentence that says what went wrong.
    pub(super) fn tail(noticed: &[Self]) -> String {
        noticed.iter().map(|noticed| format!("; {noticed}")).collect::<Vec<_>>().concat()
    }

    /// What may be why this went wrong, the likeliest first: what the proxy reports, and whether the agent looked
    /// logged in.
    pub(super) fn of(error: &AgentError, report: Report, lacks_login: bool) -> Vec<Self> {
        let is_silent = matches!(
            error,
            AgentError::TimeOut { .. }
                | AgentError::NoAnswer { killed: false, .. }
                | AgentError::Failed { kind: Trouble::Other | Trouble::Overload, .. }
        );
        let mut noticed = Vec::new();
        if lacks_login && is_silent {
            noticed.push(Noticed::NoLogin);
        }
        match (report.certificate_suspected, report.unreached) {
            (Some(host), _) => noticed.push(Noticed::Certificate { host }),
            (None, Some(unreached)) if is_silent || is_cut(error) => noticed.push(Noticed::Unreached(unreached)),
            _ => {}
        }
        if noticed.is_empty() && !report.refused.is_empty() {
            noticed.push(Noticed::Refused { hosts: report.refused });
        }
        noticed
    }
}

fn is_cut(error: &AgentError) -> bool {
    matches!(error, AgentError::Incomplete { .. })
}

impl fmt::Display for Noticed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Noticed::NoLogin => write!(f, "it does not look logged in"),
            Noticed::Unreached(Unreached { host, through, why }) => {
                write!(f, "`{host}` could not be reached")?;
                through.iter().try_for_each(|proxy| write!(f, " through the proxy `{proxy}`"))?;
                write!(f, ": {why}")
            }
            Noticed::Certificate { host } => {
                write!(f, "it hung up on `{host}` again and again, as if it did not know its certificate")
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

//! Somebody wants a job to stop: the agent is asked to end, and what it said until then is kept.

use std::future::Future;
use tokio::sync::watch;

/// Whoever may stop jobs.
#[derive(Debug)]
pub(super) struct Stopper(watch::Sender<bool>);

/// A job that may be stopped.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Default for Stopper {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopper {
    /// Whoever listens stops.
    pub(super) fn stop(&self) {
        self.0.send_replace(true);
    }

    /// To listen to it.
    pub(super) fn listen(&self) -> Stop {
        Stop(self.0.subscribe())
    }
}

impl Stop {
    /// Whether somebody wants it.
    pub(super) fn is_wanted(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when somebody wants it.
    pub(super) fn wanted(&self) -> impl Future<Output = ()> + 'static {
        let mut stop = self.0.clone();
        async move {
            if stop.wait_for(|wanted| *wanted).await.is_err() {
                // Nobody is left who could.
                std::future::pending::<()>().await;
            }
        }
    }
}

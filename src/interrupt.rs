//! «Stop, please»: set once by a signal, seen by every loop.

use tokio::sync::watch;

/// Asked to stop? Cheap to look at, and can be waited for.
#[derive(Debug)]
pub struct Interrupt(watch::Sender<bool>);

impl Default for Interrupt {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Interrupt {
    /// Asks to stop.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// True once asked.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends as soon as asked.
    pub async fn wait(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|is_set| *is_set).await;
    }
}

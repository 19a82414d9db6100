//! How a container's last process came to its end.

/// What the engine remembers of it; its document does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// The engine does not know any more, or was not asked.
    #[default]
    Unknown,
    /// Nobody had asked it to.
    ByItself,
    /// Somebody had: by `docker stop`, or by a signal that ends programs.
    ByHand,
}

//! Why the data path cannot do what was asked, in words that say what to do.

use std::io;

/// A failure of the data path.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that can be got is not there; the sentence says how to get it.
    #[error("{0}")]
    Missing(String),
    /// The configuration asks for something that cannot be.
    #[error("{0}")]
    Config(String),
    /// A port that does not exist or will not be used.
    #[error("port {name}: {}", in_words(.source))]
    Port {
        /// As configured.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The kernel, the BPF file system or the loader said no.
    #[error("cannot {what}: {source}")]
    Kernel {
        /// What was tried, as a verb phrase.
        what: &'static str,
        /// What was said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Says what was tried when it fails.
pub(crate) trait Trying<T> {
    fn trying(self, what: &'static str) -> Result<T, Error>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> Trying<T> for Result<T, E> {
    fn trying(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Kernel { what, source: Box::new(source) })
    }
}

/// What the system said, without the number that Rust puts behind it.
pub(crate) fn in_words(error: &io::Error) -> String {
    let said = error.to_string();
    said.split_once(" (os error ").map_or(said.as_str(), |(words, _)| words).to_owned()
}

/// The embedded object lacks something that this crate was written for: they were built from different trees.
pub(crate) fn mismatch(name: &str) -> Error {
    Error::Missing(format!("the kernel part has no `{name}`: build again"))
}

//! Applications: what protocol facts, names, patterns and earlier lessons say about which program or service a flow is.
//!
//! Applications are data, one file each in `signatures/apps`. A catalog is compiled from them once and then only read.

mod behaving;
mod categories;
mod clues;
mod compile;
mod doubt;
mod evidence;
mod file;
mod judge;
mod judgement;
mod matching;
mod merge;
mod names;
mod problem;
mod reading;
mod rules;
mod tally;
mod wants;
mod words;

pub use categories::CategoryInfo;
pub use evidence::{Evidence, Source};
pub use judgement::{Judgement, Known, MOST_EVIDENCE};
pub use problem::Problem;
pub use words::{Activity, Role};

pub(crate) use problem::unknown_word;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::inspect::{Category, ProtocolId};
use clues::{Clue, FieldUse, Service};
use names::Suffixes;
use rules::Rules;

/// A table that is written once, from files: its hashes need no secret.
type Table<K, V> = HashMap<K, V, FixedState>;

/// An application's number in one catalog; 0 is "unknown".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(pub u16);

impl AppId {
    /// Nobody knows.
    pub const UNKNOWN: Self = Self(0);
}

/// Which ends of a flow speak one application only, so that later flows of the same end are it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Learn {
    /// Neither.
    #[default]
    Nothing,
    /// The local socket: a peer program answers everybody on one port.
    Local,
    /// The far endpoint: a peer, a relay of its own.
    Remote,
    /// Both.
    Both,
}

impl Learn {
    /// Its words in signatures.
    const WORDS: [&'static str; 4] = ["nothing", "local", "remote", "both"];

    fn from_name(word: &str) -> Option<Self> {
        let at = Self::WORDS.iter().position(|known| *known == word)?;
        [Self::Nothing, Self::Local, Self::Remote, Self::Both].get(at).copied()
    }

    /// Whether the local socket is worth remembering.
    #[must_use]
    pub const fn local(self) -> bool {
        matches!(self, Self::Local | Self::Both)
    }

    /// Whether the far endpoint is worth remembering.
    #[must_use]
    pub const fn remote(self) -> bool {
        matches!(self, Self::Remote | Self::Both)
    }
}

/// What is fixed about an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its word in policies and columns: `signal`.
    pub name: String,
    /// As people write it: `Signal`.
    pub title: String,
    /// What its flows are, where a service or a sign says nothing else.
    pub category: Category,
    /// What its live media are: a messenger's calls are calls.
    pub media: Option<Category>,
    /// What its flows are used for, where nothing else says more.
    pub activity: Option<Activity>,
    /// One sentence: what it is.
    pub what: String,
    /// One sentence: why one might control it; empty where nobody needs to.
    pub why: String,
    /// Other words for it in policies.
    pub aliases: Vec<String>,
    /// Applications that it cannot work without: allowing it allows them.
    pub needs: Vec<AppId>,
    /// Whether it gives way to any other application that the flow shows.
    pub generic: bool,
    /// Which ends are remembered.
    pub learn: Learn,
    /// Names of the services that the signature tells apart.
    pub services: Vec<String>,
    /// Whether there is a signature, or only a protocol of this name.
    pub signed: bool,
}

/// All applications, compiled from signatures.
pub struct Catalog {
    apps: Vec<App>,
    by_name: Table<String, AppId>,
    categories: Vec<CategoryInfo>,
    services: Vec<Service>,
    /// Services of each application: from the first to before the second.
    services_of: Vec<(u32, u32)>,
    clues: Vec<Clue>,
    /// The clue that says whose a protocol is, by the protocol's number.
    claims: Vec<Option<u32>>,
    /// The application that a protocol is where no other is found, by the protocol's number.
    plain: Vec<AppId>,
    /// How the value of a field is read, by the field's number.
    uses: Vec<FieldUse>,
    /// Whether a fact of a field can change what a flow is taken for, by the field's number.
    heeded: Vec<bool>,
    domains: Suffixes,
    stun: Suffixes,
    alpn: Table<Box<[u8]>, u32>,
    ja4: Table<Box<[u8]>, u32>,
    rules: Rules,
}

impl Catalog {
    /// The shipped signatures.
    #[must_use]
    pub fn embedded() -> Self {
        compile::catalog(compile::SHIPPED, &[]).0
    }

    /// The shipped signatures, extended and overridden by these files, given as path and text.
    ///
    /// # Errors
    /// Every mistake in every file, in order of file and line.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        Self::from(compile::SHIPPED, files)
    }

    fn from(shipped: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        match compile::catalog(shipped, files) {
            (catalog, problems) if problems.is_empty() => Ok(catalog),
            (_, problems) => Err(problems),
        }
    }

    /// Every application, by number; the first is "unknown".
    #[must_use]
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// What is fixed about the application with this number; "unknown" where there is none.
    #[must_use]
    pub fn app(&self, id: AppId) -> &App {
        static NOBODY: std::sync::OnceLock<App> = std::sync::OnceLock::new();
        self.apps.get(usize::from(id.0)).unwrap_or_else(|| NOBODY.get_or_init(compile::nobody))
    }

    /// The same application in another catalog; "unknown" where it is not there.
    #[must_use]
    pub fn renumber(&self, id: AppId, other: &Self) -> AppId {
        other.by_name(&self.app(id).name).unwrap_or_default()
    }

    /// The application with this name or alias.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<AppId> {
        self.by_name.get(name).copied()
    }

    /// Every name and alias.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// What a protocol is where no other application is found.
    #[must_use]
    pub fn plain(&self, protocol: ProtocolId) -> AppId {
        self.plain.get(usize::from(protocol.0)).copied().unwrap_or_default()
    }

    /// Whether a fact of the field with this number can change what a flow is taken for.
    #[must_use]
    pub fn heeds(&self, field: u16) -> bool {
        self.heeded.get(usize::from(field)).copied().unwrap_or_default()
    }

    /// Every category, in the order of their numbers.
    #[must_use]
    pub fn categories(&self) -> &[CategoryInfo] {
        &self.categories
    }
}

#[cfg(test)]
mod tests;

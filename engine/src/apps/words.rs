//! The words for what an application is doing, and for the part that a host plays in it.

/// Declares an enum whose numbers index its words.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            /// Nobody knows.
            #[default]
            Unknown,
            $($(#[$what])* $variant,)+
        }

        impl $name {
            /// Every one, in the order of their numbers.
            pub const ALL: &'static [Self] = &[Self::Unknown, $(Self::$variant,)+];

            /// Its word in policies, signatures and on screen.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::Unknown => "unknown",
                    $(Self::$variant => $word,)+
                }
            }

            /// From its word.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == name)
            }
        }
    };
}

words! {
    /// What a flow is used for.
    Activity {
        /// Getting on line: finding and asking the servers that let one in.
        LogOn = "log-on",
        /// Staying on line: keep-alives, presence, upkeep of a peer network.
        Idle = "idle",
        /// Written messages.
        Chat = "chat",
        /// Voice, live.
        Call = "call",
        /// Pictures, live.
        Video = "video",
        /// A screen, shown live.
        Screen = "screen",
        /// Files, either way.
        FileTransfer = "file-transfer",
        /// Sound and pictures, one way.
        Streaming = "streaming",
        /// Setting up calls and meetings.
        Signalling = "signalling",
        /// Looking for peers, names or content.
        Lookup = "lookup",
        /// Reading pages.
        Browsing = "browsing",
        /// Fetching new versions.
        Update = "update",
        /// Somebody else's traffic, passed on.
        Relay = "relay",
    }
}

words! {
    /// The part that the local host plays.
    Role {
        /// Uses a service.
        Client = "client",
        /// One among equals.
        Peer = "peer",
        /// A peer that serves others as their way in.
        Supernode = "supernode",
        /// Passes on what others say to each other.
        Relay = "relay",
        /// Offers a service.
        Server = "server",
    }
}

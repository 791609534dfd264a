//! `peergate._engine`: converts, releases the GIL, no logic.
#![forbid(unsafe_code)]

"""Recognises evasive voice, peer-to-peer and messaging applications, says why, and enforces policy."""

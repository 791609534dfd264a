"""Ordinary traffic of a campus, and what looks most like a voice without being one: a function for each kind."""

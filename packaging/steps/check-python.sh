# Format, lints, types and import arrows of the Python package. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Python format, lints, types and import arrows'

work() {
    ruff format --check python tests
    ruff check python tests
    mypy
    # The stub is written by hand: this holds it to what the binding really exports.
    MYPYPATH=python stubtest peergate._engine
    lint-imports
}

# The engine, the data path and their Python binding, optimised, into the virtual environment. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Engine'
# Of the steps before: another environment, and a compiler for the kernel part that was not there before.
inputs='engine datapath binding signatures Cargo.toml Cargo.lock pyproject.toml .build/python'
[ ! -e .build/debian-kernel ] || inputs="$inputs .build/debian-kernel"

space() {
    still 450 "$target/release"
    still 450 "${CARGO_HOME:-$HOME/.cargo}/registry"
}

work() {
    VIRTUAL_ENV=$root/.venv maturin develop --release --locked
}

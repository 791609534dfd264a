# The engine, the data path and their Python binding, optimised, into the virtual environment. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Engine'
inputs='engine datapath binding signatures Cargo.toml Cargo.lock pyproject.toml .build/python'

work() {
    VIRTUAL_ENV=$root/.venv maturin develop --release --locked
}

# Pins every Python dependency, direct or not, in requirements/all.txt. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Pinned Python dependencies'

work() {
    uv pip compile --quiet ${UPGRADE:+--upgrade} --extra dev --extra lab --python-version 3.11 --no-emit-index-url \
        --custom-compile-command 'make lock' --output-file requirements/all.txt pyproject.toml
}

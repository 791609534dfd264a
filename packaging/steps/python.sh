# The virtual environment with pinned dependencies. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Python environment'
inputs='requirements/all.txt'

space() { still 900 "$root/.venv"; }

work() {
    # Debian's own interpreter first: its venv module is the one that the first step installed.
    for python in /usr/bin/python3 python3; do
        "$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
        python=
    done
    [ -n "$python" ] || fail 'Python 3.11 or newer with venv is needed'
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install --requirement requirements/all.txt
}

# The gateway in the line of the lab, with real clients, judged by what happened to them. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Lab: real clients through the gateway'

work() { as_root .venv/bin/peergate lab run ${KEEP:+--keep}; }

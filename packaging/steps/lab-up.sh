# The lab's network and clients, left up. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Lab: network and clients'

work() { as_root .venv/bin/peergate lab up; }

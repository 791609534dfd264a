# Debian packages that compile the bridge's kernel part. Everything else builds and works without. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title="Debian packages for the bridge's kernel part"
inputs=packaging/debian-packages/kernel.txt

space() { space_for_packages 600 "$inputs"; }

work() {
    (debian_packages "$inputs") && return
    unfinished=yes
    say "  going on without$(missing_packages "$inputs"): the gateway will have no kernel part and be a tap at most, which
  cannot stop UDP. Captures, policies and all else work. To get it: install these packages, then this target again."
}

# Debian packages for the lab: real clients, and tools to lay networks. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Debian packages for the lab'
inputs=packaging/debian-packages/lab.txt

policy=/usr/sbin/policy-rc.d

# Some of these packages are daemons, which Debian starts once installed. The lab starts its own, inside its namespaces;
# on this machine's own network none may appear, neither now nor after a restart.
work() {
    ours=
    for daemon in nginx opentracker; do
        command -v "$daemon" >/dev/null || ours="$ours $daemon"
    done
    if [ -n "$ours" ] && [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    debian_packages "$inputs"
    # shellcheck disable=SC2086  # a list of words
    if [ -n "$ours" ] && [ -d /run/systemd/system ]; then as_root systemctl --quiet disable $ours; fi
}

# What the steps share: where tools are, and how to speak. Sourced by `run`.
# shellcheck shell=sh

# rustup's place first: it is newer than Debian's where both are there.
PATH=$root/.venv/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
export PATH
export CARGO_TERM_PROGRESS_WHEN=${CARGO_TERM_PROGRESS_WHEN:-auto}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1

say() { printf '%s\n' "$*"; }
fail() { printf 'peergate: %s\n' "$*" >&2; exit 1; }

# Runs a command, keeps what it prints in a file as well, and returns its status (which a pipe alone would lose).
logged() { # log, command...
    log=$1
    shift
    { "$@" 2>&1 && echo 0 >"$log.status" || echo $? >"$log.status"; } | tee "$log"
    return "$(cat "$log.status")"
}

# Runs a command as root, or says why it cannot.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "root is needed for: $*
  Run that command as root, then this target again."
    fi
}

# Where cargo builds.
target=${CARGO_TARGET_DIR:-$root/target}

# What a step still has to write, for its `space`: so many megabytes in all, less what its folder holds already.
still() { # megabytes, folder
    held=$(du -sm "$2" 2>/dev/null | cut -f 1)
    [ "${held:-0}" -ge "$1" ] || say "$(($1 - ${held:-0})) $2"
}

# Of a list of Debian packages (one a line, # begins a comment), those that are not there yet.
missing_packages() { # list
    for package in $(sed 's/#.*//' "$1"); do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf ' %s' "$package"
    done
}

# The same for `space`: so many megabytes, unless none is missing.
space_for_packages() { # megabytes, list
    [ -z "$(missing_packages "$2")" ] || say "$1 /usr"
}

# Installs the Debian packages of a list that are not there yet.
debian_packages() { # list
    missing=$(missing_packages "$1")
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || fail "this is not Debian: install what these packages hold:$missing"
    say "  installing$missing"
    as_root apt-get -qq update
    # shellcheck disable=SC2086  # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >.build/apt.log 2>&1 ||
        { tail -n 20 .build/apt.log >&2; fail "apt-get could not install:$missing"; }
}

policy=/usr/sbin/policy-rc.d

# Installs the packages of a list of which some are daemons, which Debian starts once installed. The lab starts its own,
# inside its namespaces; on this machine's own network none may appear, neither now nor after a restart.
debian_daemons() { # list, daemon=unit...
    list=$1
    shift
    ours=
    for daemon in "$@"; do
        command -v "${daemon%%=*}" >/dev/null || ours="$ours ${daemon##*=}"
    done
    if [ -n "$ours" ] && [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    debian_packages "$list"
    # shellcheck disable=SC2086  # a list of words
    if [ -n "$ours" ] && [ -d /run/systemd/system ]; then as_root systemctl --quiet disable $ours; fi
}

# Debian packages of clients that only `peergate lab record` runs. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Debian packages for recording'
inputs=packaging/debian-packages/record.txt

space() { space_for_packages 1500 "$inputs"; }

work() { debian_daemons "$inputs" turnserver=coturn murmurd=mumble-server openvpn; }

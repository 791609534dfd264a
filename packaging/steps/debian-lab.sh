# Debian packages for the lab: real clients, and tools to lay networks. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Debian packages for the lab'
inputs=packaging/debian-packages/lab.txt

space() { space_for_packages 150 "$inputs"; }

work() { debian_daemons "$inputs" nginx opentracker ss-server=shadowsocks-libev; }

# Debian packages to build with. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Debian packages to build with'
inputs=packaging/debian-packages/build.txt

space() { space_for_packages 400 "$inputs"; }

work() { debian_packages "$inputs"; }

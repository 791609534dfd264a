# A wheel for this platform. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Wheel'

work() { maturin build --release --locked --out dist; }

# Speed, as ratios in one run. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Benchmarks'

work() {
  cargo bench --locked -p peergate-engine
  cargo bench --locked -p peergate-datapath --bench engine
  cargo bench --locked -p peergate-datapath --bench bridge
}

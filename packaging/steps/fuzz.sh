# Fuzzes every target, or TARGET alone, for FUZZ_SECONDS each. Sourced by `run`.
# shellcheck shell=sh disable=SC2034
title='Fuzzing'

work() {
    command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
    # Coverage instrumentation is an unstable flag; this lets a stable compiler take it.
    export RUSTC_BOOTSTRAP=1
    # Without the samples a fuzzer would have to find out by itself how a frame looks.
    python3 engine/fuzz/seeds.py
    for target in ${TARGET:-$(cargo fuzz list --fuzz-dir engine/fuzz)}; do
        say "  $target: ${FUZZ_SECONDS:-600} s"
        # No address sanitizer: the engine forbids unsafe code, so it would find nothing and halve the speed.
        cargo fuzz run --fuzz-dir engine/fuzz --sanitizer none "$target" -- -max_total_time="${FUZZ_SECONDS:-600}" -print_final_stats=1
    done
}

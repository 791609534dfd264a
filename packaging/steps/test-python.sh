# The tests through Python: the binding, the command line, the lab. Sourced by `run`. Closes with one line for all tests.
# shellcheck shell=sh disable=SC2034
title='Python tests'

# The sum of "N word" over the closing lines of both test runners.
count() {
    cat .build/test-rust.log .build/test-python.log | sed 's/\x1b\[[0-9;]*m//g' |
        grep -E '^test result|^=+ .* in [0-9.:]+' | grep -oE "[0-9]+ $1" | awk '{ sum += $1 } END { print sum + 0 }'
}

work() {
    color=no
    [ ! -t 1 ] || color=yes
    status=0
    logged .build/test-python.log .venv/bin/python -m pytest --color=$color || status=$?
    say
    say "all: $(count passed) passed, $(count failed) failed, $(count '(skipped|ignored)') skipped"
    return $status
}

#!/bin/sh
# Runs every fuzz target for the time given (30s each if none is).
#
# When the time is up while a worker is busy, go test may end with "context
# deadline exceeded" though it found nothing. A finding is always written down and
# says "Failing input", so a run without one is tried again.
set -eu
time=${1:-30s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=node_modules . | sort | while read -r file; do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$file"); do
		tries=0
		until go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$(dirname "$file")" >"$log" 2>&1; do
			tries=$((tries + 1))
			if grep -q 'Failing input' "$log" || ! grep -q 'context deadline exceeded' "$log" || [ $tries -ge 3 ]; then
				cat "$log"
				exit 1
			fi
		done
		echo "$(dirname "$file") $target: $(grep -oE 'execs: [0-9]+' "$log" | tail -1)"
	done
done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run every test and every checker, each part with its time, and add up.
#
#   check.sh [PART]...
#
# Default: host-test mutants decode-check hwcheck kunit-fast kunit-debug kunit-lts static
# replay-test examples. Each part ends with "N passed, N failed" and so does the whole; a part
# that does not get that far is a failure. Logs are in build/check.

. "$(dirname "$0")/lib.sh"
help "$@"
cd "$PTF"
scripts/setup.sh

logs=$PTF/build/check
mkdir -p "$logs"
passed=0 failed=0 skipped=0 summary=()

run() {
	case $1 in
	host-test | mutants | decode-check | hwcheck | static | replay-test | examples)
		make --no-print-directory "$1" ;;
	kunit-*) make --no-print-directory kunit KERNEL="${1#kunit-}" ;;
	*) die "no such part: $1" ;;
	esac
}

# Set $cpu to the seconds of processor time that the parts have taken.
measure() {
	times >"$logs/times"
	cpu=$(awk -F'[ms ]' 'NR == 2 { print int($1 * 60 + $2 + $4 * 60 + $5) }' "$logs/times")
}

[ $# -gt 0 ] || set -- host-test mutants decode-check hwcheck kunit-fast kunit-debug kunit-lts static replay-test examples
begin=$SECONDS
for part; do
	measure
	start=$SECONDS before=$cpu rc=0
	echo "== $part"
	run "$part" | tee "$logs/$part.log" || rc=$?
	# 12 passed, 0 failed, 1 skipped
	line=$(grep -xE '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?' "$logs/$part.log" | tail -n1 || :)
	read -r p _ f _ s _ <<<"${line:-0 passed, 1 failed}"
	# A part cannot fail and have nothing that failed, nor pass without a test.
	[ "$f" -gt 0 ] || { [ $rc = 0 ] && [ "$p" -gt 0 ]; } || f=1
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
	measure
	summary+=("$(printf '  %-7s%-14s %7d passed, %d failed, %s, processors %s' \
		"$([ "$f" = 0 ] && echo ok || echo FAILED)" "$part" "$p" "$f" \
		"$(clock $((SECONDS - start)))" "$(clock $((cpu - before)))")")
done
echo "== all, $(clock $((SECONDS - begin))), processors $(clock "$cpu")"
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ $failed = 0 ]

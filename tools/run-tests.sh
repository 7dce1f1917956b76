#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run test programs of tools/Makefile, as many at once as there are processors, and
# sum up. A program that ends without its own sum, killed by a sanitizer say, is
# one failure. FILTER chooses tests, PTF_OPS and PTF_SEED are for the random ones.

# Many random operations where every access is looked at, millions with all formats;
# threads for the one that looks for races.
run() {
	local test=$1 name start=$SECONDS rc
	local filter=$FILTER ops=20000
	name=$(basename "$(dirname "$test")")/$(basename "$test")
	case $name in
	asan/*) ops=150000 ;;
	tsan/*) filter=${FILTER:-thread*} ;;
	esac
	rm -f "$test.rc"
	PTF_OPS=${PTF_OPS:-$ops} "$test" ${filter:+"$filter"} >"$test.log" 2>&1
	rc=$?
	echo "$rc $((SECONDS - start)) $name" >"$test.rc"
}

export FILTER
export -f run
printf '%s\0' "$@" | xargs -0 -n1 -P "$(nproc)" bash -c 'run "$1"' -

passed=0 failed=0
for test in "$@"; do
	read -r rc took name <"$test.rc"
	sum=$(tail -n1 "$test.log")
	if [[ $sum =~ ^ptf_[a-z0-9_]+:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		bad=${BASH_REMATCH[2]}
		# A sanitizer's complaint after all tests passed
		[ "$rc" = 0 ] || [ "$bad" != 0 ] || bad=1
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + bad))
		echo "  $name: ${BASH_REMATCH[1]} passed, $bad failed ($took s)"
		[ "$rc" = 0 ] || grep -E '^    # |SUMMARY' "$test.log" | head -n 40
	else
		failed=$((failed + 1))
		echo "  $name: ended with status $rc"
		tail -n 30 "$test.log"
	fi
	[ "$rc" = 0 ] || echo "  log: $test.log"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run test programs of tools/Makefile and sum up. A program that ends without its
# own sum, killed by a sanitizer say, is one failure. FILTER chooses tests.

passed=0 failed=0
for test in "$@"; do
	name=$(basename "$(dirname "$test")")/$(basename "$test")
	filter=$FILTER
	# ThreadSanitizer has nothing to find in the others.
	[[ $name == tsan/* && -z $filter ]] && filter='thread*'
	start=$SECONDS
	"$test" ${filter:+"$filter"} >"$test.log" 2>&1
	rc=$?
	sum=$(tail -n1 "$test.log")
	if [[ $sum =~ ^ptf_[a-z0-9_]+:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
		[ $rc = 0 ] || [ "${BASH_REMATCH[2]}" != 0 ] || failed=$((failed + 1))
		echo "  $name: ${BASH_REMATCH[1]} passed, ${BASH_REMATCH[2]} failed ($((SECONDS - start)) s)"
	else
		failed=$((failed + 1))
		echo "  $name: ended with status $rc"
		tail -n 30 "$test.log"
	fi
	[ $rc = 0 ] || { grep -E '^    # ' "$test.log" | head -n 40; echo "  log: $test.log"; }
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]

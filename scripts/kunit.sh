#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the KUnit suites and judge them by what they report.
#
#   kunit.sh KERNEL [FILTER]
#
# KERNEL is fast, debug (every ptf-kunit module in a boot of its own) or lts (all
# built in). FILTER is a glob of suites or suite.test, as KUnit takes it.
# Logs stay in build/kunit/KERNEL. Ends with "N passed, N failed".

. "$(dirname "$0")/lib.sh"
help "$@"
kernel=${1:?which kernel?} filter=${2:-}
need python3

logs=$PTF/build/kunit/$kernel
mkdir -p "$logs"
rm -f "$logs"/*.log
: >"$logs/counts"
cmdline=${filter:+kunit.filter_glob=$filter}
kdir=$("$PTF/scripts/kernel.sh" "$kernel")
kunit_py=$(source_of newest)/tools/testing/kunit/kunit.py

# count PASSED FAILED SKIPPED [MESSAGE]
count() {
	echo "$1 $2 $3" >>"$logs/counts"
	[ $# = 3 ] || note "$4"
}

# judge LABEL LOG SUITES
judge() {
	local out p f s
	out=$(python3 "$PTF/scripts/judge-ktap.py" "$kunit_py" "$1" "$2" "$3")
	sed '$d' <<<"$out"
	read -r _ p f s < <(tail -n1 <<<"$out")
	count "$p" "$f" "$s"
	[ "$f" = 0 ] || note "  log: $2"
}

# How many suites a module or a kernel has: a section of pointers.
suites_in() {
	local size
	size=$(objdump -h "$1" | awk '$2 == ".kunit_test_suites" { print $3 }')
	echo $((0x${size:-0} / 8))
}

# test_module FILE: boot the kernel with it and judge
test_module() {
	local module=$1 name expect
	name=$(basename "$module" .ko)
	expect=$(suites_in "$module")
	if [ "$expect" = 0 ]; then
		count 0 1 0 "$name has no suite"
		return
	fi
	[ -z "$filter" ] || expect=0
	"$PTF/scripts/run-uml.sh" --memory 1G --timeout 1800 --cmdline "$cmdline" \
		"$kernel" -- "$name.ko" >"$logs/$name.log" 2>"$logs/$name.err" || {
		count 0 1 0 "  FAILED $name: $(head -n1 "$logs/$name.err")"
		tail -n 15 "$logs/$name.err" >&2
	}
	# A filter may leave a module without a test.
	[ -n "$filter" ] && ! grep -q '^KTAP version' "$logs/$name.log" ||
		judge "$kernel $name" "$logs/$name.log" "$expect"
}

run_modules() {
	local modules
	# What is largest takes longest.
	mapfile -t modules < <(find "$PTF/build/$kernel" -name 'ptf-kunit-*.ko' -printf '%s %p\n' |
		sort -rn | cut -d' ' -f2)
	[ ${#modules[@]} -gt 0 ] || die "build/$kernel has no ptf-kunit modules"
	each test_module "${modules[@]}"
}

run_builtin() {
	local rc=0 first last
	first=$(nm "$kdir/vmlinux" | awk '$3 == "__kunit_suites_start" { print $1 }')
	last=$(nm "$kdir/vmlinux" | awk '$3 == "__kunit_suites_end" { print $1 }')
	# shellcheck disable=SC2086
	timeout -k 5 1800 "$kdir/linux" mem=1G console=tty kunit_shutdown=poweroff "$PATIENT" $cmdline \
		</dev/null 2>&1 | tr -d '\r' | tee "$logs/boot" | sed -n '/^KTAP version/,$p' \
		>"$logs/lts.log" || rc=$?
	[ $rc = 0 ] || count 0 1 0 "  FAILED lts: the kernel ended with status $rc"
	# shellcheck disable=SC2046
	judge lts "$logs/lts.log" $([ -n "$filter" ] && echo 1 || echo $(((0x$last - 0x$first) / 8)))
}

if [ "$kernel" = lts ]; then
	run_builtin
else
	NAME=$kernel progress "modules for $kernel" "$logs.build" "$PTF/scripts/build.sh" "$kernel"
	run_modules
fi

read -r passed failed skipped < <(awk '{ p += $1; f += $2; s += $3 } END { print 0 + p, 0 + f, 0 + s }' "$logs/counts")
if [ $((passed + failed)) = 0 ]; then
	note "no test matches ${filter:-anything}"
	failed=1
fi
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ $failed = 0 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Replay recorded DMA traces on every format and both front ends, in a kernel.
#
#   replay.sh [TRACE]...      a table for each trace; default: those in kunit/traces
#   replay.sh --check         judge the replay of these, and of those in
#                             ../shared/traces; ends with "N passed, N failed"
#
# A trace is what ftrace prints of iommu:map and iommu:unmap, plain, .gz or .xz.
# kunit/traces/README.rst says how to record one. See also scripts/trace.py.

. "$(dirname "$0")/lib.sh"
help "$@"

check=
[ "${1:-}" != --check ] || { check=1; shift; }
traces=("$@")
if [ ${#traces[@]} = 0 ]; then
	for t in "$PTF"/kunit/traces/*.trace.gz; do
		traces+=("$(realpath --relative-to=. "$t")")
	done
	[ -e "${traces[0]}" ] || die "no traces in kunit/traces"
fi
if [ -n "$check" ] && [ -d "$PTF/../shared/traces" ]; then
	for t in "$PTF"/../shared/traces/*.trace.gz; do
		[ -e "$PTF/kunit/traces/${t##*/}" ] || traces+=("$(realpath --relative-to=. "$t")")
	done
elif [ -n "$check" ]; then
	note "only the traces of the project: there is no ../shared/traces"
fi

"$PTF/scripts/setup.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
start=$SECONDS

# What is wrong with a trace is said before anything is built or booted.
parse() {
	python3 "$PTF/scripts/trace.py" "${traces[$1]}" "$work/$1.ops" >"$work/$1.parsed"
}

each parse "${!traces[@]}" || exit 1

touch "$work/begin"
kdir=$("$PTF/scripts/kernel.sh" fast)
export NAME=fast CONFIG=
# The other tests have built these modules; who just runs the replay need not build theirs.
[ -n "$check" ] || NAME=replay CONFIG="CONFIG_PTF_KUNIT=n CONFIG_PTF_GPU_GPUVM=n"
progress "modules for the replay" "$PTF/build/replay.log" "$PTF/scripts/build.sh" fast
mapfile -t modules < <(sed -n 's/.*+= *//p' "$PTF/formats/Kbuild.list" | sed 's/.*/ptf-replay-&.ko/')
for m in "${modules[@]}"; do
	[ -e "$PTF/build/$NAME/kunit/$m" ] || die "build/$NAME has no kunit/$m"
done

# replay NUMBER PASSES: what the kernel says of a trace
replay() {
	# One processor: nothing here is parallel, and times are steadier.
	"$PTF/scripts/run-uml.sh" --memory 2G --cmdline ncpus=1 --file "$work/$1.ops=/trace" fast -- \
		ptf-replay.ko trace=/trace "passes=$2" "${modules[@]}"
}

show() {
	echo
	cat "$work/$1.parsed"
	replay "$1" 7 | python3 "$PTF/scripts/replay_table.py" "${traces[$1]}" "$work/$1.ops"
}

# judge NUMBER: a line, with reasons if it failed, and its counts in a file
judge() {
	local begin=$SECONDS rows p f=1
	{ replay "$1" 1 2>"$work/$1.err" || touch "$work/$1.broken"; } | python3 "$PTF/scripts/replay_table.py" --check \
		"$PTF/kunit/traces/expected.txt" "${traces[$1]}" "$work/$1.ops" >"$work/$1.judged" || :
	read -r rows p f < <(tail -n1 "$work/$1.judged" | sed -n 's/.* \([0-9]*\) rows \([0-9]* [0-9]*\)$/\1 \2/p') || :
	if [ "${rows:-0}" != $((2 * ${#modules[@]})) ] || [ -e "$work/$1.broken" ]; then
		f=$((${f:-0} + 1))
		echo "  FAILED ${traces[$1]}: ${rows:-0} of $((2 * ${#modules[@]})) rows" >>"$work/$1.judged"
		tail -n 12 "$work/$1.err" >>"$work/$1.judged"
	fi
	echo "${p:-0} $f" >"$work/$1.counts"
	printf '  %-7s%-40s %2d rows, %4d passed, %d failed, %s\n' "$([ "$f" = 0 ] && echo ok || echo FAILED)" \
		"${traces[$1]##*/}" "${rows:-0}" "${p:-0}" "$f" "$(clock $((SECONDS - begin)))"
	[ "$f" = 0 ] || sed '/ rows [0-9 ]*$/d' "$work/$1.judged"
}

if [ -n "$check" ]; then
	# The scripts that read what kernels print
	for script in trace bench; do
		python3 "$PTF/scripts/${script}_test.py" "$PTF/kunit/traces" >"$work/$script.judged" ||
			echo '0 1' >>"$work/$script.judged"
		sed '$d' "$work/$script.judged"
		tail -n1 "$work/$script.judged" >"$work/$script.counts"
	done
	each judge "${!traces[@]}"
	awk '{ p += $1; f += $2 } END { print p " passed, " f " failed"; exit f > 0 || p == 0 }' "$work"/*.counts
	exit
fi

rc=0
for i in "${!traces[@]}"; do show "$i" || rc=1; done
cat <<'END'

left out   events that the format cannot represent, and unmaps that go with them
ns         a map or unmap through the front end, as a driver calls it; for gpu a whole update: init, reserve for
           the worst case, map or unmap, finish. Each is done on 4 page tables between two readings of the clock,
           whose cost is taken off; of every 128, the fastest of up to 7 passes counts. Tables come zeroed from a
           pool: the page allocator of this kernel, a process of the host, would hide the rest.
peak       most table memory at once, reserved or in use; a sum where there are several address spaces
flushes    calls of the driver's flush op; freed: tables freed by maps and unmaps, after their flush
verified   bytes looked up after each map, leaf by leaf; each unmap left nothing and was flushed
leaks      tables left when all was unmapped and freed

END
built=$(find "$PTF/build/replay" -name 'ptf-*.ko' -newer "$work/begin" | wc -l)
all=$(find "$PTF/build/replay" -name 'ptf-*.ko' | wc -l)
echo "kernel $(basename "$kdir") $([ "$kdir/.done" -nt "$work/begin" ] && echo built || echo reused)," \
	"$built modules built, $((all - built)) reused; $(clock $((SECONDS - start))) in all"
exit $rc

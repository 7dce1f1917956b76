#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Replay recorded DMA traces on every format and both front ends, in a kernel.
#
#   replay.sh [TRACE]...      show what happens; default: the traces in tests/traces
#   replay.sh --check         judge it; ends with "N passed, N failed"
#
# A trace is what ftrace prints of iommu:map and iommu:unmap, plain or .gz.

. "$(dirname "$0")/lib.sh"
help "$@"
cd "$PTF"
scripts/setup.sh

check=
[ "${1:-}" != --check ] || { check=1; shift; }
traces=("$@")
if [ ${#traces[@]} = 0 ]; then
	mapfile -t traces < <(find tests/traces ${check:+../shared/traces} -name '*.trace.gz' 2>/dev/null | sort)
	[ ${#traces[@]} -gt 0 ] || die "no traces in tests/traces"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
progress "modules for fast" build/fast.log scripts/build.sh fast
mapfile -t modules < <(find build/fast -name 'ptf-replay-*.ko' -printf '%f\n' | sort)
[ ${#modules[@]} -gt 0 ] || die "build/fast has no ptf-replay modules"

# The name is in the message that malformed input gets.
passed=0 failed=0
for trace in "${traces[@]}"; do
	[ -r "$trace" ] || die "cannot read $trace"
	case $trace in
	*.gz) gzip -dc "$trace" >"$work/trace" || die "$trace: not a gzip file" ;;
	*) cat "$trace" >"$work/trace" ;;
	esac
	echo "$trace"
	for module in "${modules[@]}"; do
		if scripts/run-uml.sh --memory 2G --file "$work/trace=/trace" fast -- \
			"$module" trace=/trace "name=$(basename "$trace")" | grep -v 'taints kernel'; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			note "$trace: $module failed"
		fi
	done
done
[ -z "$check" ] || echo "$passed passed, $failed failed"
[ $failed = 0 ]

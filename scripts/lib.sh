# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts share: where things are, how they speak, how they wait.

set -euo pipefail

PTF=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${PTF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ptforge}
JOBS=${JOBS:-$(nproc)}
export PTF

# What make was told is for those whom the scripts pass it to.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

# What was compiled before, here or in another checkout, need not be again.
if [ -d /usr/lib/ccache ]; then
	export PATH=/usr/lib/ccache:$PATH
	export CCACHE_DIR=$CACHE/ccache CCACHE_BASEDIR=$PTF CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=3G
fi

# A kernel that its host leaves waiting has not stalled.
# shellcheck disable=SC2034
PATIENT=rcupdate.rcu_cpu_stall_timeout=300

note() { printf '%s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# help "$@": on -h or --help, print the comment at the top of the script.
help() {
	case ${1:-} in
	-h | --help)
		sed -n '/^# SPDX/d;2,/^[^#]/s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	esac
}

# need PROGRAM...: all of them, or say how to get them.
need() {
	local p missing=()
	for p; do command -v "$p" >/dev/null || missing+=("$p"); done
	[ ${#missing[@]} = 0 ] ||
		die "not found: ${missing[*]}; scripts/setup.sh installs what is missing"
}

# 75 -> 1:15
clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# progress WHAT LOG COMMAND...: run it with its output in LOG; show how far it is
# by what LOG grew to before (at first: steps.txt), and its last lines if it fails.
progress() {
	local what=$1 log=$2 start=$SECONDS shown=0 pid lines expect=0 spent left rc=0
	shift 2
	local record="$CACHE/progress/${what//[^a-zA-Z0-9_.-]/_}"
	mkdir -p "$CACHE/progress" "$(dirname "$log")"
	if [ -e "$record" ]; then
		expect=$(cat "$record")
	else
		expect=$(awk -v k="${record##*/}" '$1 == k { print $2 }' "$PTF/scripts/steps.txt")
		expect=${expect:-0}
	fi
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 0.5
		spent=$((SECONDS - start))
		# A terminal gets a live line, a log one line in 15 seconds.
		[ -t 2 ] || [ $((spent - shown)) -ge 15 ] || continue
		shown=$spent
		lines=$(wc -l <"$log")
		left="$lines steps"
		if [ "$expect" -gt 0 ] && [ "$lines" -gt 0 ]; then
			[ "$lines" -le "$expect" ] || lines=$expect
			left="$((100 * lines / expect))%, $(clock $((spent * (expect - lines) / lines))) left"
		fi
		if [ -t 2 ]; then
			printf '\r\033[K%s: %s, %s' "$what" "$(clock $spent)" "$left" >&2
		else
			note "$what: $(clock $spent), $left"
		fi
	done
	wait $pid || rc=$?
	[ ! -t 2 ] || printf '\r\033[K' >&2
	if [ $rc != 0 ]; then
		note "$what: failed after $(clock $((SECONDS - start))), log: $log"
		tail -n 25 "$log" >&2
		return $rc
	fi
	lines=$(wc -l <"$log")
	[ "$lines" -le "$expect" ] || echo "$lines" >"$record"
	note "$what: $(clock $((SECONDS - start)))"
}

# each FUNCTION ARGUMENT...: call it with every argument, at once as far as there are
# processors; false if one is.
each() {
	local function=$1 argument running=0 rc=0
	shift
	for argument; do
		if [ $running -ge "$JOBS" ]; then
			wait -n || rc=1
			running=$((running - 1))
		fi
		"$function" "$argument" &
		running=$((running + 1))
	done
	for ((; running > 0; running--)); do
		wait -n || rc=1
	done
	return $rc
}

# locked NAME COMMAND...: one at a time, also across checkouts.
locked() {
	local lock="$CACHE/locks/$1"
	shift
	mkdir -p "$CACHE/locks"
	(
		flock -n 9 || { note "waiting for another build ($lock)"; flock 9; }
		"$@" 9>&-
	) 9>"$lock"
}

# The source of a kernel: source newest|lts. LINUX_SRC and LTS_SRC are the user's own.
source_of() {
	case $1 in
	newest) [ -n "${LINUX_SRC:-}" ] && realpath "$LINUX_SRC" || "$PTF/scripts/fetch.sh" source newest ;;
	lts) [ -n "${LTS_SRC:-}" ] && realpath "$LTS_SRC" || "$PTF/scripts/fetch.sh" source lts ;;
	esac
}

# The directory of QEMU's emulators, 10.0 or newer: the user's, the machine's, or fetched.
qemu_dir() {
	local dir=${QEMU_DIR:-} name version
	local names=(qemu-system-{x86_64,aarch64,arm,riscv64})
	if [ -z "$dir" ]; then
		dir=$(dirname "$(command -v "${names[0]}" || echo .)")
		for name in "${names[@]}"; do
			version=$("$dir/$name" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')
			[ "${version:-0}" -ge 10 ] || dir=
		done
		[ -n "$dir" ] || dir=$("$PTF/scripts/fetch.sh" qemu) || exit
	fi
	for name in "${names[@]}"; do
		version=$("$dir/$name" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')
		[ "${version:-0}" -ge 10 ] || die "no $name of version 10.0 or newer in $dir; QEMU_DIR=" \
			"says where it is, without that scripts/fetch.sh qemu fetches it"
	done
	echo "$dir"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boot a test kernel, insert modules, show what they print, power off.
#
#   run-uml.sh [options] KERNEL -- MODULE [PARAMETER...] [MODULE [PARAMETER...]]...
#
#   --file HOST=GUEST     put a file into the machine
#   --cmdline "A B"       more arguments for the kernel
#   --memory 512M         its memory
#   --timeout 300         seconds until it is killed
#   --all                 show the whole boot
#
# KERNEL is fast or debug, built before by build.sh (NAME=x: in build/x). A word ending in .ko is a
# module of ours or of the kernel; modules that it depends on are inserted first.
# Status: 0 all inserted and clean poweroff, 1 not, 124 timeout.

. "$(dirname "$0")/lib.sh"
help "$@"

files=() cmdline='' memory=512M timeout=300 all=
while :; do
	case ${1:-} in
	--file) files+=("$2"); shift 2 ;;
	--cmdline) cmdline=$2; shift 2 ;;
	--memory) memory=$2; shift 2 ;;
	--timeout) timeout=$2; shift 2 ;;
	--all) all=1; shift ;;
	*) break ;;
	esac
done
[ $# -ge 3 ] && [ "$2" = -- ] || die "usage: see $0 --help"
kernel=$1
shift 2
kdir=$("$PTF/scripts/kernel.sh" "$kernel")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Where is NAME.ko? Module names have _ and - alike.
find_module() {
	local path dir
	for dir in "$PTF/build/${NAME:-$kernel}" "$kdir"; do
		path=$(find "$dir" -name "${1//[-_]/[-_]}" -print -quit)
		[ -z "$path" ] || { echo "$path"; return; }
	done
	die "no module $1 in build/${NAME:-$kernel} or $kdir"
}

declare -A seen
# add FILE PARAMETERS: with what it depends on before it.
add() {
	local file=$1 dep depends
	local name=${file##*/}
	[ -z "${seen[$name]:-}" ] || return 0
	seen[$name]=1
	depends=$(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p')
	for dep in ${depends//,/ }; do
		add "$(find_module "$dep.ko")" ""
	done
	echo "file /$name $file 644 0 0" >>"$work/spec"
	echo "/$name${2:+ $2}" >>"$work/modules"
}

cat >"$work/spec" <<-EOF
	dir /dev 755 0 0
	nod /dev/console 600 0 0 c 5 1
	nod /dev/kmsg 600 0 0 c 1 11
	dir /proc 755 0 0
	dir /sys 755 0 0
	file /modules $work/modules 644 0 0
EOF
: >"$work/modules"
while [ $# -gt 0 ]; do
	module=$(find_module "${1##*/}")
	shift
	parameters=
	while [ $# -gt 0 ] && [[ $1 != *.ko ]]; do
		parameters+="${parameters:+ }$1"
		shift
	done
	add "$module" "$parameters"
done
for f in "${files[@]}"; do
	[ -r "${f%%=*}" ] || die "cannot read ${f%%=*}"
	echo "file ${f#*=} $(realpath "${f%%=*}") 644 0 0" >>"$work/spec"
done

# The init is static, so that the machine needs no C library.
init=$CACHE/init-$(sha256sum "$PTF/scripts/init.c" | cut -c1-10)
[ -x "$init" ] || { need gcc; gcc -static -O2 -Wall -o "$init.$$" "$PTF/scripts/init.c"; mv "$init.$$" "$init"; }
echo "file /init $init 755 0 0" >>"$work/spec"
"$kdir/usr/gen_init_cpio" "$work/spec" >"$work/initramfs"

# From the first insertion on, without our own marks, line by line.
filter=(-e 's/\r$//')
[ -n "$all" ] || filter+=(-e '1,/^ptf-init: insert/d' -e '/^ptf-init: insert/d' -e '/^ptf-init: end/,$d')

# The outer redirection is for the shell's own remarks on a crash.
rc=0
{
	# shellcheck disable=SC2086
	timeout -k 5 "$timeout" "$kdir/linux" "mem=$memory" ncpus=2 seccomp=auto \
		"initrd=$work/initramfs" console=tty panic=0 printk.devkmsg=on "$PATIENT" $cmdline </dev/null 2>&1 |
		tee "$work/log" | sed -u "${filter[@]}" || rc=${PIPESTATUS[0]}
} 2>/dev/null

if [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
	note "no end after $timeout s: killed"
	exit 124
fi
if [ "$rc" != 0 ] || ! grep -q '^ptf-init: end' "$work/log" || grep -q '^ptf-init: failed' "$work/log"; then
	grep -B1 '^ptf-init: failed' "$work/log" >&2 || {
		note "the kernel did not end properly (status $rc), its last lines:"
		tail -n 30 "$work/log" >&2
	}
	exit 1
fi

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build a kernel outside the checkout, once, and print its build directory.
#
#   kernel.sh fast         newest kernel for UML: SMP, no debugging
#   kernel.sh debug        the same with KASAN, UBSan and their like
#   kernel.sh bench        fast, with all that the benchmark compares with
#   kernel.sh bench-up     the same for one processor
#   kernel.sh lts          6.12 for UML with ptforge built in and lockdep
#   kernel.sh x86-clang    newest kernel for x86_64 and clang, as far as modules need it
#   kernel.sh lts-clang    Debian's 6.12 for clang, as far as modules need it
#
# LINUX_SRC and LTS_SRC replace the sources. What exists is used again as long as
# version, configuration and compiler stay the same. See kernels/*.config.

. "$(dirname "$0")/lib.sh"
help "$@"

fragments=$PTF/scripts/kernels

# The oldest clang of this machine that the source in $1 accepts.
clang_for() {
	local min v
	min=$(sh "$1/scripts/min-tool-version.sh" llvm)
	for v in clang $(compgen -c clang- | grep -xE 'clang-[0-9]+' | sort -uV); do
		[ "$(printf '%s\n' "$min" "$($v -dumpversion)" | sort -V | head -n1)" != "$min" ] ||
			{ echo "$v"; return; }
	done
	die "no clang of version $min or newer; scripts/setup.sh installs one"
}

# Fragments are requests: each line must be in the outcome.
honoured() {
	local line bad=0
	while read -r line; do
		grep -qxF "$line" "$2" || { note "not granted: $line"; bad=1; }
	done < <(grep -hE '^(CONFIG|# CONFIG)_' "$1" | tac | awk '{ n = $0; sub(/^# /, "", n); sub(/[= ].*/, "", n) } !seen[n]++')
	return $bad
}

# build DIR SOURCE TARGET: the steps, as run with their output in a log.
build() {
	local dir=$1 src=$2 target=$3
	local mk=(make -C "$src" O="$dir" "${options[@]}")

	# Options without a prompt are granted by one that selects them, which this kernel
	# has besides its own.
	if [ -n "$select" ]; then
		{
			cat "$src/Kconfig"
			printf 'config PTF_TEST_KERNEL\n\tdef_bool y\n'
			printf '\tselect %s\n' $select
		} >"$dir/Kconfig.ptf"
		mk+=("KBUILD_KCONFIG=$dir/Kconfig.ptf")
	fi
	if [ ! -e "$dir/.config" ]; then
		"${mk[@]}" KCONFIG_ALLCONFIG="$dir/fragment" "$base"
		honoured "$dir/fragment" "$dir/.config"
	fi
	if [ -n "$late" ]; then
		cat "$late" >>"$dir/.config"
		"${mk[@]}" olddefconfig
	fi
	"${mk[@]}" -j"$JOBS" "$target"
}

lts_with_ptforge() {
	local src=$1 copy=$CACHE/src/lts-with-ptforge

	# Hard links; placing replaces the files that it changes.
	if [ ! -e "$copy/.from" ] || [ "$(cat "$copy/.from")" != "$src" ]; then
		rm -rf "$copy"
		cp -al "$src" "$copy" 2>/dev/null || { rm -rf "$copy"; cp -a "$src" "$copy"; }
		echo "$src" >"$copy/.from"
	fi
	"$PTF/scripts/place-in-kernel.sh" "$copy" >&2
	echo "$copy"
}

main() {
	local name=$1 src parts=() key dir target=all cc=gcc
	options=(ARCH=um) base=allnoconfig late= select=

	case $name in
	fast) src=$(source_of newest) parts=(base fast) select=HMM_MIRROR ;;
	debug) src=$(source_of newest) parts=(base fast debug) select=HMM_MIRROR ;;
	bench) src=$(source_of newest) parts=(base fast bench) ;;
	bench-up) src=$(source_of newest) parts=(base fast bench up) ;;
	lts)
		src=$(source_of lts)
		src=$(lts_with_ptforge "$src")
		parts=(base lts) target=linux late=$fragments/ptforge.config
		;;
	x86-clang)
		src=$(source_of newest) parts=(x86) select=HMM_MIRROR
		cc=$(clang_for "$src")
		options=(ARCH=x86_64 "CC=$cc") target=modules_prepare
		;;
	lts-clang)
		src=$(source_of lts)
		cc=$(clang_for "$src")
		options=(ARCH=x86_64 "CC=$cc") base=olddefconfig target=modules_prepare
		;;
	*) die "no such kernel: $name; see $0 --help" ;;
	esac
	need gcc bc flex bison "$cc"

	key=$({
		echo "$src" "${options[@]}" $select
		"$cc" --version | head -n1
		for p in "${parts[@]}"; do grep -E '^(# )?CONFIG_' "$fragments/$p.config"; done
		[ $base != olddefconfig ] || cat "$("$PTF/scripts/fetch.sh" headers lts)/.config"
	} | sha256sum | cut -c1-10)
	dir=$CACHE/kernels/$name-$(make -s -C "$src" kernelversion)-$key

	if [ "$name" = lts ] || [ ! -e "$dir/.done" ]; then
		mkdir -p "$dir"
		for p in "${parts[@]}"; do cat "$fragments/$p.config"; done >"$dir/fragment"
		if [ $base = olddefconfig ]; then
			grep -vE '^CONFIG_(SYSTEM_TRUSTED_KEYS|MODULE_SIG_KEY|DEBUG_INFO)' \
				"$("$PTF/scripts/fetch.sh" headers lts)/.config" >"$dir/.config"
			late=/dev/null
		fi
		progress "kernel $name" "$dir.log" build "$dir" "$src" "$target" ||
			{ [ -e "$dir/.done" ] || rm -f "$dir/.config"; exit 1; }
		# What a module build against it has to say.
		[ "$target" != modules_prepare ] || options+=(KBUILD_MODPOST_WARN=1)
		printf '%s\n' "${options[@]}" >"$dir/.make"
		touch "$dir/.done"
	fi
	echo "$dir"
}

[ $# = 1 ] || die "which kernel? see $0 --help"
locked "kernel-$1" main "$1"

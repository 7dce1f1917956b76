#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the modules in build/<name>, of symbolic links to the sources, so that
# builds for several kernels live side by side and the sources stay clean.
#
#   build.sh KERNEL [make arguments]   for one of kernel.sh's kernels: everything
#   build.sh KDIR [make arguments]     for this kernel: what .config says
#
# NAME=x names the directory; CONFIG="CONFIG_PTF_DEBUG=y ..." overrides options.

. "$(dirname "$0")/lib.sh"
help "$@"

target=${1:?which kernel?}
shift
options=()
if [[ $target == */* ]]; then
	kdir=$(realpath "$target")
	[ -e "$kdir/Makefile" ] && [ -e "$kdir/.config" ] ||
		die "$target has no Makefile or no .config: not a kernel to build modules for"
	name=${NAME:-$(cat "$kdir/include/config/kernel.release" 2>/dev/null || basename "$kdir")}
	from=$PTF/.config
	[ -e "$from" ] || from=$PTF/scripts/defconfig
else
	kdir=$("$PTF/scripts/kernel.sh" "$target")
	name=${NAME:-$target}
	from=$PTF/scripts/defconfig
	# The formats that differ most, as in the LTS kernel
	[ "$target" != debug ] || CONFIG="CONFIG_PTF_DEBUG=y ${CONFIG:-} $(sed -n \
		's/^# \(CONFIG_PTF_FMT_.*\) is not set$/\1=n/p' "$PTF/scripts/kernels/ptforge.config")"
fi
[ ! -e "$kdir/.make" ] || mapfile -t options <"$kdir/.make"
# Every build for tests is one that shows that nothing warns.
[[ $target == */* ]] || options+=(W=1e)
# BTF needs pahole and the kernel image; the modules do without.
command -v pahole >/dev/null || options+=(CONFIG_DEBUG_INFO_BTF_MODULES=)
dir=$PTF/build/$name

stage() {
	local d
	mkdir -p "$dir/scripts"
	for d in Kbuild Kconfig formats pt_common iommu_glue gpu_glue kunit include; do
		cp -rsf "$PTF/$d" "$dir/"
	done
	ln -sf "$PTF/scripts/golden2h.awk" "$dir/scripts/"
	find "$dir" -xtype l -delete
}

# put FILE: from standard input, leaving it alone if it would not change.
put() {
	cat >"$1.new"
	if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

configure() {
	{ cat "$from"; printf '%s\n' ${CONFIG:-}; } >"$dir/.config"
	"$PTF/scripts/config.sh" olddefconfig "$kdir" "$dir/.config" 2>&1 |
		{ grep -v 'override: ' >&2 || :; }
	grep '^CONFIG_PTF_' "$dir/.config" | put "$dir/ptf-config.mk"
	sed -n 's/^\(CONFIG_PTF_[A-Z0-9_]*\)=y/#define \1 1/p
		s/^\(CONFIG_PTF_[A-Z0-9_]*\)=m/#define \1_MODULE 1/p' "$dir/.config" |
		put "$dir/ptf-config.h"
}

# The flags in a kernel's configuration are for the compiler that made it.
case " $* ${options[*]:-} " in
*" LLVM="* | *" CC=clang"*)
	grep -q '^CONFIG_CC_IS_CLANG=y' "$kdir/.config" ||
		die "$kdir was configured for gcc: clang needs a kernel configured for clang," \
			"which make KDIR=\$(scripts/kernel.sh x86-clang) or lts-clang provides"
	;;
esac

[ $# -gt 0 ] || set -- modules
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9
stage
configure
make -C "$kdir" M="$dir" -j"$JOBS" "${options[@]}" "$@" 9>&-

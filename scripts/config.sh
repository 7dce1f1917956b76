#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the kernel's kconfig programs on our Kconfig.
#
#   config.sh COMMAND KDIR [FILE]
#
# COMMAND is defconfig, olddefconfig, savedefconfig or menuconfig; KDIR is the
# kernel that the modules are for; FILE is the configuration, default .config.

. "$(dirname "$0")/lib.sh"
help "$@"

command=${1:?} KDIR=$(realpath -m "${2:?}") KCONFIG_CONFIG=${3:-$PTF/.config}
export KDIR KCONFIG_CONFIG
# The programs leave files for kbuild where they run.
mkdir -p "$PTF/build/kconfig"
cd "$PTF/build/kconfig"
kconfig=$PTF/scripts/Kconfig.standalone

# The newest kernel's own programs, built in the cache.
build_program() {
	local src out=$CACHE/kconfig
	need gcc flex bison
	src=$(source_of newest)
	mkdir -p "$out"
	progress "kconfig programs" "$out.log" \
		make -C "$src" O="$out" ARCH=um KCONFIG_CONFIG="$out/.config" allnoconfig
	[ "$1" = conf ] || make -s -C "$src" O="$out" ARCH=um KBUILD_KCONFIG="$kconfig" \
		KCONFIG_CONFIG="$KCONFIG_CONFIG" "$command"
}

if [ "$command" = menuconfig ]; then
	build_program mconf
	exit
fi

conf=$KDIR/scripts/kconfig/conf
if ! "$conf" --help >/dev/null 2>&1; then
	conf=$CACHE/kconfig/scripts/kconfig/conf
	[ -x "$conf" ] || build_program conf
fi

case $command in
defconfig) "$conf" -s --defconfig="$PTF/scripts/defconfig" "$kconfig" ;;
olddefconfig) "$conf" -s --olddefconfig "$kconfig" ;;
savedefconfig) "$conf" -s --savedefconfig="$PTF/defconfig" "$kconfig" ;;
*) die "no such command: $command" ;;
esac

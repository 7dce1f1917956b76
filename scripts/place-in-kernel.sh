#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Put ptforge into a kernel source, as drivers/ptforge, with its hooks in
# drivers/Kconfig and drivers/Makefile. Doing it again brings it up to date.
#
#   place-in-kernel.sh SRC            copy the tree
#   place-in-kernel.sh --link SRC     make a symbolic link instead
#   place-in-kernel.sh --remove SRC   undo it

. "$(dirname "$0")/lib.sh"
help "$@"

mode=--copy
case ${1:-} in --link | --remove) mode=$1; shift ;; esac
[ $# = 1 ] || die "which kernel source? see $0 --help"
src=$1
[ -e "$src/drivers/Kconfig" ] && [ -e "$src/drivers/Makefile" ] || die "$src is not a kernel source"
here=$src/drivers/ptforge

# sed -i makes a new file, also where this one is a hard link to another source.
unhook() {
	grep -q ptforge "$1" || return 0
	sed -i '/ptforge/d' "$1"
}

if [ $mode = --remove ]; then
	unhook "$src/drivers/Kconfig"
	unhook "$src/drivers/Makefile"
	rm -rf "$here"
	exit
fi

grep -qxF 'source "drivers/ptforge/Kconfig"' "$src/drivers/Kconfig" ||
	sed -i '$i source "drivers/ptforge/Kconfig"' "$src/drivers/Kconfig"
grep -q '+= ptforge/$' "$src/drivers/Makefile" ||
	sed -i '$a obj-y				+= ptforge/' "$src/drivers/Makefile"

if [ $mode = --link ]; then
	rm -rf "$here"
	ln -s "$PTF" "$here"
	exit
fi

# Unchanged files keep their times, so that nothing is built in vain.
need rsync
[ ! -L "$here" ] || rm "$here"
mkdir -p "$here"
rsync -rlpc --delete --exclude=/.git --exclude=/build --exclude=/Makefile --exclude='.*' \
	--exclude='*.o' "$PTF/" "$here/"

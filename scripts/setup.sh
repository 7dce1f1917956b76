#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the Debian packages that building, testing and checking need. Root
# installs what is missing; anybody else is told the command.

. "$(dirname "$0")/lib.sh"
help "$@"

packages=(
	gcc libc6-dev make ccache bc bison flex libelf-dev libssl-dev	# kernels
	libncurses-dev						# menuconfig
	dpkg-dev xz-utils rsync					# fetching, placing
	clang clang-19 coccinelle libpython3-dev		# checkers
	libcmocka-dev						# host tests
	perl python3 python3-sphinx
)

missing=()
for p in "${packages[@]}"; do
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" != 0 ]; then
	note "packages are missing; as root: ${command[*]}"
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
progress "package lists" "$CACHE/setup.log" apt-get update
progress "installing packages" "$CACHE/setup.log" "${command[@]}"

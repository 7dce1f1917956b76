#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch from Debian, verify, unpack into the cache, and print where it is.
#
#   fetch.sh source newest   source of the newest 7.x kernel
#   fetch.sh source lts      source of the 6.12 LTS kernel
#   fetch.sh headers lts     headers of Debian's 6.12 kernel, ready for modules
#   fetch.sh sparse          a sparse that understands the newest kernel
#   fetch.sh qemu            QEMU's emulators for x86, Arm and RISC-V, 10.0 or newer
#   fetch.sh forget          look for newer versions next time
#
# A version, once found, is kept until "forget". apt verifies what it loads; its
# state is in the cache, the configuration of this machine stays as it is.

. "$(dirname "$0")/lib.sh"
help "$@"

MIRROR=${PTF_MIRROR:-http://deb.debian.org}
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg
APT=$CACHE/apt
SUITES=("debian bookworm" "debian-security bookworm-security" "debian trixie-backports" "debian sid")
STATUS=$APT/status

apt_do() {
	local command=$1
	shift
	"$command" -q -o Dir::Etc::SourceList="$APT/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$APT/lists" -o Dir::State::status="$STATUS" \
		-o Dir::Cache="$APT" -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 "$@"
}

# The package lists, at most a day old.
refresh() {
	[ -r "$KEYS" ] || die "$KEYS is missing: install debian-archive-keyring"
	[ -z "$(find "$APT/stamp" -mtime -1 2>/dev/null)" ] || return 0
	mkdir -p "$APT/lists/partial" "$APT/archives/partial"
	: >"$APT/status"
	for suite in "${SUITES[@]}"; do
		echo "deb [signed-by=$KEYS] $MIRROR/$suite main"
	done >"$APT/sources.list"
	note "fetching package lists"
	# Some mirrors lag. Their lists are signed all the same, they are only older.
	apt_do apt-get update >"$APT/log" 2>&1 ||
		apt_do apt-get -o Acquire::Check-Valid-Until=false update >"$APT/log" 2>&1 ||
		{ tail "$APT/log" >&2; die "apt-get update failed"; }
	touch "$APT/stamp"
}

# newest REGEX: "package version" of the newest package whose name matches.
newest() {
	local names found
	refresh
	names=$(apt_do apt-cache search --names-only "$1" | cut -d' ' -f1)
	[ -n "$names" ] || die "Debian has no package $1"
	# shellcheck disable=SC2086
	found=$(apt_do apt-cache madison $names | awk '{ print $3, $1 }' | sort -V | tail -n1)
	echo "${found#* } ${found% *}"
}

# chosen WHAT REGEX: the same, remembered from the first time on.
chosen() {
	mkdir -p "$CACHE/versions"
	[ -s "$CACHE/versions/$1" ] || newest "$2" >"$CACHE/versions/$1"
	[ -s "$CACHE/versions/$1" ] || die "cannot find $2"
	cat "$CACHE/versions/$1"
}

# download DIR PACKAGE=VERSION...
download() {
	local dir=$1
	shift
	refresh
	mkdir -p "$dir"
	note "fetching $*"
	(cd "$dir" && apt_do apt-get download "$@") >"$APT/log" 2>&1 ||
		{ tail "$APT/log" >&2; die "cannot fetch $*"; }
}

fetch_source() {
	local package version out tmp
	case $1 in
	newest) set -- newest '^linux-source-7\.[0-9]+$' ;;
	lts) set -- lts '^linux-source-6\.12$' ;;
	*) die "no such kernel: $1" ;;
	esac
	read -r package version < <(chosen "$1" "$2")
	out=$CACHE/src/linux-${version%%-*}
	if [ ! -d "$out" ]; then
		need xz dpkg-deb
		tmp=$CACHE/tmp.$$
		download "$tmp" "$package=$version"
		note "unpacking $package $version"
		mkdir -p "$CACHE/src" "$tmp/linux"
		dpkg-deb --fsys-tarfile "$tmp"/*.deb | tar -xO "./usr/src/$package.tar.xz" |
			xz -dc -T0 | tar -x -C "$tmp/linux" --strip-components=1
		mv "$tmp/linux" "$out"
		rm -rf "$tmp"
	fi
	echo "$out"
}

# Debian's headers expect to live in /usr/src; one absolute path says so.
fetch_headers() {
	local package version release out tmp p
	read -r package version < <(chosen lts-headers '^linux-headers-6\.12\.[0-9]+\+deb12-amd64$')
	release=${package#linux-headers-}
	release=${release%-amd64}
	out=$CACHE/headers/$release
	if [ ! -d "$out" ]; then
		tmp=$CACHE/tmp.$$
		download "$tmp" "$package=$version" "linux-headers-$release-common=$version" \
			"linux-kbuild-$release=$version"
		for p in "$tmp"/*.deb; do dpkg-deb -x "$p" "$tmp/root"; done
		sed -i "s,/usr/src,$out/usr/src," "$tmp/root/usr/src/$package/Makefile"
		mkdir -p "$CACHE/headers"
		mv "$tmp/root" "$out"
		rm -rf "$tmp"
	fi
	echo "$out/usr/src/$package"
}

# Debian 12's sparse is too old for 7.x; sid's brings the C library it needs.
fetch_sparse() {
	local package version out tmp p lib
	read -r package version < <(chosen sparse '^sparse$')
	out=$CACHE/sparse/${version%%-*}
	if [ ! -d "$out" ]; then
		tmp=$CACHE/tmp.$$
		read -r -a libc < <(newest '^libc6$')
		download "$tmp" "$package=$version" "${libc[0]}=${libc[1]}"
		for p in "$tmp"/*.deb; do dpkg-deb -x "$p" "$tmp/root"; done
		lib=$out/usr/lib/x86_64-linux-gnu
		printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' \
			"$lib/ld-linux-x86-64.so.2" "$lib" "$out/usr/bin/sparse" >"$tmp/root/sparse"
		chmod +x "$tmp/root/sparse"
		mkdir -p "$CACHE/sparse"
		mv "$tmp/root" "$out"
		rm -rf "$tmp"
	fi
	echo "$out/sparse"
}

# All that Debian 12's newest QEMU needs and this machine has not, in a directory of its
# own. Beside the packages there is a script per emulator that finds their libraries.
fetch_qemu() {
	local APT=$CACHE/apt-qemu STATUS=/var/lib/dpkg/status out=$CACHE/qemu tmp p name
	local SUITES=("debian bookworm" "debian-security bookworm-security" "debian bookworm-backports")
	if [ ! -d "$out" ]; then
		tmp=$CACHE/tmp.$$
		refresh
		mkdir -p "$tmp/bin" "$tmp/debs/partial"
		note "fetching QEMU"
		apt_do apt-get -o Dir::Cache::archives="$tmp/debs" -o Debug::NoLocking=1 -y \
			-t bookworm-backports --no-install-recommends --download-only --reinstall \
			install qemu-system-x86 qemu-system-arm qemu-system-misc >"$APT/log" 2>&1 ||
			{ tail "$APT/log" >&2; die "cannot fetch QEMU"; }
		for p in "$tmp"/debs/*.deb; do dpkg-deb -x "$p" "$tmp"; done
		rm -rf "$tmp/debs"
		for name in qemu-system-{x86_64,aarch64,arm,riscv64}; do
			cat >"$tmp/bin/$name" <<-EOF
			#!/bin/sh
			root=$out
			lib=\$root/usr/lib/x86_64-linux-gnu
			LD_LIBRARY_PATH=\$lib:\$root/lib/x86_64-linux-gnu:\$lib/pulseaudio \\
				exec \$root/usr/bin/$name -L \$root/usr/share/qemu -L \$root/usr/share/seabios "\$@"
			EOF
			chmod +x "$tmp/bin/$name"
		done
		mv "$tmp" "$out"
	fi
	echo "$out/bin"
}

case "${1:-} ${2:-}" in
"qemu ") locked fetch-qemu fetch_qemu ;;
"source "*) locked fetch fetch_source "$2" ;;
"headers lts") locked fetch fetch_headers ;;
"sparse ") locked fetch fetch_sparse ;;
"forget ") rm -rf "$CACHE/versions" "$APT/stamp" "$CACHE/apt-qemu/stamp" ;;
*) die "what? see $0 --help" ;;
esac

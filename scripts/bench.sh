#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Take the time of our page tables and of the kernel's own, in one boot of the newest
# kernel for two processors and one of that for one; count what an operation costs in
# instructions; compare, and say which bars are met.
#
#   bench.sh		IOMMU page tables
#   bench.sh gpu	GPU page tables, against io-pgtable-arm as panthor uses it
#
# SAMPLES=N: how many of each operation, default 101. FORMATS="x86_64 ...": which formats.
# KERNELS="bench bench-up": which kernels. DOCUMENT=1 writes the table into
# Documentation/performance.rst. Results are in build/bench: a table, CSV, JSON, SVG.

. "$(dirname "$0")/lib.sh"
help "$@"

front=${1:-iommu}
out=$PTF/build/bench/$front
formats=${FORMATS:-x86_64 amdv1 vtdss riscv64 arm64_4k}
kernels=${KERNELS:-bench bench-up}
samples=${SAMPLES:-101}
traces=("$PTF"/kunit/traces/*.trace.gz)
case $front in
iommu) ;;
gpu) formats=arm64_4k ;;
*) die "no such front end: $front; see $0 --help" ;;
esac

"$PTF/scripts/setup.sh"
need python3 gcc
if [ "$front" = iommu ]; then
	command -v valgrind >/dev/null && [ -e /usr/include/valgrind/callgrind.h ] ||
		die "valgrind is missing: apt-get install valgrind"
fi
rm -rf "$out"
mkdir -p "$out"

# Bytes of code in files, without what is only for insertion
text() {
	size -A "$@" | awk '$1 ~ /^\.text/ { n += $2 } END { print n + 0 }'
}

# module SIZE of ours and of the twin: who, module, bytes
sizes() {
	local f=$1 kdir=$2 built=$3 twin
	case $f in
	arm64_4k) twin=drivers/iommu/io-pgtable-arm.o ;;
	riscv64) twin=drivers/iommu/generic_pt/fmt/iommu_riscv64.o ;;
	*) twin=drivers/iommu/generic_pt/fmt/iommu_$f.o ;;
	esac
	printf '%s\tptforge\tptf-iommu-%s\t%s\n' "$f" "$f" "$(text "$built/iommu_glue/ptf-iommu-$f.ko")"
	printf '%s\tptforge\tptf-core\t%s\n' "$f" "$(text "$built/ptf-core.ko")"
	if [ -e "$kdir/$twin" ]; then
		printf '%s\ttwin\t%s\t%s\n' "$f" "$(basename "$twin" .o)" "$(text "$kdir/$twin")"
	fi
}

# One boot, with everything in it
boot() {
	local kernel=$1 args=(ptf-bench.ko "samples=$samples") files=() f t paths=
	if [ "$front" = gpu ]; then
		"$PTF/scripts/run-uml.sh" --memory 2G --timeout 900 "$kernel" -- \
			ptf-bench-gpu.ko "samples=$samples"
		return
	fi
	for t in "${traces[@]}"; do
		t=$(basename "$t" .trace.gz)
		files+=(--file "$out/$t=/$t")
		paths+=${paths:+,}/$t
	done
	args+=("traces=$paths")
	for f in $formats; do args+=("ptf-bench-$f.ko"); done
	"$PTF/scripts/run-uml.sh" --memory 2G --timeout 900 "${files[@]}" "$kernel" -- "${args[@]}"
}

config=(CONFIG_PTF_KUNIT=n CONFIG_PTF_REPLAY=n CONFIG_PTF_GPU_GPUVM=n CONFIG_PTF_BENCH=m)
while read -r option name; do
	[[ " $formats " == *" $name "* ]] || config+=("$option=n")
done < <(sed -n 's/^ptf-formats-$(\(CONFIG_[A-Z0-9_]*\)).*+= *\(.*\)/\1 \2/p' "$PTF/formats/Kbuild.list")
export CONFIG="${config[*]}"

if [ "$front" = iommu ]; then
	for t in "${traces[@]}"; do
		python3 "$PTF/scripts/trace.py" "$t" "$out/$(basename "$t" .trace.gz)" >"$out/trace.log"
	done
	make --no-print-directory -C "$PTF/tools" -j "$JOBS" BENCH_FORMATS="$formats" bench-build
	for f in $formats; do
		mkdir -p "$out/callgrind"
		progress "instructions of $f" "$out/callgrind/$f.log" valgrind --tool=callgrind \
			--collect-atstart=no --cache-sim=yes --callgrind-out-file="$out/callgrind/$f" \
			"$PTF/build/host/bench/ops_$f"
	done
fi

logs=()
for kernel in $kernels; do
	kdir=$("$PTF/scripts/kernel.sh" "$kernel")
	NAME=$kernel progress "modules for $kernel" "$out/$kernel.build" "$PTF/scripts/build.sh" "$kernel"
	export NAME=$kernel
	progress "$front on $kernel" "$out/$kernel.log" boot "$kernel"
	logs+=("$out/$kernel.log")
	unset NAME
	[ "$front" = gpu ] || for f in $formats; do
		sizes "$f" "$kdir" "$PTF/build/$kernel"
	done >"$out/$kernel.text"
done
python3 "$PTF/scripts/bench.py" "$front" "$out" "${logs[@]}"
if [ -n "${DOCUMENT:-}" ]; then
	python3 "$PTF/scripts/bench.py" --document "$PTF/Documentation/performance.txt" \
		"$PTF/build/bench" >"$PTF/build/bench/document"
	mv "$PTF/build/bench/document" "$PTF/Documentation/performance.rst"
fi

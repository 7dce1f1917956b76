#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Prove the examples of README.md and Documentation/: in a copy of the tree, add
# the formats that they add, build modules of all with the drivers' code at W=1,
# and run the suite of the format that has golden vectors; and the documentation
# itself, by building it.
#
#   examples.sh [KERNEL]     default: fast
#
# Ends with "N passed, N failed".

. "$(dirname "$0")/lib.sh"
help "$@"
need rsync
kernel=${1:-fast}
copy=$PTF/build/examples
log=$PTF/build/examples.log
passed=0 failed=0

verdict() {
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "  ok     $1"
	else
		failed=$((failed + 1))
		echo "  FAILED $1, see ${3:-$log}"
	fi
}

# block N: the Nth C block of README.md.
block() {
	awk -v n="$1" '/^```c$/ { i++; next } /^```$/ { on = 0 } i == n && !done { print }
		/^```$/ && i == n { done = 1 }' "$PTF/README.md" | sed '/^```$/,$d'
}

mkdir -p "$copy"
rsync -rlpc --delete --exclude=/.git --exclude=/build --exclude=/.config "$PTF/" "$copy/"
examples=$copy/Documentation/examples

cp "$examples/lima.h" "$copy/formats/"
cp "$examples/lima.txt" "$copy/formats/golden/"
cp "$examples/v3d.h" "$copy/formats/"
cat "$examples/lima.Kbuild" >>"$copy/formats/Kbuild.list"
echo 'ptf-formats-y += v3d' >>"$copy/formats/Kbuild.list"
# The entry belongs before the end of the menu.
awk -v entry="$(cat "$examples/lima.Kconfig")" '
	/^menu "Formats"/ { menu = 1 }
	menu && /^endmenu/ { print entry "\n"; menu = 0 }
	{ print }' "$PTF/Kconfig" >"$copy/Kconfig"

cp "$examples/iommu_driver.c" "$copy/iommu_glue/example_iommu.c"
cp "$examples/gpu_driver.c" "$copy/gpu_glue/example_gpu.c"
{
	cat <<-'END'
		#include <linux/iommu.h>
		#include <linux/module.h>
		#include <linux/slab.h>
		#include <ptforge/iommu.h>
		struct my_iommu;
		void my_invalidate(struct my_iommu *hw, u64 start, u64 last, bool tables);
		int my_attach_dev(struct iommu_domain *domain, struct device *dev,
				  struct iommu_domain *old);
		void my_domain_free(struct iommu_domain *domain);
		extern const struct iommu_ops my_ops;
	END
	block 2
	echo 'const struct iommu_ops my_ops = {'
	echo '	.domain_alloc_paging = my_domain_alloc_paging,'
	echo '	.default_domain_ops = &my_domain_ops,'
	echo '};'
} >"$copy/iommu_glue/example_readme.c"
{
	cat <<-'END'
		#include <linux/module.h>
		#include <ptforge/gpu.h>
		struct my_job {
			struct ptf_gpu *pt;
			struct ptf_gpu_update update;
			struct ptf_source source;
			struct sg_table *sgt;
			u64 va, size;
		};
		void my_gpu_flush(struct ptf_gpu *gpu, const struct ptf_flush *flush);
		int my_vm_init(struct ptf_gpu *pt);
		int my_prepare(struct my_job *job);
		int my_run(struct my_job *job);
	END
	block 3
} >"$copy/gpu_glue/example_readme.c"
echo 'obj-m += iommu_glue/example_iommu.o gpu_glue/example_gpu.o
always-y += iommu_glue/example_readme.o gpu_glue/example_readme.o' >>"$copy/Kbuild"

# Only what the examples need; golden vectors are there for lima alone.
config="CONFIG_PTF_KUNIT=n CONFIG_PTF_REPLAY=n $(sed -n 's/.*(\(.*\)).*/\1/p' "$PTF/formats/Kbuild.list" |
	grep -vE '_(X86_64|AMDV1|ARM64_4K)$' | sed 's/$/=n/' | paste -sd' ')"
rc=0
CONFIG=$config NAME=examples progress "examples, modules" "$log" "$copy/scripts/build.sh" "$kernel" W=1 modules || rc=1
! grep -E '(warning|error): ' "$log" >&2 || rc=1
for o in iommu_glue/example_{iommu,readme} gpu_glue/example_{gpu,readme} {iommu_glue/ptf-iommu,gpu_glue/ptf-gpu}-{lima,v3d}; do
	[ -e "$copy/build/examples/$o.o" ] && r=$rc || r=1
	verdict "$o" $r
done

[[ $(<"$examples/v3d.h") == *"$(block 1)"* ]] && rc=0 || rc=1
verdict "README's part of v3d.h" $rc README.md

rc=0
"$PTF/scripts/htmldocs.sh" >"$log.html" 2>&1 || { rc=1; grep -E 'WARNING|ERROR|rror:' "$log.html" >&2 || :; }
verdict "documentation, by Sphinx" $rc "$log.html"

rc=0
make -C "$copy/tools" check FORMATS=lima VARIANTS="asan clang-debug" >"$log.host" 2>&1 || rc=1
verdict "suite of lima" $rc "$log.host"
grep -E '^  (asan|clang).*passed' "$log.host" || :
echo "$passed passed, $failed failed"
[ $failed = 0 ]

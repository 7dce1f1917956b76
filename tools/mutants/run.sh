#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Plant each bug of the list in a copy of the sources; a suite that still passes
# is a failure. Arguments choose mutants by name. OUT is where the copies are.

here=$(realpath "$(dirname "$0")")
export TOP=$(realpath "$here/../..")
export OUT=${OUT:-$TOP/build/mutants}
mkdir -p "$OUT"

mutant() {
	local name=$1 format=$2 file=$3 script=$4 dir=$OUT/$1 start=$SECONDS options='' sources='' rc
	rm -rf "$dir"
	mkdir -p "$dir"
	cp -r "$TOP"/{formats,pt_common,include,kunit,tools} "$dir/"
	sed -i "$script" "$dir/$file"
	if cmp -s "$TOP/$file" "$dir/$file"; then
		echo "failed: $name does not apply to $file"
		return
	fi
	case $file in
	# The checker exists only with CONFIG_PTF_DEBUG.
	pt_common/range.c) options=-DCONFIG_PTF_DEBUG sources=$dir/pt_common/range.c ;;
	# What leaves a table can be right by chance.
	pt_common/quick.h | pt_common/store.h) options=-fsanitize=address ;;
	esac
	if ! gcc -O1 -w -std=gnu11 $options -I"$dir/tools/shim" -I"$dir/include" -I"$dir" -I"$OUT" \
		-DPTF_FMT="$format" -DPTF_FMT_HEADER="\"formats/$format.h\"" \
		-DPTF_FMT_GOLDEN="\"golden-$format.h\"" \
		"$dir"/kunit/format_template.c "$dir"/tools/{kunit_main,mem_arena}.c \
		"$dir"/pt_common/core.c $sources -lcmocka -pthread -o "$dir/test" >"$dir.log" 2>&1; then
		echo "failed: $name does not compile, see $dir.log"
		return
	fi
	{ PTF_OPS=1500 timeout 60 "$dir/test"; } >"$dir.log" 2>&1
	rc=$?
	if [ $rc = 0 ]; then
		echo "failed: $name lives in ptf_$format"
	else
		echo "passed: $name ($((SECONDS - start)) s): $(grep -aE '^\[  FAILED  \] [a-z_]+$' "$dir.log" |
			sort -u | sed 's/.*\] //' | paste -sd' ')$([ $rc -lt 124 ] || echo " status $rc")"
	fi
	rm -rf "$dir"
}
export -f mutant

while read -r format; do
	awk -f "$TOP/scripts/golden2h.awk" "$TOP/formats/golden/$format.txt" >"$OUT/golden-$format.h" || exit 1
done < <(grep -v '^#' "$here/list" | awk '{ print $2 }' | sort -u)

grep -v '^#' "$here/list" | while read -r name format file script; do
	[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
	printf '%s\0%s\0%s\0%s\0' "$name" "$format" "$file" "$script"
done | xargs -0 -n4 -P "$(nproc)" bash -c 'mutant "$@"' - | tee "$OUT/log" | sed 's/^/  /'

failed=$(grep -c '^failed' "$OUT/log")
passed=$(grep -c '^passed' "$OUT/log")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

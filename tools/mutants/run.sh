#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Plant each bug of a list in a copy of the sources; a check that still passes is a
# failure. Arguments choose mutants by name. OUT is where the copies are.
#
#   run.sh [NAME]...		"list", by the tests that it names, which must all run. ALL=1 runs
#				all tests of the suite and says which fail.
#   run.sh --hardware [NAME]...	"hardware", by the emulated hardware of tools/hwcheck, alone.
#				What "###" follows says why none sees the mutant; then
#				it is a failure if one does. scripts/hwcheck.sh calls it.
#   run.sh --decode [NAME]...	"decode", and what no hardware sees of "hardware", by the
#				second decoder of tools/decode, alone. What another
#				"###" follows says why it does not see the mutant.

here=$(realpath "$(dirname "$0")")
export TOP=$(realpath "$here/../..")
export OUT=${OUT:-$TOP/build/mutants}
judge=judge_suite
case ${1:-} in
--hardware | --decode) judge=judge_${1#--}; shift ;;
esac
mkdir -p "$OUT"

mutant() {
	local judge=$1 name=$2 format=$3 tests=$4 file=$5 script=${6%%###*} reason='' dir=$OUT/$2
	[[ $6 != *###* ]] || reason=${6##*###}
	[ -z "${ALL:-}" ] || tests='*'
	rm -rf "$dir"
	mkdir -p "$dir"
	# All but the recorded traces
	cp -r "$TOP"/{formats,pt_common,include,tools} "$dir/"
	mkdir "$dir/kunit"
	cp -r "$TOP"/kunit/{suite,formats,*.[ch]} "$dir/kunit/"
	sed -i "$script" "$dir/$file"
	if cmp -s "$TOP/$file" "$dir/$file"; then
		echo "failed: $name does not apply to $file"
	elif ! $judge "$dir" "$name" "$format" "$tests" "$file" "$reason"; then
		echo "failed: $name does not compile, see $dir.log"
		return
	fi
	rm -rf "$dir"
}

judge_suite() {
	local dir=$1 name=$2 format=$3 tests=$4 file=$5 options='' sources='' source rc found
	case $file in
	# The checker exists only with CONFIG_PTF_DEBUG.
	pt_common/range.c) options=-DCONFIG_PTF_DEBUG sources=pt_common/range ;;
	# What leaves a table can be right by chance.
	pt_common/quick.h | pt_common/store.h) options=-fsanitize=address ;;
	esac
	for source in kunit/format_template tools/kunit_main tools/mem_arena pt_common/core \
		pt_common/mirror $sources; do
		clang -O0 -w -std=gnu11 $options -I"$dir/tools/shim" -I"$dir/include" -I"$dir" -I"$dir/kunit" -I"$OUT" \
			-DPTF_FMT="$format" -DPTF_FMT_HEADER="\"formats/$format.h\"" \
			-DPTF_FMT_GOLDEN="\"golden-$format.h\"" \
			-c "$dir/$source.c" -o "$dir/$(basename $source).o" >"$dir.log" 2>&1 || return 1
	done
	clang $options "$dir"/*.o -lcmocka -pthread -o "$dir/test" >>"$dir.log" 2>&1 || return 1
	# What does not end is found too: no test of the list takes a third of this. What
	# waits for ever takes no time of the processor.
	{ (ulimit -t 8 && PTF_OPS=4000 exec timeout 100 "$dir/test" "$tests") >"$dir.log" 2>&1; } 2>/dev/null
	rc=$?
	found=$(grep -aE '^\[  FAILED  \] [a-z_]+$' "$dir.log" | sort -u | sed 's/.*\] //' | paste -sd' ')
	if [ $rc = 0 ]; then
		echo "failed: $name lives in ptf_$format, $tests"
	else
		echo "passed: $name: ${found:-$tests ended with status $rc}"
	fi
}

# The oracles one after the other, until one disagrees. Status 1 of the check is that;
# what the model's own checks find does not count.
judge_hardware() {
	local dir=$1 name=$2 format=$3 reason=$6 start=$SECONDS oracle config seen=''
	local objects
	mapfile -t objects < <(find "$HWCHECK" -name '*.o' ! -path '*/pt_common/*' | sort)
	gcc -O0 -w -std=gnu11 -I"$dir/tools/shim" -I"$dir/include" -I"$dir" -I"$dir/kunit" \
		-DPTF_FMT="$format" -DPTF_FMT_HEADER="\"formats/$format.h\"" \
		"$dir"/tools/hwcheck/hwcheck.c "$dir"/pt_common/{core,mirror}.c "${objects[@]}" \
		-pthread -o "$dir/test" >"$dir.log" 2>&1 || return 1
	while IFS=$'\t' read -r oracle config; do
		timeout 120 "$dir/test" run "$oracle" "$config" /dev/null >>"$dir.log" 2>&1 </dev/null
		[ $? != 1 ] || { seen="$oracle, $config"; break; }
	done < <("$dir/test" list)
	if [ -n "$seen" ] && [ -z "$reason" ]; then
		echo "passed: $name ($((SECONDS - start)) s): $seen: $(grep -B1 '^ *replay:' "$dir.log" | head -n1 | sed 's/^ *//')"
	elif [ -n "$seen" ]; then
		echo "failed: $name is seen after all, by $seen"
	elif [ -n "$reason" ]; then
		echo "passed: $name ($((SECONDS - start)) s): not seen:$reason"
	else
		echo "failed: $name lives in $format: $(tail -n1 "$dir.log")"
	fi
}

# What the program does with a bug, crash for instance, does not count; a disagreement does.
judge_decode() {
	local dir=$1 name=$2 format=$3 reason=$6 start=$SECONDS seen
	gcc -O0 -w -std=gnu11 -I"$dir/tools/shim" -I"$dir/include" -I"$dir" \
		-DPTF_FMT="$format" -DPTF_FMT_HEADER="\"formats/$format.h\"" \
		"$dir"/tools/decode/tables.c "$dir"/tools/mem_arena.c "$dir"/pt_common/{core,mirror}.c \
		-pthread -o "$dir/tables_$format" >"$dir.log" 2>&1 || return 1
	PYTHONDONTWRITEBYTECODE=1 timeout 120 "$TOP/tools/decode/check.py" --programs "$dir" -j 1 \
		"$format" >"$dir.log" 2>&1
	seen=$(grep -A2 -m1 "$format: seed 0x" "$dir.log" | sed 's/.*seed [^ ]*: //; s/^ *//' | paste -sd' ')
	if [ -n "$seen" ] && [ -z "$reason" ]; then
		echo "passed: $name ($((SECONDS - start)) s): $seen"
	elif [ -n "$seen" ]; then
		echo "failed: $name is seen after all: $seen"
	elif [ -n "$reason" ]; then
		echo "passed: $name ($((SECONDS - start)) s): not seen:$reason"
	else
		echo "failed: $name lives in $format: $(tail -n1 "$dir.log")"
	fi
}
export -f mutant judge_suite judge_hardware judge_decode

# The planted bugs as in "list", each with the reason that concerns this judge. Only the
# suite has tests to choose from.
bugs() {
	case $judge in
	judge_suite) cat "$here/list" ;;
	judge_hardware) sed 's/\s\+/ - /2; s/\(###[^#]*\)###.*/\1/' "$here/hardware" ;;
	judge_decode)
		sed 's/\s\+/ - /2' "$here/decode"
		sed -n '/^#/d; s/\s\+/ - /2; s/###[^#]*//p' "$here/hardware"
		;;
	esac | grep -v '^#'
}

[ $judge != judge_suite ] || while read -r format; do
	golden=$TOP/formats/golden/$format.txt
	[ -e "$golden" ] || golden=$TOP/kunit/formats/golden/$format.txt
	awk -f "$TOP/scripts/golden2h.awk" "$golden" >"$OUT/golden-$format.h" || exit 1
done < <(grep -v '^#' "$here/list" | awk '{ print $2 }' | sort -u)

bugs | while read -r name format tests file script; do
	[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
	printf '%s\0%s\0%s\0%s\0%s\0%s\0' "$judge" "$name" "$format" "$tests" "$file" "$script"
done | xargs -0 -n6 -P "$(nproc)" bash -c 'mutant "$@"' - | tee "$OUT/log" | sed 's/^/  /'

failed=$(grep -c '^failed' "$OUT/log")
passed=$(grep -c '^passed' "$OUT/log")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Let emulated IOMMUs and MMUs judge our page tables: run the hardware checks of
# tools/hwcheck, as many at once as there are processors, and sum up.
#
#   hwcheck.sh
#   hwcheck.sh --mutants [NAME]...	plant the mistakes of tools/mutants/hardware, one at
#					a time; the hardware must find each
#
# DOCUMENT=1 writes Documentation/hardware-truth.rst when all pass. FORMATS, ORACLES and
# CASES choose by names and globs. HWCHECK_SEED replays a sequence that failed,
# HWCHECK_CHECKS says how many checks a case has at least. QEMU_DIR says where QEMU is.
# Results are in build/hwcheck.

. "$(dirname "$0")/lib.sh"
help "$@"

OUT=$PTF/build/hwcheck
export QEMU_DIR OUT
QEMU_DIR=$(qemu_dir)
all=$(sed -n 's/^ptf-formats-.*+= *//p' "$PTF/formats/Kbuild.list")
read -r -a formats <<<"${FORMATS:-${all//$'\n'/ }}"

# What is planted is compiled later, one mistake at a time.
[ "${1:-}" != --mutants ] || formats=("${formats[0]}")
make --no-print-directory -C "$PTF/tools" -j "$JOBS" OUT="$OUT" FORMATS="${formats[*]}" hwcheck-build
if [ "${1:-}" = --mutants ]; then
	shift
	HWCHECK=$OUT/hwcheck OUT=$PTF/build/mutants "$PTF/tools/mutants/run.sh" --hardware "$@"
	exit
fi
rm -rf "$OUT/cases"
mkdir -p "$OUT/cases"

run() {
	local name="$1, $2, $3" file="$OUT/cases/$1,$2,${3//[ \/]/_}" rc=0
	timeout 300 "$OUT/hwcheck/hwcheck_$1" run "$2" "$3" "$file.results" >"$file.log" 2>&1 </dev/null || rc=$?
	grep -qE "^(passed|failed): $name: " "$file.log" ||
		echo "failed: $name: ended with status $rc: $(tail -n1 "$file.log")" >>"$file.log"
	grep -E "^(passed|failed): $name: " "$file.log" | tail -n1 >"$file.verdict"
	[[ $(<"$file.verdict") == passed:* ]] || sed 's/^/    /' "$file.log" | grep -v '^ *failed: ' | tail -n 20
	printf '  %s of %s %s\n' "$(find "$OUT/cases" -name '*.verdict' | wc -l)" "$(wc -l <"$OUT/list")" \
		"$(<"$file.verdict")"
}
export -f run

for format in "${formats[@]}"; do
	"$OUT/hwcheck/hwcheck_$format" list | while IFS=$'\t' read -r oracle config; do
		# shellcheck disable=SC2053
		[[ $oracle == ${ORACLES:-*} && $config == ${CASES:-*} ]] || continue
		printf '%s\t%s\t%s\n' "$format" "$oracle" "$config"
	done
done >"$OUT/list"
tr '\t\n' '\0\0' <"$OUT/list" | xargs -0 -r -n3 -P "$JOBS" bash -c 'run "$@"' -

passed=$(cat "$OUT"/cases/*.verdict 2>/dev/null | grep -c '^passed' || :)
failed=$(cat "$OUT"/cases/*.verdict 2>/dev/null | grep -c '^failed' || :)
cat "$OUT"/cases/*.results >"$OUT/results" 2>/dev/null || :
awk -F'\t' '$4 == "checks" { n += $5 } $4 ~ /^except / { x += $5 }
	END { printf "%d checks agree, exceptions took %d out\n", n, x }' "$OUT/results"
if [ -n "${DOCUMENT:-}" ] && [ "$failed" = 0 ]; then
	"$OUT/hwcheck/hwcheck_${formats[0]}" exceptions >"$OUT/exceptions"
	"$PTF/scripts/hwcheck_doc.py" "$PTF/Documentation/hardware-truth.txt" "$OUT/results" "$OUT/exceptions" \
		"$PTF/tools/mutants/hardware" >"$OUT/document"
	mv "$OUT/document" "$PTF/Documentation/hardware-truth.rst"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

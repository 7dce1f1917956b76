#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check the sources without running them.
#
#   static.sh [PART]...
#
#   build        gcc and clang at W=1, LTS and newest kernel, no warning
#   sparse       sparse, LTS and newest kernel
#   coccinelle   the kernel's semantic patches and ours
#   checkpatch   the kernel's style, strict
#   kernel-doc   comments that say they are documentation
#
# Default: all. Each part counts one check for each file, and counts a file only
# if the checker shows that it read it. Ends with "N passed, N failed".
#
# What passed sparse or Coccinelle is remembered of the same sources, and the line says
# so; what passed checkpatch is of the same file. AGAIN=1 asks them again.

. "$(dirname "$0")/lib.sh"
help "$@"
cd "$PTF"

logs=$PTF/build/static
mkdir -p "$logs"
passed=0 failed=0

# verdict WHAT GOOD BAD [LOG]: a line, and the sums.
verdict() {
	passed=$((passed + $2)) failed=$((failed + $3))
	printf '  %-7s%-28s %5d files ok' "$([ "$3" = 0 ] && echo ok || echo FAILED)" "$1" "$2"
	if [ "$3" = 0 ]; then echo; else echo ", $3 findings${4:+, see $4}"; fi
}

# show FILE: the first findings, for the reader.
show() { head -n 20 "$1" | sed 's/^/         /' >&2; }

kernel_sources() {
	find formats pt_common iommu_glue gpu_glue kunit include -name '*.[ch]' | sort
}

# Objects that a build in build/$1 makes of our sources, generated or not.
objects() {
	find "build/$1" -name '*.o' ! -name '*.mod.o' ! -name '.*' |
		while read -r o; do [ ! -e "${o%.o}.c" ] || echo "$o"; done
}

# Warnings of a build that are about us: not that a prepared kernel has no symbols.
warnings() {
	grep -E '(warning|error|ERROR|WARNING)[: ]' "$1" |
		grep -vE 'Module.symvers is missing|modpost: .* undefined!|modpost: suppressed|unresolved symbol' || :
}

# build_one WHAT DIR KERNEL [make arguments]: in build/DIR
build_one() {
	local what=$1 dir=$2 kernel=$3 log=$logs/$1.log bad good
	shift 3
	NAME=$dir progress "W=1, $what" "$log" "$PTF/scripts/build.sh" "$kernel" "$@" modules || :
	warnings "$log" >"$log.bad"
	bad=$(wc -l <"$log.bad")
	good=$(objects "$dir" | wc -l)
	# As many modules as modules.order asks for, or the build did not get there.
	[ "$(find "build/$dir" -name '*.ko' | wc -l)" -ge \
		"$(wc -l <"build/$dir/modules.order" 2>/dev/null || echo 1)" ] || bad=$((bad + 1))
	verdict "W=1 $what" "$good" "$bad" "$log"
	if [ "$bad" != 0 ]; then
		show "$log.bad"
		# What was warned of once is to be warned of again.
		find "build/$dir" -name '*.o' -delete
	fi
}

# The newest kernel with gcc is the one that tests run in: no build of its own.
part_build() {
	rm -f build/{fast,static-*}/modules.order
	build_one gcc-newest fast fast
	build_one gcc-lts static-gcc-lts "$("$PTF/scripts/fetch.sh" headers lts)" W=1e
	build_one clang-lts static-clang-lts lts-clang
	build_one clang-newest static-clang-newest x86-clang
}

# sparse_one WHAT DIR KERNEL [make arguments]: where part_build has compiled it
sparse_one() {
	local what=$1 dir=$2 kernel=$3 log=$logs/sparse-$1.log bad=0 good=0 o
	shift 3
	NAME=$dir progress "sparse, $what" "$log" "$PTF/scripts/build.sh" "$kernel" "$@" \
		C=2 CHECK="$("$PTF/scripts/fetch.sh" sparse)" modules || :
	grep -E '^(/[^ ]*/build/|\.?/?)?[a-z_./0-9-]*:[0-9]+:[0-9]+: (warning|error)' "$log" |
		grep -vE '^(\./)?(arch|include)/|/(linux-[0-9][^/]*|linux-headers[^/]*)/' >"$log.bad" || :
	grep -E 'not available or not up to date|^make.*Error' "$log" >>"$log.bad" || :
	while read -r o; do
		# The name in the log may be relative to the directory of the build.
		if grep -qE "CHECK +(\S*/)?${o#"build/$dir/"}\$" <(sed 's/\.c$/.o/' "$log"); then
			good=$((good + 1))
		else
			echo "${o%.o}.c: no CHECK line: sparse did not read it" >>"$log.bad"
		fi
	done < <(objects "$dir")
	bad=$(wc -l <"$log.bad")
	[ $good -gt 0 ] || bad=$((bad + 1))
	verdict "sparse $what" $good "$bad" "$log"
	[ "$bad" = 0 ] || show "$log.bad"
}

part_sparse() {
	sparse_one newest fast fast
	sparse_one lts static-gcc-lts "$("$PTF/scripts/fetch.sh" headers lts)" W=1e
}

# Coccinelle reads sources without expanding what makes names: F(kind) and its
# like become F_kind in the copy that it gets, lines and columns stay. macros.h
# says the rest.
copy_for_spatch() {
	local f
	rm -rf "$logs/spatch"
	for f; do
		mkdir -p "$logs/spatch/$(dirname "$f")"
		sed -E 's/\b(F|GPU|IOMMU|OURS|GENERIC|SUBJECT|TWIN)\(([a-z0-9_]+)\)/\1_\2/g' "$f" >"$logs/spatch/$f"
	done
}

# semantic SCRIPT FILE...: its findings in these files, not in what they include, and one
# if it did not look at them.
semantic() {
	local script=$1 out
	shift
	# shellcheck disable=SC2046
	out=$(spatch -D report --no-show-diff --macro-file "$PTF/scripts/coccinelle/macros.h" \
		$(sed -n 's,^// *Options: ,,p' "$script" | sed 's/--very-quiet//') \
		--cocci-file "$script" "$@" 2>&1) || {
		echo "$script:1: spatch failed: $(tail -n1 <<<"$out")"
		return
	}
	grep -E '^[^ :]+\.[ch]:[0-9]+' <<<"$out" | grep -F -f <(printf '%s:\n' "$@") || :
	# It names the files that it handles or, if no pattern can match, skips.
	[ "$(grep -E '^(HANDLING|Skipping): ' <<<"$out" | tr ' ' '\n' | grep -cE '\.[ch]$')" = $# ] ||
		echo "$script:1: spatch did not look at every file"
}
export -f semantic

# A function that it cannot parse is one that it does not check.
unparsed() {
	spatch --macro-file "$PTF/scripts/coccinelle/macros.h" --parse-c "$1" 2>&1 |
		sed -nE "s,^bad: ([a-z].*\(.*[^\\]\$),$1:1: cannot parse \1,p"
}

part_coccinelle() {
	local src script files tables name want got log=$logs/coccinelle.bad scripts
	need spatch
	src=$(source_of newest)
	mapfile -t files < <(kernel_sources)
	copy_for_spatch "${files[@]}" scripts/coccinelle/tests/*.c
	cd "$logs/spatch"

	# A checker that finds nothing must be one that can find something.
	for script in "$PTF"/scripts/coccinelle/*.cocci; do
		name=$(basename "$script" .cocci)
		want=$(grep -n '/\* finding \*/' "scripts/coccinelle/tests/$name.c" | cut -d: -f1)
		got=$(semantic "$script" "scripts/coccinelle/tests/$name.c" | cut -d: -f2 | sort -nu)
		if [ -n "$want" ] && [ "$want" = "$got" ]; then
			verdict "self-test $name" 1 0
		else
			verdict "self-test $name" 0 1 "scripts/coccinelle/tests/$name.c"
		fi
	done

	for name in "${files[@]}"; do unparsed "$name"; done >"$log"
	verdict "parsed by Coccinelle" ${#files[@]} "$(wc -l <"$log")"
	show "$log"

	# Ours are about tables: what an allocator hands out is none yet, and what a
	# test does by hand, or leaves out to see it refused, is to differ.
	mapfile -t tables < <(printf '%s\n' "${files[@]}" |
		grep -vE '^(kunit/|pt_common/(store\.h|mem_[a-z]+\.c)$)')
	for script in "$PTF"/scripts/coccinelle/*.cocci; do
		name=$(basename "$script" .cocci)
		semantic "$script" "${tables[@]}" >"$log"
		verdict "$name" ${#tables[@]} "$(wc -l <"$log")"
		show "$log"
	done

	# The one that is for one driver needs OCaml.
	mapfile -t scripts < <(grep -lr --include='*.cocci' 'virtual report' "$src/scripts/coccinelle" |
		xargs grep -L ocaml)
	[ ${#scripts[@]} -gt 50 ] || die "$src has no semantic patches"
	printf '%s\n' "${scripts[@]}" |
		xargs -P "$JOBS" -I{} bash -c 'semantic "$@"' _ {} "${files[@]}" >"$log"
	verdict "${#scripts[@]} of the kernel's" ${#files[@]} "$(wc -l <"$log")"
	show "$log"
	cd "$PTF"
}

# A file is good if checkpatch returns 0 and says nothing; that is remembered of its
# content. Without GIT_DIR it leaves the texts of all licences to others.
checkpatch() {
	local ignore out known
	ignore=$(awk -v f="$1" '$1 == f || $1 == "*" { printf "%s%s", n++ ? "," : "", $2 }' scripts/checkpatch.allow)
	known=$CACHE/checkpatch/$({ echo "$1 $ignore"; cat "$1" "$src/scripts/checkpatch.pl"; } | sha256sum | cut -c1-32)
	[ -z "${AGAIN:-}" ] && [ -e "$known" ] || if out=$(GIT_DIR=/nonexistent "$src/scripts/checkpatch.pl" --root="$src" --strict \
		--no-summary --terse --show-types --ignore="${ignore:-NONE}" --max-line-length=100 \
		-f "$1" 2>&1) && [ -z "$out" ]; then
		touch "$known"
	else
		echo "${out:-$1:1: checkpatch failed}" >>"$logs/checkpatch.log"
		return
	fi
	echo "$1" >>"$logs/checkpatch.good"
}

part_checkpatch() {
	local src files good bad
	need perl
	src=$(source_of newest)
	mkdir -p "$CACHE/checkpatch"
	rm -f "$logs"/checkpatch.*
	touch "$logs"/checkpatch.{good,log}
	mapfile -t files < <({ kernel_sources; find tools scripts -name '*.[ch]' ! -path '*/coccinelle/*'
		find . -name build -prune -o \( -name Makefile -o -name 'Kbuild*' -o -name 'Kconfig*' \) -type f -print; } |
		sed 's,^\./,,' | sort -u)
	each checkpatch "${files[@]}"
	good=$(wc -l <"$logs/checkpatch.good") bad=$((${#files[@]} - good))
	verdict checkpatch "$good" "$bad" "$logs/checkpatch.log"
	[ $bad = 0 ] || show "$logs/checkpatch.log"
}

part_kernel-doc() {
	local src files bad log=$logs/kernel-doc.log canary=$logs/canary.h
	need python3
	src=$(source_of newest)
	# It reads the files in turn, and finds what is wrong with the last one.
	printf '/**\n * f() - a function\n * @b: no such argument\n */\nint f(int a);\n' >"$canary"
	mapfile -t files < <(kernel_sources)
	"$src/scripts/kernel-doc" -none -Wall "${files[@]}" "$canary" >"$log" 2>&1 || :
	grep -q "canary.h.*'a'" "$log" || die "kernel-doc does not report a wrong comment, see $log"
	bad=$(grep -vc canary.h "$log" || :)
	verdict kernel-doc $((bad ? 0 : ${#files[@]})) "$bad" "$log"
	[ "$bad" = 0 ] || { grep -v canary.h "$log" >"$log.bad"; show "$log.bad"; }
}

# Where it is remembered that a part passed on the same sources with the same tools;
# nothing for other parts, nor with a kernel of the user's own, which may change.
remembered_as() {
	[ -z "${AGAIN:-}${LINUX_SRC:-}${LTS_SRC:-}" ] || return 0
	case $1 in sparse | coccinelle) ;; *) return 0 ;; esac
	{
		source_of newest
		if [ "$1" = sparse ]; then
			"$PTF/scripts/fetch.sh" headers lts
			"$PTF/scripts/fetch.sh" sparse
			gcc --version | head -n1
		else
			need spatch
			spatch --version | head -n1
		fi
		echo "${CONFIG:-}"
		[ ! -e .config ] || cat .config
		find Kbuild Kconfig scripts formats pt_common iommu_glue gpu_glue kunit include -type f \
			! -path 'kunit/traces/*' -print0 | sort -z | xargs -0 sha256sum
	} | sha256sum | cut -c1-32 | sed "s,^,$CACHE/static/$1-,"
}

[ $# -gt 0 ] || set -- build sparse coccinelle checkpatch kernel-doc
mkdir -p "$CACHE/static"
for part; do
	start=$SECONDS before=$passed
	declare -F "part_$part" >/dev/null || die "no such part: $part; see $0 --help"
	known=$(remembered_as "$part")
	if [ -n "$known" ] && [ -e "$known" ]; then
		verdict "$part, remembered" "$(cat "$known")" 0
	else
		bad=$failed
		"part_$part"
		[ -z "$known" ] || [ "$failed" != "$bad" ] || echo $((passed - before)) >"$known"
	fi
	note "$part: $(clock $((SECONDS - start)))"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]

# SPDX-License-Identifier: GPL-2.0-only
#
# Turns the golden vectors of a format, formats/golden/<format>.txt, into C
# initialisers. formats/golden/README.rst describes the lines. POSIX awk.

function fail(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}

function number(field, what) {
	if ($field !~ /^(0x[0-9a-fA-F_]+|[0-9]+)$/)
		fail(what " is not a number: '" $field "'")
	gsub(/_/, "", $field)
	return $field
}

function wide(field, what) {
	return number(field, what) "ULL"
}

function attrs(field) {
	if ($field !~ /^[a-zA-Z0-9_=:,-]+$/)
		fail("attributes are a comma list: '" $field "'")
	return $field == "-" ? "" : $field
}

# The rest of the line, from a field on: where the specification says so.
function section(field,    text) {
	if (NF < field)
		fail("too few fields, '" $1 "' ends with a section of the specification")
	for (; field <= NF; field++)
		text = text (text == "" ? "" : " ") $field
	gsub(/["\\]/, "\\\\&", text)
	return text
}

function emit(op, values, where) {
	printf "{ .line = %d, .op = PTF_GOLDEN_%s, %s, .section = \"%s\" },\n",
	       FNR, op, values, where
	vectors++
}

/^[ \t]*(#|$)/ { next }

$1 == "leaf" {
	where = section(8)
	emit("LEAF", ".shape = " number(2, "shape") ", .addr = " wide(3, "address") \
	     ", .size_lg2 = " number(4, "size") ", .item = " number(5, "item") \
	     ", .attrs = \"" attrs(6) "\", .entry = " wide(7, "entry"), where)
	next
}

$1 == "table" {
	where = section(7)
	emit("TABLE", ".shape = " number(2, "shape") ", .addr = " wide(3, "address") \
	     ", .child = " number(4, "child shape") ", .attrs = \"" attrs(5) \
	     "\", .entry = " wide(6, "entry"), where)
	next
}

$1 == "empty" {
	where = section(4)
	emit("EMPTY", ".shape = " number(2, "shape") ", .entry = " wide(3, "entry"), where)
	next
}

$1 == "null" {
	where = section(5)
	emit("NULL", ".shape = " number(2, "shape") ", .size_lg2 = " number(3, "size") \
	     ", .entry = " wide(4, "entry"), where)
	next
}

$1 == "refuse" {
	where = section(4)
	if ($3 !~ /^E[A-Z]+$/)
		fail("not an error name: '" $3 "'")
	emit("REFUSE", ".attrs = \"" attrs(2) "\", .err = " $3, where)
	next
}

{ fail("'" $1 "' is none of leaf, null, table, empty, refuse") }

END {
	if (!failed && !vectors) {
		printf "%s: no vectors\n", FILENAME > "/dev/stderr"
		exit 1
	}
}

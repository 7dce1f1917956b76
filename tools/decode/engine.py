# SPDX-License-Identifier: GPL-2.0-only
"""
Walks page tables that are described by data.

A format is a tree of tables. A table says which bits of a VA index it, how large
its items are, and which kinds of entry it may hold. A kind of entry is a list of
fields, each with the place in the specification; bits that no field has are
reserved, and have to be 0. formats/ has the descriptions.

It shares nothing with the C headers in formats/ of the top directory, neither
code nor author's sheet: that is what makes it a judge of them.
"""
import functools
import struct
import sys

# What a mapping is for, in the words of include/ptforge/types.h, and the last three,
# which say what no caller asks for. Each is a condition on the fields of an entry; they
# are printed in this order.
WORDS = ("read", "write", "noexec", "priv", "global", "coherent", "encrypt",
         "wb", "wt", "nc", "device", "non-shareable", "inner", "outer",
         "non-secure", "dirty", "unaccessed")
RIGHTS = ("read", "write")      # a table entry can withhold them; it adds the others
BY_HARDWARE = ("dirty", "unaccessed")


class Malformed(Exception):
    """An entry that the specification does not allow, and the path to it."""

    def __init__(self, text, path=()):
        super().__init__(text)
        self.path = list(path)


class Unusable(Exception):
    """Arguments that make no sense for a format."""


# --- Fields

class Field:
    """
    Bits high:low of an entry.

    select: the value by which this kind of entry is told from the others
    only: the value, or set of values, that it must have
    to: it is a piece of the address, whose lowest bit is address bit @to
    changes: hardware changes it by itself, so items of a group may differ in it
    """

    def __init__(self, name, high, low, spec, *, select=None, only=None, to=None,
                 changes=False, ignored=False):
        self.name, self.high, self.low, self.spec = name, high, low, spec
        self.select, self.to, self.changes, self.ignored = select, to, changes, ignored
        self.only = {only} if isinstance(only, int) else only
        self.ones = (1 << (high - low + 1)) - 1
        self.mask = self.ones << low

    def get(self, entry):
        return entry >> self.low & self.ones

    @property
    def place(self):
        return f"{self.high}:{self.low}" if self.high > self.low else f"{self.low}"


def bit(name, number, spec, **more):
    return Field(name, number, number, spec, **more)


def bits(name, high, low, spec, **more):
    return Field(name, high, low, spec, **more)


def address(high, low, spec, to=None):
    """A piece of the address: bits high:low hold those from @to on, or the same ones."""
    to = low if to is None else to
    return Field(f"address[{to + high - low}:{to}]", high, low, spec, to=to)


def ignored(high, low, spec):
    return Field("ignored", high, low, spec, ignored=True)


# --- Entries

class Entry:
    """One kind of entry: its fields, and what they mean together."""

    def __init__(self, title, fields, words=None, raw=(), never=()):
        self.title = title
        self.fields = list(fields)
        self.words = words or {}
        self.named = {f.name: f for f in self.fields if not f.ignored}
        self.select_mask = sum(f.mask for f in self.fields if f.select is not None)
        self.select = sum(f.select << f.low for f in self.fields if f.select is not None)
        self.known = self.address_mask = self.changes = self.raw = 0
        for field in self.fields:
            if self.known & field.mask:
                raise ValueError(f"{title}: {field.name} overlaps another field")
            self.known |= field.mask
            self.address_mask |= field.mask if field.to is not None else 0
            self.changes |= field.mask if field.changes else 0
            self.raw |= field.mask if field.name in raw else 0
        self.pieces = [f for f in self.fields if f.to is not None]
        self.limited = [f for f in self.fields if f.only is not None]
        self.never = [(self.condition(c), why) for c, why in never]
        self.index = [self.named[name] for name in self.words.get("index", ())]
        self.tests = [(word, self.condition(self.words[word]))
                      for word in WORDS if word in self.words]
        self.said = {}

    def condition(self, alternatives):
        """[{field: value, ...}, ...] as masks and values; a single {} may stand alone."""
        if isinstance(alternatives, dict):
            alternatives = [alternatives]
        return [(sum(self.named[name].mask for name in fields),
                 sum(value << self.named[name].low for name, value in fields.items()))
                for fields in alternatives]

    def matches(self, entry):
        return entry & self.select_mask == self.select

    def check(self, entry, width):
        """Complain about what the specification forbids."""
        reserved = entry & ~self.known
        if reserved:
            places = [str(n) for n in range(width) if reserved >> n & 1]
            raise Malformed(f"{self.title}: reserved bit {', '.join(places)} is set")
        for field in self.limited:
            if field.get(entry) not in field.only:
                allowed = " or ".join(f"{value:#x}" for value in sorted(field.only))
                raise Malformed(f"{self.title}: {field.name} ({field.place}) is "
                                f"{field.get(entry):#x}, must be {allowed} ({field.spec})")
        for condition, why in self.never:
            if holds(condition, entry):
                raise Malformed(f"{self.title}: {why}")

    def address(self, entry):
        return sum(f.get(entry) << f.to for f in self.pieces)

    def says(self, entry):
        """The words that the entry says by itself, and its memory index if it has one."""
        key = entry & ~self.address_mask
        if key not in self.said:
            words = {word for word, condition in self.tests if holds(condition, entry)}
            if self.index:
                index = 0
                for field in self.index:
                    index = index << (field.high - field.low + 1) | field.get(entry)
                words.add(f"index={index}")
            if entry & self.raw:
                words.add(f"raw={entry & self.raw:#x}")
            self.said[key] = frozenset(words)
        return self.said[key]


class Empty(Entry):
    """Maps nothing. Hardware looks at no more than the fields that say so."""

    def __init__(self, *fields, title="not present"):
        super().__init__(title, fields)

    def check(self, entry, width):
        pass


class Link(Entry):
    """
    Points to a lower table.

    @words are what it leaves of rights for all below it, and what it adds: a word of
    RIGHTS that is named here must hold in each table entry on the way as well.
    """

    def __init__(self, title, below, fields, words=None, never=()):
        super().__init__(title, fields, words, never=never)
        self.below = below
        self.passed = {}

    def passes(self, entry, limits):
        """@limits, rights withheld and words added on the way, with this entry's own."""
        key = entry & ~self.address_mask, limits
        if key not in self.passed:
            withheld, added = limits
            said = self.says(entry)
            withheld |= {w for w in RIGHTS if w in self.words and w not in said}
            self.passed[key] = withheld, added | (said - set(RIGHTS))
        return self.passed[key]


class Leaf(Entry):
    """
    Yields an OA.

    size: log2 of its bytes, or a function that reads it out of the address; by
	default what one item of the table covers
    items: a leaf that is larger than an item fills several, with the "same" value
	or each with its "own" address
    from_oa: bits of OA that there must be for it to exist
    written: fields that hardware sets when it writes, where the first ones say that
	it records that: ({field: value, ...}, {field: value, ...})
    """

    def __init__(self, title, fields, words, *, size=None, items=None, raw=(), never=(),
                 from_oa=0, written=None):
        super().__init__(title, fields, words, raw, never)
        self.size, self.items, self.from_oa = size, items, from_oa
        self.offsets = {}
        self.written = [self.condition(fields)[0] for fields in written or ()]

    def group(self, entry, shift, size):
        """
        Of the group of items of 2^@shift bytes that @entry is one of: what they have in
        common, and what each has more.
        """
        if self.items == "same":
            return entry, [0] * (1 << (size - shift))
        if size not in self.offsets:
            self.offsets[size] = [self.place(i << shift) for i in range(1 << (size - shift))]
        return entry & ~self.place((1 << size) - 1), self.offsets[size]

    def place(self, at):
        """The address @at as bits of an entry."""
        return sum((at >> f.to & f.ones) << f.low for f in self.pieces)

    def write(self, entry):
        """The entry after a write through it by hardware that records them."""
        if self.written:
            (mask, value), (set_mask, set_value) = self.written
            if entry & mask == value:
                entry = entry & ~set_mask | set_value
        return entry


class Null(Leaf):
    """Is valid without an OA: what is read there is 0, what is written is lost."""


def holds(condition, entry):
    return any(entry & mask == value for mask, value in condition)


# --- Tables and formats

class Table:
    """
    level: tables between it and the lowest
    shift: log2 of the bytes of VA that an item covers
    index: log2 of the number of items
    item: bytes of an item
    entries: the kinds of entry; the first that matches is the one
    """

    def __init__(self, level, shift, index, item, entries, title=None):
        self.level, self.shift, self.index, self.item = level, shift, index, item
        self.entries = list(entries)
        self.title = title or f"level {level}"

    def kind(self, entry):
        for kind in self.entries:
            if kind.matches(entry):
                return kind
        raise Malformed(f"{self.title}: there is no such kind of entry")


class Format:
    """
    root: makes the root table for a number of levels
    levels: how many there may be
    spec: title of the specification that the places in the fields belong to
    more_roots: index bits that a root may have more than tables of its level below it
    sign_extend: VA is sign-extended, as CPUs do it
    memory: the memory types that the values of an index say, or are agreed to say
    """

    def __init__(self, name, title, spec, levels, root, *, more_roots=0, oa_bits=52,
                 sign_extend=False, memory=None):
        self.name, self.title, self.spec, self.levels = name, title, spec, levels
        self.root = functools.cache(root)
        self.more_roots, self.oa_bits = more_roots, oa_bits
        self.sign_extend, self.memory = sign_extend, memory or {}

    def levels_for(self, va_bits):
        """The least number of levels that decode so many bits; the most, without them."""
        for levels in self.levels:
            root = self.root(levels)
            if va_bits and va_bits <= root.shift + root.index + self.more_roots:
                return levels
        return self.levels[-1]


def radix(entries, *, page, index, item=8):
    """
    Tables that differ by nothing but their level.

    @entries is called as entries(level, shift, below), from the lowest level on.
    """
    def root(levels):
        table = None
        for level in range(levels):
            shift = page + level * index
            table = Table(level, shift, index, item, entries(level, shift, table))
        return table
    return root


# --- Walks

class Memory:
    """Pieces of physical memory, each bytes or the like at an address."""

    def __init__(self):
        self.pieces = []

    def add(self, data, at):
        self.pieces.append((at, memoryview(data)))

    def read(self, at, item, count):
        """A sequence of @count items."""
        for base, data in self.pieces:
            if base <= at and at + item * count <= base + len(data):
                kind = "Q" if item == 8 else "I"
                if sys.byteorder == "little":
                    return data[at - base:at - base + item * count].cast(kind)
                return struct.unpack_from(f"<{count}{kind}", data, at - base)
        raise Malformed(f"no memory at {at:#x}, where a table of {item * count} bytes should be")


class Step:
    """One item on the way to a VA."""

    def __init__(self, table, at, index, entry, kind=None):
        self.table, self.at, self.index, self.entry, self.kind = table, at, index, entry, kind


class Mapping:
    """A leaf: 2^size bytes from va to oa, None for null; @step is one of its items."""

    def __init__(self, va, oa, size, words, step):
        self.va, self.oa, self.size, self.words, self.step = va, oa, size, words, step

    def __str__(self):
        oa = "null" if self.oa is None else f"{self.oa:#x}"
        return f"{self.va:#x} {oa} {self.size} {self.words}"


class Decoder:
    """
    A page table in memory.

    top: address of the root table
    levels: levels of tables
    va_bits: bits of VA; the root has no more items than they need
    oa_bits: bits of OA, beyond which no address may reach
    encrypt: the address bit of encrypted memory, as a mask: in tables' addresses always
    sign_extend: VA is sign-extended, so that the root has all its items
    """

    def __init__(self, fmt, memory, top, levels, *, va_bits=None, oa_bits=None, encrypt=0,
                 sign_extend=False):
        if levels not in fmt.levels:
            raise Unusable(f"{fmt.name} has {' or '.join(map(str, fmt.levels))} levels, "
                           f"not {levels}")
        self.memory, self.top = memory, top
        self.root = fmt.root(levels)
        most = self.root.index + fmt.more_roots
        reach = min(self.root.shift + most, 64)
        self.va_bits = min(va_bits or reach - (reach > 64), 64)
        self.oa_bits = oa_bits or fmt.oa_bits
        self.encrypt, self.sign_extend = encrypt, sign_extend
        if sign_extend:
            self.root_index = reach - self.root.shift
        else:
            self.root_index = max(min(self.va_bits - self.root.shift, most), 0)
        self.width = self.root.shift + self.root_index
        self.seen = set()
        self.joined = {}

    # VA: the bits that the tables decode, and all of them

    def canonical(self, va):
        """A VA of the width that the tables decode, as the device says it."""
        if self.sign_extend and va >> (self.width - 1):
            va |= ~0 << self.width & (1 << 64) - 1
        return va

    def outside(self, va):
        """Whether the device cannot say this VA."""
        if self.sign_extend:
            upper = va >> (self.va_bits - 1)
            return upper not in (0, (1 << (65 - self.va_bits)) - 1)
        return va >> self.va_bits != 0

    def index_bits(self, table):
        return self.root_index if table is self.root else table.index

    # One entry

    def classify(self, table, entry):
        kind = table.kind(entry)
        self.seen.add(kind)
        kind.check(entry, table.item * 8)
        return kind

    def target(self, kind, entry):
        """Address of what the entry leads to, and whether it says "encrypted"."""
        at = kind.address(entry)
        encrypted = bool(at & self.encrypt)
        at &= ~self.encrypt
        if at >> self.oa_bits:
            raise Malformed(f"{kind.title}: address {at:#x} has more than {self.oa_bits} bits")
        return at, encrypted

    def below(self, kind, entry):
        at, encrypted = self.target(kind, entry)
        if self.encrypt and not encrypted:
            raise Malformed(f"{kind.title}: not marked as in encrypted memory")
        return at

    def leaf(self, step, items, va, limits):
        """The leaf that @step, for @va, is an item of. @items are its table's."""
        table, kind, index, entry = step.table, step.kind, step.index, step.entry
        at, encrypted = self.target(kind, entry)
        size = table.shift if kind.size is None else kind.size
        if callable(size):
            size = size(at)
            if not table.shift < size < table.shift + table.index:
                raise Malformed(f"{kind.title}: a size of 2^{size} does not belong here")
        if kind.from_oa > self.oa_bits:
            raise Malformed(f"{kind.title}: not with {self.oa_bits} bits of OA")
        words = kind.says(entry)
        if size > table.shift:
            words |= self.group(step, items, size, words)
            at &= -1 << size
        if at & ((1 << size) - 1):
            raise Malformed(f"{kind.title}: OA {at:#x} is not aligned to 2^{size}")
        va = self.canonical(va & -1 << size)
        if self.outside(va):
            raise Malformed(f"{kind.title}: {va:#x} is outside the {self.va_bits} bits of VA")
        if isinstance(kind, Null):
            at = None
        return Mapping(va, at, size, self.join(words, limits, encrypted), step)

    def group(self, step, items, size, words):
        """Check the items of a group; returns what words hardware has put into any."""
        kind, index, shift = step.kind, step.index, step.table.shift
        count = 1 << (size - shift)
        first = index & -count
        if first + count > len(items):
            raise Malformed(f"{kind.title}: the group does not fit into the table")
        base, offsets = kind.group(step.entry, shift, size)
        found = set()
        for i in range(count):
            entry, right = items[first + i], base | offsets[i]
            if entry == right:
                continue
            said = kind.says(entry)
            if (entry ^ right) & ~kind.changes or (said ^ words) - set(BY_HARDWARE):
                raise Malformed(f"{kind.title}: item {first + i:#x} does not belong to the group "
                                f"of item {index:#x}: it is {entry:#x}, not {right:#x}")
            found |= said & {"dirty"}
        return found

    def join(self, words, limits, encrypted):
        """Words of a leaf and of the way to it, in their order."""
        key = words, limits, encrypted
        if key not in self.joined:
            withheld, added = limits
            words = words - withheld | added | ({"encrypt"} if encrypted else set())
            order = {word: n for n, word in enumerate(WORDS)}
            self.joined[key] = " ".join(sorted(
                words, key=lambda w: (order.get(w, order["device"] + 0.5 if w.startswith("index")
                                                else len(order)), w)))
        return self.joined[key]

    # All of a table, and one VA

    def mappings(self, malformed=None):
        """
        All that is mapped, in order of VA; with sign extension the lower half first.

        Each entry that is malformed is given to @malformed, or else raised.
        """
        yield from self.visit(self.root, self.top, 0, (frozenset(), frozenset()), [], malformed)

    def visit(self, table, at, va, limits, path, malformed):
        path = path + [Step(table, at, 0, 0)]
        here = path[-1]
        try:
            items = self.memory.read(at, table.item, 1 << self.index_bits(table))
        except Malformed as error:
            error.path = path[:-1]
            if not malformed:
                raise
            malformed(error)
            return
        zero_is_empty = isinstance(table.entries[0], Empty) and table.entries[0].matches(0)
        index = 0
        while index < len(items):
            entry = here.entry = items[index]
            if not entry and zero_is_empty:
                index += 1
                continue
            here.index, here.kind = index, None
            item_va = va + (index << table.shift)
            step = 1
            try:
                here.kind = kind = self.classify(table, entry)
                if isinstance(kind, Link):
                    lower = self.below(kind, entry)
                    yield from self.visit(kind.below, lower, item_va,
                                          kind.passes(entry, limits), path, malformed)
                elif isinstance(kind, Leaf):
                    mapping = self.leaf(Step(table, at, index, entry, kind), items, item_va,
                                        limits)
                    step = max(1, 1 << (mapping.size - table.shift))
                    yield mapping
            except Malformed as error:
                error.path = error.path or list(path)
                if not malformed:
                    raise
                malformed(error)
            index += step

    def walk(self, va):
        """The steps to what translates @va, and the mapping, or None if nothing does."""
        if self.outside(va):
            raise Unusable(f"{va:#x} is outside the {self.va_bits} bits of VA")
        path, limits, table, at = [], (frozenset(), frozenset()), self.root, self.top
        va &= (1 << 64) - 1
        if not self.sign_extend and va >> self.width:
            return path, None
        low = va & (1 << self.width) - 1
        try:
            while True:
                items = self.memory.read(at, table.item, 1 << self.index_bits(table))
                index = low >> table.shift & len(items) - 1
                path.append(Step(table, at, index, items[index]))
                kind = path[-1].kind = self.classify(table, items[index])
                if isinstance(kind, Empty):
                    return path, None
                if isinstance(kind, Leaf):
                    return path, self.leaf(path[-1], items, low, limits)
                limits = kind.passes(items[index], limits)
                table, at = kind.below, self.below(kind, items[index])
        except Malformed as error:
            error.path = path
            raise

# SPDX-License-Identifier: GPL-2.0-only
#
# What people type. Kbuild says what is built, scripts/ do the work.

KDIR	?= /lib/modules/$(shell uname -r)/build
KERNEL	?= fast debug lts
FILTER	?=

# What the command line says to kbuild, and to nothing else.
kbuild-args := $(foreach v,CC LLVM V W C CF,$(if $(filter command,$(firstword $(origin $(v)))),$(v)=$($(v))))

export LINUX_SRC LTS_SRC PTF_CACHE TRACE

PHONY := modules
modules: kdir
	@scripts/build.sh $(KDIR) $(kbuild-args) modules
	@echo "modules: $(CURDIR)/build/$$(cat $(KDIR)/include/config/kernel.release)"

PHONY += all
all: modules

PHONY += kdir
kdir:
	@test -e $(KDIR)/Makefile || { \
	echo "error: no kernel to build modules for at $(KDIR)"; \
	echo "  its headers:        apt-get install linux-headers-$$(uname -r)"; \
	echo "  or another kernel:  make KDIR=/path/to/its/build"; \
	echo "  or the test kernels, which are fetched and built: make run, make check"; \
	exit 1; } >&2

# One file, for a look at what the templates become:
# make iommu_glue/ptf-iommu-x86_64.i
%.i %.s %.o %.lst: kdir
	@scripts/build.sh $(KDIR) $(kbuild-args) $@

PHONY += defconfig olddefconfig savedefconfig menuconfig
defconfig olddefconfig savedefconfig menuconfig:
	@scripts/config.sh $@ $(KDIR)

PHONY += run
run:
	@scripts/replay.sh $(TRACE)

PHONY += check host-test mutants decode-check hwcheck kunit replay-test static examples
check:
	@scripts/check.sh

host-test:
	@$(MAKE) --no-print-directory -C tools check

mutants:
	@$(MAKE) --no-print-directory -C tools mutants

decode-check:
	@$(MAKE) --no-print-directory -C tools decode-check

kunit:
	@set -e; for k in $(KERNEL); do scripts/kunit.sh $$k '$(FILTER)'; done

hwcheck:
	@scripts/hwcheck.sh

PHONY += decode-mutants
decode-mutants:
	@tools/mutants/run.sh --decode $(MUTANTS)

PHONY += hwcheck-mutants
hwcheck-mutants:
	@scripts/hwcheck.sh --mutants $(MUTANTS)

replay-test:
	@scripts/replay.sh --check

static:
	@scripts/static.sh

examples:
	@scripts/examples.sh

PHONY += bench bench-gpu
bench:
	@scripts/bench.sh

bench-gpu:
	@scripts/bench.sh gpu

PHONY += htmldocs
htmldocs:
	@scripts/htmldocs.sh

PHONY += setup kernels
setup:
	@scripts/setup.sh

kernels:
	@set -e; for k in $(KERNEL); do scripts/kernel.sh $$k; done

PHONY += clean distclean
clean:
	@rm -rf build
	@if [ -e tools/Makefile ]; then $(MAKE) -s -C tools clean; fi

distclean: clean
	@rm -f .config .config.old defconfig

PHONY += help
help:
	@cat scripts/help.txt

# The sources are nobody's product.
Makefile Kbuild Kconfig: ;

.PHONY: $(PHONY)

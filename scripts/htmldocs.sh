#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build Documentation/ as HTML in build/html; a warning is an error. kernel-doc
# comments come in through the kernel's own Sphinx extension, those of templates
# by way of kernel-doc.sed.

. "$(dirname "$0")/lib.sh"
help "$@"
need sphinx-build python3

srctree=$(source_of newest)
PTF_DOC_SRC=$PTF/build/htmldocs/src
export srctree PTF_DOC_SRC

# Unchanged files keep their times, so that only what changed is built again.
cd "$PTF"
find include pt_common iommu_glue gpu_glue -name '*.[ch]' | while read -r f; do
	mkdir -p "$PTF_DOC_SRC/${f%/*}"
	sed -E -f scripts/kernel-doc.sed "$f" >"$PTF_DOC_SRC/$f.new"
	cmp -s "$PTF_DOC_SRC/$f.new" "$PTF_DOC_SRC/$f" || cp "$PTF_DOC_SRC/$f.new" "$PTF_DOC_SRC/$f"
	rm "$PTF_DOC_SRC/$f.new"
done
sphinx-build -W --keep-going -q -b html -d build/htmldocs/doctrees Documentation build/html
echo "documentation: $PTF/build/html/index.html"

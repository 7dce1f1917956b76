#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build Documentation/ as HTML in build/html; a warning is an error. kernel-doc
# comments come in through the kernel's own Sphinx extension.

. "$(dirname "$0")/lib.sh"
help "$@"
need sphinx-build python3

src=$(source_of newest)
export srctree=$src KERNELDOC_SRC=$src
sphinx-build -W --keep-going -q -b html "$PTF/Documentation" "$PTF/build/html"
echo "documentation: $PTF/build/html/index.html"

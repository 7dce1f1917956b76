# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx configuration. scripts/htmldocs.sh sets the two variables."""

import os
import sys

kernel = os.environ["srctree"]
sys.path.insert(0, os.path.join(kernel, "Documentation", "sphinx"))

project = "ptforge"
copyright = "GPL-2.0-only"
extensions = ["kerneldoc"]
exclude_patterns = ["examples"]
html_theme = "alabaster"
html_theme_options = {
    "description": "Hardware page tables for the Linux kernel",
    "page_width": "1100px",
    "sidebar_width": "230px",
    "fixed_sidebar": True,
}
html_copy_source = False
html_show_copyright = False
highlight_language = "none"
primary_domain = "c"

# The sources, with the names of the templates made readable for kernel-doc
kerneldoc_srctree = os.environ["PTF_DOC_SRC"]
kerneldoc_bin = os.path.join(kernel, "scripts", "kernel-doc")

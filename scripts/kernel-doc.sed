# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a template readable for kernel-doc: names that the preprocessor puts
# together get FMT in the place of the format, and the comments of functions
# with such names become kernel-doc. Older kernel-docs do not know an attribute.

s/\b__maybe_unused //
s/\bIOMMU\((\w+)\)/ptf_iommu_FMT_\1/g
s/\bGPU\((\w+)\)/ptf_gpu_FMT_\1/g
s/\bF\((\w+)\)/FMT_\1/g
s/<fmt>/FMT/g
/^\/\*$/ {
	N
	s/\bF\((\w+)\)/FMT_\1/g
	s/<fmt>/FMT/g
	s/^\/\*\n( \* \w*FMT_\w+\(\) - )/\/**\n\1/
}

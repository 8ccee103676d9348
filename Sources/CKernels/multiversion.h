// How a kernel is compiled for several instruction sets, and the fixed lanes of its sums.
#pragma once
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__) && defined(__linux__)
#define ZQ_KERNEL \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ZQ_KERNEL
#endif

#define ZQ_INLINE static inline __attribute__((always_inline))

/// Sums and extrema run over this many lanes on every instruction set.
#define ZQ_LANES 16

// What the processor can do at most, for figures to be seen beside: loops that do nothing else.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs `rounds` of independent float32 fused multiply-adds in the widest registers there are.
///
/// Returns how many operations that were, two for each lane of each instruction; 0 where the processor
/// has no fused multiply-add.
double zqb_float_products(long rounds);

/// The same of AVX-512 VNNI's byte products, eight operations for each 32-bit lane; 0 where there are none.
double zqb_byte_products(long rounds);

/// out[i] = x[i]·1.0001f + 1e-3f: one pass over memory with next to no arithmetic. `out` may be `x`.
void zqb_scale(const float *x, float *out, size_t count);

/// Copies by the C library, so that a figure can be compared with what everybody knows.
void zqb_copy(const float *x, float *out, size_t count);

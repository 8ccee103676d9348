// Sixteen-bit floats: IEEE half precision and bfloat16, rounded to nearest even or stochastically.
//
// Stochastic rounding: x lies between two neighbours a <= x <= b; b is taken with the chance (x - a)/(b - a).
// Source: Gupta et al. 2015, arXiv:1502.02551, section 3.
#include "CKernels.h"
#include "multiversion.h"

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "half precision conversion is needed for this processor"
#endif

ZQ_INLINE float from_brain(uint16_t h) {
  uint32_t bits = (uint32_t)h << 16;
  float x;
  __builtin_memcpy(&x, &bits, 4);
  return x;
}

ZQ_INLINE uint16_t to_brain(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  // To nearest, ties to even; a NaN keeps its upper half, made quiet.
  uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return (uint16_t)(x == x ? rounded : (bits >> 16 | 0x40u));
}

ZQ_INLINE float from_ieee(uint16_t h) {
  _Float16 half;
  __builtin_memcpy(&half, &h, 2);
  return (float)half;
}

ZQ_INLINE uint16_t to_ieee(float x) {
  _Float16 half = (_Float16)x;
  uint16_t h;
  __builtin_memcpy(&h, &half, 2);
  return h;
}

ZQ_KERNEL void zq_to_half(const float *x, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = to_ieee(x[i]);
}

ZQ_KERNEL void zq_from_half(const uint16_t *x, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = from_ieee(x[i]);
}

ZQ_KERNEL void zq_to_brain(const float *x, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = to_brain(x[i]);
}

ZQ_KERNEL void zq_from_brain(const uint16_t *x, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = from_brain(x[i]);
}

/// The neighbour of `nearest`, which stands for `found`, on the side of x; bits of a sign and a magnitude.
ZQ_INLINE uint16_t neighbour(uint16_t nearest, float found, float x) {
  uint16_t magnitude = nearest & 0x7fffu, sign = nearest & 0x8000u;
  int outwards = (x > found) != (sign != 0);
  if (magnitude == 0) return x > found ? 0x0001u : 0x8001u;
  return (uint16_t)(sign | (uint16_t)(outwards ? magnitude + 1u : magnitude - 1u));
}

ZQ_KERNEL void zq_to_half_stochastic(const float *x, const float *uniform, uint16_t *out,
                                     size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint16_t near = to_ieee(x[i]);
    float a = from_ieee(near);
    uint16_t other = neighbour(near, a, x[i]);
    float share = (x[i] - a) / (from_ieee(other) - a);
    out[i] = uniform[i] < share ? other : near;
  }
}

ZQ_KERNEL void zq_to_brain_stochastic(const float *x, const float *uniform, uint16_t *out,
                                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint16_t near = to_brain(x[i]);
    float a = from_brain(near);
    uint16_t other = neighbour(near, a, x[i]);
    float share = (x[i] - a) / (from_brain(other) - a);
    out[i] = uniform[i] < share ? other : near;
  }
}

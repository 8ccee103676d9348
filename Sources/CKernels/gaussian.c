// Counter-based random numbers: z[c] is a pure function of (seed, draw, tensor, row, column).
//
// Source: Philox4x32-10, Salmon et al. 2011 (SC11), constants as in Random123; Box and Muller 1958.
// The polynomials for log, sin and cos are the classical single-precision ones (Cephes, Moshier),
// evaluated by explicit fma in a fixed order.
#include "CKernels.h"
#include "philox.h"

void zq_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
  uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)ZQ_PHILOX_M0 * x0, p1 = (uint64_t)ZQ_PHILOX_M1 * x2;
    uint32_t y0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0, y2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
    x1 = (uint32_t)p1;
    x3 = (uint32_t)p0;
    x0 = y0;
    x2 = y2;
    k0 += ZQ_PHILOX_W0;
    k1 += ZQ_PHILOX_W1;
  }
  words[0] = x0;
  words[1] = x1;
  words[2] = x2;
  words[3] = x3;
}

ZQ_INLINE float as_float(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, 4);
  return x;
}

ZQ_INLINE uint32_t as_bits(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  return bits;
}

/// The Box-Muller pair of two words: radius from `a`, angle from `b`.
ZQ_INLINE void normals_of(uint32_t a, uint32_t b, float *first, float *second) {
  // u = (a + 1/2) / 2^32 in (0, 1]; u = m·2^e with m in [sqrt(1/2), sqrt(2)).
  float u = ((float)a + 0.5f) * 0x1p-32f;
  int32_t e = (int32_t)(as_bits(u) - 0x3f3504f3u) >> 23;
  float m = as_float(as_bits(u) - ((uint32_t)e << 23));
  float f = m - 1.0f;
  float p = 7.0376836292e-2f;
  p = __builtin_fmaf(p, f, -1.1514610310e-1f);
  p = __builtin_fmaf(p, f, 1.1676998740e-1f);
  p = __builtin_fmaf(p, f, -1.2420140846e-1f);
  p = __builtin_fmaf(p, f, 1.4249322787e-1f);
  p = __builtin_fmaf(p, f, -1.6668057665e-1f);
  p = __builtin_fmaf(p, f, 2.0000714765e-1f);
  p = __builtin_fmaf(p, f, -2.4999993993e-1f);
  p = __builtin_fmaf(p, f, 3.3333331174e-1f);
  float f2 = f * f;
  float tail = __builtin_fmaf(p * f, f2, -0.5f * f2);
  float log_u = __builtin_fmaf((float)e, 0.693147180560f, f + tail);
  // At u = 1 the polynomial may end an ulp above zero.
  float square = -2.0f * log_u;
  square = square > 0.0f ? square : 0.0f;
  float r = __builtin_sqrtf(square);
  // The angle in quarter turns: q and a remainder in [-1/8, 1/8) turn.
  uint32_t q = (b + 0x20000000u) >> 30;
  int32_t rest = (int32_t)(b - (q << 30));
  float t = (float)rest * (6.28318530718f * 0x1p-32f);
  float t2 = t * t;
  float s = __builtin_fmaf(-1.9515295891e-4f, t2, 8.3321608736e-3f);
  s = __builtin_fmaf(s, t2, -1.6666654611e-1f);
  s = __builtin_fmaf(s * t2, t, t);
  float c = __builtin_fmaf(2.443315711e-5f, t2, -1.388731625e-3f);
  c = __builtin_fmaf(c, t2, 4.166664568e-2f);
  c = __builtin_fmaf(c * t2, t2, __builtin_fmaf(-0.5f, t2, 1.0f));
  float sine = (q & 1) ? c : s, cosine = (q & 1) ? s : c;
  sine = as_float(as_bits(sine) ^ ((q & 2) << 30));
  cosine = as_float(as_bits(cosine) ^ (((q + 1) & 2) << 30));
  *first = r * cosine;
  *second = r * sine;
}

/// 64 normals of each of `groups` groups of sixteen counters.
ZQ_INLINE void normals(uint32_t group, uint32_t row, uint32_t tensor, uint32_t draw, uint64_t seed,
                       float *z, const int groups) {
  uint32_t words[128];
  zq_philox_lanes(group * 16u, row, tensor, draw, seed, words, 16 * groups);
  for (int g = 0; g < groups; g++) {
    uint32_t *w = words + 64 * g;
    float *out = z + 64 * g;
    for (int l = 0; l < 16; l++) normals_of(w[l], w[16 + l], &out[l], &out[16 + l]);
    for (int l = 0; l < 16; l++) normals_of(w[32 + l], w[48 + l], &out[32 + l], &out[48 + l]);
  }
}

ZQ_KERNEL void zq_gaussian_row(float *out, size_t count, uint32_t row, uint32_t tensor,
                               uint32_t draw, uint64_t seed) {
  size_t c = 0;
  float z[64];
  // Two groups at a time: each alone is one long chain of products.
  for (; c + 128 <= count; c += 128) {
    normals((uint32_t)(c / 64), row, tensor, draw, seed, out + c, 2);
  }
  for (; c < count; c += 64) {
    normals((uint32_t)(c / 64), row, tensor, draw, seed, z, 1);
    for (size_t i = 0; i < 64 && c + i < count; i++) out[c + i] = z[i];
  }
}

ZQ_KERNEL void zq_gaussian_axpy_row(float *w, float factor, size_t count, uint32_t row,
                                    uint32_t tensor, uint32_t draw, uint64_t seed) {
  size_t c = 0;
  float z[128];
  for (; c + 128 <= count; c += 128) {
    normals((uint32_t)(c / 64), row, tensor, draw, seed, z, 2);
    for (int i = 0; i < 128; i++) w[c + i] = __builtin_fmaf(factor, z[i], w[c + i]);
  }
  for (; c < count; c += 64) {
    normals((uint32_t)(c / 64), row, tensor, draw, seed, z, 1);
    for (size_t i = 0; i < 64 && c + i < count; i++)
      w[c + i] = __builtin_fmaf(factor, z[i], w[c + i]);
  }
}

void zq_gaussian_row_reference(float *out, size_t count, uint32_t row, uint32_t tensor,
                               uint32_t draw, uint64_t seed) {
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  for (size_t c = 0; c < count; c++) {
    uint32_t word = (uint32_t)(c % 64 / 16);
    const uint32_t counter[4] = {(uint32_t)(c / 64 * 16 + c % 16), row, tensor, draw};
    uint32_t words[4];
    zq_philox4x32_10(counter, key, words);
    float first, second;
    normals_of(words[word & 2u], words[word | 1u], &first, &second);
    out[c] = (word & 1u) ? second : first;
  }
}

ZQ_KERNEL void zq_rademacher_row(float *out, size_t count, uint32_t row, uint32_t tensor,
                                 uint32_t draw, uint64_t seed) {
  uint32_t words[64];
  for (size_t c = 0; c < count; c += 64) {
    zq_philox_16((uint32_t)(c / 64 * 16), row, tensor, draw, seed, words);
    size_t n = count - c < 64 ? count - c : 64;
    for (size_t i = 0; i < n; i++) out[c + i] = as_float(0x3f800000u | (words[i] & 0x80000000u));
  }
}

ZQ_KERNEL void zq_uniform_row(float *out, size_t count, uint32_t row, uint32_t tensor,
                              uint32_t draw, uint64_t seed) {
  uint32_t words[64];
  for (size_t c = 0; c < count; c += 64) {
    zq_philox_16((uint32_t)(c / 64 * 16), row, tensor, draw, seed, words);
    size_t n = count - c < 64 ? count - c : 64;
    for (size_t i = 0; i < n; i++) out[c + i] = (float)(words[i] >> 8) * 0x1p-24f;
  }
}

ZQ_KERNEL void zq_round_stochastic(float *x, const float *uniform, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float below = __builtin_floorf(x[i]);
    x[i] = below + (uniform[i] < x[i] - below ? 1.0f : 0.0f);
  }
}

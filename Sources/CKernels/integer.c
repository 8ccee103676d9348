// The product of quantized tokens and quantized weights in integers.
//
//   y[t][n] = sx[t]·sw[n]·Σ_k (qx[t][k] − zx[t])·(qw[n][k] − zw[n]) + b[n]
//           = sx·sw·(Σ qx·qw − zw·Σ(qx − zx) − zx·Σ qw) + b
//
// Legend: q codes, s scales, z zero points, t tokens, n outputs, k inputs. Codes of tokens are centred
// (minus half their range) so that they fit a signed byte; codes of weights are unsigned.
// The bracket is an integer below 2^53 and exact on every path: int32 sums, then double precision.
#include "CKernels.h"
#include "multiversion.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ROWS ZQ_PANEL_ROWS

ZQ_KERNEL void zq_token_codes(const float *x, size_t columns, int bits, zq_grid grid,
                              int8_t *codes, size_t padded, zq_token_sum *sum) {
  float top = (float)((1 << bits) - 1), half = (float)(1 << (bits - 1));
  int32_t total = 0;
  for (size_t i = 0; i < columns; i++) {
    float code = __builtin_rintf(x[i] / grid.scale) + grid.zero;
    code = code < 0.0f ? 0.0f : code;
    code = code > top ? top : code;
    // A NaN must not reach the integer conversion, which is undefined for it; its scale is NaN.
    code = code == code ? code : 0.0f;
    int32_t centred = (int32_t)(code - half);
    codes[i] = (int8_t)centred;
    total += centred;
  }
  for (size_t i = columns; i < padded; i++) codes[i] = 0;
  double zero = (double)grid.zero - (double)half;
  *sum = (zq_token_sum){grid.scale, zero, (double)total - (double)columns * zero};
}

ZQ_KERNEL int32_t zq_code_sum(const uint8_t *codes, size_t count) {
  int32_t total = 0;
  for (size_t i = 0; i < count; i++) total += codes[i];
  return total;
}

ZQ_KERNEL void zq_interleave(const uint8_t *codes, size_t row, size_t columns, uint8_t *panel) {
  uint8_t *out = panel + row * 4;
  size_t k = 0;
  for (; k + 4 <= columns; k += 4) __builtin_memcpy(out + k * ROWS, codes + k, 4);
  if (k < columns) {
    uint8_t rest[4] = {0};
    for (size_t i = 0; k + i < columns; i++) rest[i] = codes[k + i];
    __builtin_memcpy(out + k * ROWS, rest, 4);
  }
}

/// From the sums of one token's codes to its outputs.
ZQ_INLINE void finish(const int32_t *sums, zq_token_sum token, const zq_weight_panel *w,
                      float *y) {
  for (size_t n = 0; n < ROWS; n++) {
    double exact = (double)sums[n] - w->zeros[n] * token.shifted - w->sums[n] * token.zero;
    y[n] = (float)exact * (token.scale * w->scales[n]) + w->biases[n];
  }
}

ZQ_INLINE void finish_some(const int32_t *sums, zq_token_sum token, const zq_weight_panel *w,
                           float *y, size_t outputs) {
  float row[ROWS];
  finish(sums, token, w, row);
  for (size_t n = 0; n < outputs; n++) y[n] = row[n];
}

void zq_integer_product_scalar(const int8_t *x, size_t stride, const zq_token_sum *tokens,
                               size_t count, const zq_weight_panel *w, size_t padded, float *y,
                               size_t y_stride, size_t outputs) {
  for (size_t t = 0; t < count; t++) {
    int32_t sums[ROWS] = {0};
    for (size_t k = 0; k < padded; k += 4)
      for (size_t n = 0; n < ROWS; n++)
        for (size_t i = 0; i < 4; i++)
          sums[n] += (int32_t)w->codes[k * ROWS + n * 4 + i] * (int32_t)x[t * stride + k + i];
    finish_some(sums, tokens[t], w, y + t * y_stride, outputs);
  }
}

#if defined(__x86_64__)

// — AVX2: bytes widened to 16 bits, since the byte product of AVX2 saturates —

#define AVX2 __attribute__((target("avx2,fma")))

AVX2 ZQ_INLINE void sums_avx2(const int8_t *x, size_t stride, const uint8_t *codes, size_t padded,
                              int32_t (*sums)[ROWS], const int tokens) {
  for (size_t group = 0; group < ROWS; group += 8) {
    __m256i a[4][2];
    for (int t = 0; t < tokens; t++) a[t][0] = a[t][1] = _mm256_setzero_si256();
    for (size_t k = 0; k < padded; k += 4) {
      const uint8_t *p = codes + k * ROWS + group * 4;
      __m256i first = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)p));
      __m256i second = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(p + 16)));
      for (int t = 0; t < tokens; t++) {
        int32_t four;
        __builtin_memcpy(&four, x + (size_t)t * stride + k, 4);
        __m256i v = _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
        a[t][0] = _mm256_add_epi32(a[t][0], _mm256_madd_epi16(first, v));
        a[t][1] = _mm256_add_epi32(a[t][1], _mm256_madd_epi16(second, v));
      }
    }
    for (int t = 0; t < tokens; t++) {
      __m256i pairs = _mm256_hadd_epi32(a[t][0], a[t][1]);
      _mm256_storeu_si256((__m256i *)(sums[t] + group), _mm256_permute4x64_epi64(pairs, 0xD8));
    }
  }
}

AVX2 void zq_integer_product_avx2(const int8_t *x, size_t stride, const zq_token_sum *tokens,
                                  size_t count, const zq_weight_panel *w, size_t padded, float *y,
                                  size_t y_stride, size_t outputs) {
  int32_t sums[4][ROWS];
  size_t t = 0;
  for (; t + 4 <= count; t += 4) {
    sums_avx2(x + t * stride, stride, w->codes, padded, sums, 4);
    for (size_t i = 0; i < 4; i++)
      finish_some(sums[i], tokens[t + i], w, y + (t + i) * y_stride, outputs);
  }
  for (; t < count; t++) {
    sums_avx2(x + t * stride, stride, w->codes, padded, sums, 1);
    finish_some(sums[0], tokens[t], w, y + t * y_stride, outputs);
  }
}

// — AVX-512 with VNNI: twelve tokens by 32 outputs stay in registers —

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")))

VNNI ZQ_INLINE void sums_vnni(const int8_t *x, size_t stride, const uint8_t *codes, size_t padded,
                              int32_t (*sums)[ROWS], const int tokens) {
  __m512i a[12][2];
  for (int t = 0; t < tokens; t++) a[t][0] = a[t][1] = _mm512_setzero_si512();
// Unrolled further, the sums would leave the registers.
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < padded; k += 4) {
    __m512i first = _mm512_loadu_si512(codes + k * ROWS);
    __m512i second = _mm512_loadu_si512(codes + k * ROWS + 64);
    for (int t = 0; t < tokens; t++) {
      int32_t four;
      __builtin_memcpy(&four, x + (size_t)t * stride + k, 4);
      __m512i v = _mm512_set1_epi32(four);
      // Broadcast once for both products, not once in each.
      __asm__("" : "+v"(v));
      a[t][0] = _mm512_dpbusd_epi32(a[t][0], first, v);
      a[t][1] = _mm512_dpbusd_epi32(a[t][1], second, v);
    }
  }
  for (int t = 0; t < tokens; t++) {
    _mm512_storeu_si512(sums[t], a[t][0]);
    _mm512_storeu_si512(sums[t] + 16, a[t][1]);
  }
}

VNNI void zq_integer_product_vnni(const int8_t *x, size_t stride, const zq_token_sum *tokens,
                                  size_t count, const zq_weight_panel *w, size_t padded, float *y,
                                  size_t y_stride, size_t outputs) {
  int32_t sums[12][ROWS];
  size_t t = 0;
  for (; t + 12 <= count; t += 12) {
    sums_vnni(x + t * stride, stride, w->codes, padded, sums, 12);
    for (size_t i = 0; i < 12; i++) {
      if (outputs == ROWS)
        finish(sums[i], tokens[t + i], w, y + (t + i) * y_stride);
      else
        finish_some(sums[i], tokens[t + i], w, y + (t + i) * y_stride, outputs);
    }
  }
  for (; t + 4 <= count; t += 4) {
    sums_vnni(x + t * stride, stride, w->codes, padded, sums, 4);
    for (size_t i = 0; i < 4; i++)
      finish_some(sums[i], tokens[t + i], w, y + (t + i) * y_stride, outputs);
  }
  for (; t < count; t++) {
    sums_vnni(x + t * stride, stride, w->codes, padded, sums, 1);
    finish_some(sums[0], tokens[t], w, y + t * y_stride, outputs);
  }
}

#endif

zq_integer_path zq_best_integer_path(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return zq_integer_vnni;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return zq_integer_avx2;
#endif
  return zq_integer_scalar;
}

void zq_integer_product(zq_integer_path path, const int8_t *x, size_t stride,
                        const zq_token_sum *tokens, size_t count, const zq_weight_panel *w,
                        size_t padded, float *y, size_t y_stride, size_t outputs) {
#if defined(__x86_64__)
  if (path == zq_integer_vnni)
    return zq_integer_product_vnni(x, stride, tokens, count, w, padded, y, y_stride, outputs);
  if (path == zq_integer_avx2)
    return zq_integer_product_avx2(x, stride, tokens, count, w, padded, y, y_stride, outputs);
#endif
  (void)path;
  zq_integer_product_scalar(x, stride, tokens, count, w, padded, y, y_stride, outputs);
}

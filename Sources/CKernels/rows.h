// Sums, maxima and e^x of a row, shared by forward (layers.c) and backward kernels (gradients.c).
#pragma once
#include "multiversion.h"

ZQ_INLINE float reduce_sum(const float lanes[ZQ_LANES]) {
  float a[8];
  for (int l = 0; l < 8; l++) a[l] = lanes[l] + lanes[l + 8];
  float b0 = a[0] + a[4], b1 = a[1] + a[5], b2 = a[2] + a[6], b3 = a[3] + a[7];
  return (b0 + b2) + (b1 + b3);
}

ZQ_INLINE float sum(const float *x, size_t count) {
  float lanes[ZQ_LANES] = {0};
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++) lanes[l] = lanes[l] + x[i + l];
  for (int l = 0; i < count; i++, l++) lanes[l] = lanes[l] + x[i];
  return reduce_sum(lanes);
}

ZQ_INLINE float sum_of_squares(const float *x, float shift, size_t count) {
  float lanes[ZQ_LANES] = {0};
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++) {
      float v = x[i + l] - shift;
      lanes[l] = __builtin_fmaf(v, v, lanes[l]);
    }
  for (int l = 0; i < count; i++, l++) {
    float v = x[i] - shift;
    lanes[l] = __builtin_fmaf(v, v, lanes[l]);
  }
  return reduce_sum(lanes);
}

ZQ_INLINE float maximum(const float *x, size_t count) {
  float lanes[ZQ_LANES];
  for (int l = 0; l < ZQ_LANES; l++) lanes[l] = x[0];
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
  for (int l = 0; i < count; i++, l++) lanes[l] = x[i] > lanes[l] ? x[i] : lanes[l];
  float m = lanes[0];
  for (int l = 1; l < ZQ_LANES; l++) m = lanes[l] > m ? lanes[l] : m;
  return m;
}

/// e^x for x <= 88, by 2^n · P(f); below -87 it is e^-87, small enough beside e^0. NaN stays NaN.
ZQ_INLINE float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  float n = __builtin_rintf(x * 1.44269504089f);
  float f = __builtin_fmaf(n, -0.693359375f, x);
  f = __builtin_fmaf(n, 2.12194440e-4f, f);
  float p = 1.9875691500e-4f;
  p = __builtin_fmaf(p, f, 1.3981999507e-3f);
  p = __builtin_fmaf(p, f, 8.3334519073e-3f);
  p = __builtin_fmaf(p, f, 4.1665795894e-2f);
  p = __builtin_fmaf(p, f, 1.6666665459e-1f);
  p = __builtin_fmaf(p, f, 5.0000001201e-1f);
  float e = __builtin_fmaf(p, f * f, f) + 1.0f;
  // A NaN must not reach the integer conversion, which is undefined for it.
  int32_t power = (x == x) ? (int32_t)n : 0;
  uint32_t bits = (uint32_t)(power + 127) << 23;
  float scale;
  __builtin_memcpy(&scale, &bits, 4);
  return e * scale;
}

// Norms, softmax, activations, rotary positions and reductions over rows.
//
// Legend: rows are tokens, columns are channels; everything is row-major float32. Sums run over
// sixteen lanes in double precision where a row's result feeds everything after it.
#include "CKernels.h"
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

ZQ_KERNEL void zq_rms_norm(const float *x, const float *gain, const float *bias, float *out,
                           size_t rows, size_t columns, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *a = x + r * columns;
    float *o = out + r * columns;
    float mean = sum_of_squares(a, 0.0f, columns) / (float)columns;
    float rstd = 1.0f / __builtin_sqrtf(mean + epsilon);
    if (bias) {
      for (size_t c = 0; c < columns; c++) o[c] = __builtin_fmaf(a[c] * rstd, gain[c], bias[c]);
    } else {
      for (size_t c = 0; c < columns; c++) o[c] = a[c] * rstd * gain[c];
    }
  }
}

ZQ_KERNEL void zq_layer_norm(const float *x, const float *gain, const float *bias, float *out,
                             size_t rows, size_t columns, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *a = x + r * columns;
    float *o = out + r * columns;
    float mean = sum(a, columns) / (float)columns;
    float variance = sum_of_squares(a, mean, columns) / (float)columns;
    float rstd = 1.0f / __builtin_sqrtf(variance + epsilon);
    for (size_t c = 0; c < columns; c++)
      o[c] = __builtin_fmaf((a[c] - mean) * rstd, gain[c], bias[c]);
  }
}

ZQ_KERNEL void zq_causal_softmax(float *scores, size_t rows, size_t columns,
                                 size_t first_visible) {
  for (size_t r = 0; r < rows; r++) {
    float *s = scores + r * columns;
    size_t visible = first_visible + r;
    float m = maximum(s, visible);
    for (size_t c = 0; c < visible; c++) s[c] = exponential(s[c] - m);
    float scale = 1.0f / sum(s, visible);
    for (size_t c = 0; c < visible; c++) s[c] = s[c] * scale;
    for (size_t c = visible; c < columns; c++) s[c] = 0.0f;
  }
}

ZQ_KERNEL void zq_silu_multiply(float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i];
    gate[i] = g / (1.0f + exponential(-g)) * up[i];
  }
}

ZQ_KERNEL void zq_relu(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] < 0.0f ? 0.0f : x[i];
}

ZQ_KERNEL void zq_add(float *x, const float *y, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] + y[i];
}

ZQ_KERNEL void zq_add_bias(float *x, const float *bias, size_t rows, size_t columns,
                           size_t stride) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    for (size_t c = 0; c < columns; c++) row[c] = row[c] + bias[c];
  }
}

ZQ_KERNEL void zq_rope_row(float *x, const float *cosine, const float *sine, size_t heads,
                           size_t head, int interleaved) {
  size_t half = head / 2;
  for (size_t h = 0; h < heads; h++) {
    float *v = x + h * head;
    for (size_t i = 0; i < half; i++) {
      size_t first = interleaved ? 2 * i : i, second = interleaved ? 2 * i + 1 : i + half;
      float a = v[first], b = v[second];
      v[first] = a * cosine[i] - b * sine[i];
      v[second] = a * sine[i] + b * cosine[i];
    }
  }
}

ZQ_KERNEL void zq_fold_logsumexp(const float *scores, size_t count, float *maximum_so_far,
                                 double *sum_so_far) {
  float m = maximum(scores, count);
  float previous = *maximum_so_far;
  float now = m > previous ? m : previous;
  double lanes[ZQ_LANES] = {0};
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++)
      lanes[l] = lanes[l] + (double)exponential(scores[i + l] - now);
  for (int l = 0; i < count; i++, l++) lanes[l] = lanes[l] + (double)exponential(scores[i] - now);
  double total = 0;
  for (int l = 0; l < ZQ_LANES; l++) total = total + lanes[l];
  *sum_so_far = *sum_so_far * (double)exponential(previous - now) + total;
  *maximum_so_far = now;
}

ZQ_KERNEL void zq_fold_column_maxima(const float *x, float *maxima, size_t rows,
                                     size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      float v = __builtin_fabsf(x[r * columns + c]);
      maxima[c] = v > maxima[c] ? v : maxima[c];
    }
}

ZQ_KERNEL void zq_fold_column_range(const float *x, float *least, float *most, size_t rows,
                                    size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      float v = x[r * columns + c];
      least[c] = v < least[c] ? v : least[c];
      most[c] = v > most[c] ? v : most[c];
    }
}

ZQ_KERNEL int zq_all_finite(const float *x, size_t count) {
  uint32_t bad = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x[i], 4);
    bad |= (uint32_t)((bits & 0x7f800000u) == 0x7f800000u);
  }
  return bad == 0;
}

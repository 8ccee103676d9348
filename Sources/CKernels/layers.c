// Norms, softmax, activations, rotary positions and reductions over rows.
//
// Legend: rows are tokens, columns are channels; everything is row-major float32. Sums run over
// sixteen lanes in double precision where a row's result feeds everything after it.
#include "CKernels.h"
#include "multiversion.h"
#include "rows.h"

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

ZQ_KERNEL void zq_silu_product(const float *restrict gate, const float *restrict up,
                               float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i];
    out[i] = g / (1.0f + exponential(-g)) * up[i];
  }
}

ZQ_KERNEL void zq_gelu_product(const float *gate, const float *up, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i];
    // 2u, with u = √(2/π)·(g + 0.044715·g³).
    float twice = 1.5957691216057308f * g * __builtin_fmaf(0.044715f * g, g, 1.0f);
    out[i] = g / (1.0f + exponential(-twice)) * up[i];
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

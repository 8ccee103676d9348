// Backward passes of layers.c; "forward" quotes the line that a loop undoes.
//
// Legend: rows are tokens, columns are channels; dout, dx are gradients of the loss with respect to
// a layer's output and input. Everything is row-major float32. What several consumers feed adds up
// (`+=`); the caller zeroes.
#include "CKernels.h"
#include "multiversion.h"
#include "rows.h"

/// Sum of x·y over fixed lanes.
ZQ_INLINE float dot(const float *x, const float *y, size_t count) {
  float lanes[ZQ_LANES] = {0};
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++) lanes[l] = __builtin_fmaf(x[i + l], y[i + l], lanes[l]);
  for (int l = 0; i < count; i++, l++) lanes[l] = __builtin_fmaf(x[i], y[i], lanes[l]);
  return reduce_sum(lanes);
}

/// Sum of x·y·z over fixed lanes.
ZQ_INLINE float dot3(const float *x, const float *y, const float *z, size_t count) {
  float lanes[ZQ_LANES] = {0};
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++)
      lanes[l] = __builtin_fmaf(x[i + l] * y[i + l], z[i + l], lanes[l]);
  for (int l = 0; i < count; i++, l++) lanes[l] = __builtin_fmaf(x[i] * y[i], z[i], lanes[l]);
  return reduce_sum(lanes);
}

ZQ_KERNEL void zq_rms_norm_backward(const float *restrict x, const float *restrict gain,
                                    const float *restrict dout, float *restrict dx,
                                    float *restrict dgain, float *restrict dbias, size_t rows,
                                    size_t columns, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *a = x + r * columns, *d = dout + r * columns;
    float *o = dx + r * columns;
    float mean = sum_of_squares(a, 0.0f, columns) / (float)columns;
    float rstd = 1.0f / __builtin_sqrtf(mean + epsilon);
    // Forward: out = n·gain with n = x·rstd. dx = rstd·(g - n·mean(g·n)) with g = dout·gain.
    float projection = dot3(d, gain, a, columns) * rstd / (float)columns;
    for (size_t c = 0; c < columns; c++) {
      float n = a[c] * rstd;
      o[c] = __builtin_fmaf(rstd, d[c] * gain[c] - n * projection, o[c]);
      dgain[c] = __builtin_fmaf(d[c], n, dgain[c]);
    }
    if (dbias)
      for (size_t c = 0; c < columns; c++) dbias[c] = dbias[c] + d[c];
  }
}

ZQ_KERNEL void zq_layer_norm_backward(const float *restrict x, const float *restrict gain,
                                      const float *restrict dout, float *restrict dx,
                                      float *restrict dgain, float *restrict dbias, size_t rows,
                                      size_t columns, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *a = x + r * columns, *d = dout + r * columns;
    float *o = dx + r * columns;
    float mean = sum(a, columns) / (float)columns;
    float variance = sum_of_squares(a, mean, columns) / (float)columns;
    float rstd = 1.0f / __builtin_sqrtf(variance + epsilon);
    // Forward: out = n·gain + bias with n = (x - mean)·rstd.
    // dx = rstd·(g - mean(g) - n·mean(g·n)) with g = dout·gain.
    float g_lanes[ZQ_LANES] = {0}, gn_lanes[ZQ_LANES] = {0};
    for (size_t i = 0; i < columns; i += ZQ_LANES) {
      size_t width = columns - i < ZQ_LANES ? columns - i : ZQ_LANES;
      for (size_t l = 0; l < width; l++) {
        float g = d[i + l] * gain[i + l];
        g_lanes[l] = g_lanes[l] + g;
        gn_lanes[l] = __builtin_fmaf(g, (a[i + l] - mean) * rstd, gn_lanes[l]);
      }
    }
    float g_mean = reduce_sum(g_lanes) / (float)columns;
    float gn_mean = reduce_sum(gn_lanes) / (float)columns;
    for (size_t c = 0; c < columns; c++) {
      float n = (a[c] - mean) * rstd;
      o[c] = __builtin_fmaf(rstd, d[c] * gain[c] - g_mean - n * gn_mean, o[c]);
      dgain[c] = __builtin_fmaf(d[c], n, dgain[c]);
      dbias[c] = dbias[c] + d[c];
    }
  }
}

ZQ_KERNEL void zq_softmax_backward(const float *weights, float *dweights, size_t rows,
                                   size_t columns, size_t first_visible) {
  for (size_t r = 0; r < rows; r++) {
    const float *p = weights + r * columns;
    float *d = dweights + r * columns;
    size_t visible = first_visible + r;
    // Forward: p = softmax(s). ds = p·(dp - Σ p·dp).
    float projection = dot(p, d, visible);
    for (size_t c = 0; c < visible; c++) d[c] = p[c] * (d[c] - projection);
    for (size_t c = visible; c < columns; c++) d[c] = 0.0f;
  }
}

ZQ_KERNEL void zq_silu_multiply_backward(const float *restrict gate, const float *restrict up,
                                         float *restrict dgate, float *restrict dout_dup,
                                         size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i], d = dout_dup[i];
    // Forward: out = g·σ·up. σ' = σ·(1 - σ).
    float sigmoid = 1.0f / (1.0f + exponential(-g));
    dgate[i] = d * up[i] * sigmoid * __builtin_fmaf(g, 1.0f - sigmoid, 1.0f);
    dout_dup[i] = d * g * sigmoid;
  }
}

ZQ_KERNEL void zq_gelu_multiply_backward(const float *restrict gate, const float *restrict up,
                                         float *restrict dgate, float *restrict dout_dup,
                                         size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i], d = dout_dup[i];
    // Forward: out = g·σ(2u)·up. σ' = σ·(1 - σ); (2u)' = √(8/π)·(1 + 3·0.044715·g²).
    float twice = 1.5957691216057308f * g * __builtin_fmaf(0.044715f * g, g, 1.0f);
    float slope = 1.5957691216057308f * __builtin_fmaf(0.134145f * g, g, 1.0f);
    float sigmoid = 1.0f / (1.0f + exponential(-twice));
    dgate[i] = d * up[i] * sigmoid * __builtin_fmaf(g * slope, 1.0f - sigmoid, 1.0f);
    dout_dup[i] = d * g * sigmoid;
  }
}

ZQ_KERNEL void zq_relu_backward(float *dx, const float *out, size_t count) {
  for (size_t i = 0; i < count; i++) dx[i] = out[i] <= 0.0f ? 0.0f : dx[i];
}

ZQ_KERNEL void zq_rope_row_backward(float *dx, const float *cosine, const float *sine,
                                    size_t heads, size_t head, int interleaved) {
  size_t half = head / 2;
  for (size_t h = 0; h < heads; h++) {
    float *v = dx + h * head;
    for (size_t i = 0; i < half; i++) {
      size_t first = interleaved ? 2 * i : i, second = interleaved ? 2 * i + 1 : i + half;
      float a = v[first], b = v[second];
      // The transpose of a rotation turns the other way.
      v[first] = a * cosine[i] + b * sine[i];
      v[second] = b * cosine[i] - a * sine[i];
    }
  }
}

ZQ_KERNEL void zq_add_column_sums(const float *x, float *sums, size_t rows, size_t columns,
                                  size_t stride) {
  for (size_t first = 0; first < columns; first += ZQ_LANES) {
    size_t width = columns - first < ZQ_LANES ? columns - first : ZQ_LANES;
    double lanes[ZQ_LANES] = {0};
    if (width == ZQ_LANES) {
      for (size_t r = 0; r < rows; r++)
        for (int l = 0; l < ZQ_LANES; l++)
          lanes[l] = lanes[l] + (double)x[r * stride + first + l];
    } else {
      for (size_t r = 0; r < rows; r++)
        for (size_t l = 0; l < width; l++)
          lanes[l] = lanes[l] + (double)x[r * stride + first + l];
    }
    for (size_t l = 0; l < width; l++) sums[first + l] = sums[first + l] + (float)lanes[l];
  }
}

/// Σ e^(x - m) in double over fixed lanes; x becomes e^(x - m).
ZQ_INLINE double exponentials(float *x, float m, size_t count) {
  double lanes[ZQ_LANES] = {0};
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++) {
      float e = exponential(x[i + l] - m);
      x[i + l] = e;
      lanes[l] = lanes[l] + (double)e;
    }
  for (int l = 0; i < count; i++, l++) {
    float e = exponential(x[i] - m);
    x[i] = e;
    lanes[l] = lanes[l] + (double)e;
  }
  double total = 0;
  for (int l = 0; l < ZQ_LANES; l++) total = total + lanes[l];
  return total;
}

ZQ_KERNEL void zq_cross_entropy_gradient(float *logits, size_t count, size_t target, float scale,
                                         float *largest, double *sum_of_exponentials) {
  float m = maximum(logits, count);
  double total = exponentials(logits, m, count);
  float factor = (float)((double)scale / total);
  for (size_t i = 0; i < count; i++) logits[i] = logits[i] * factor;
  logits[target] = logits[target] - scale;
  *largest = m;
  *sum_of_exponentials = total;
}

ZQ_KERNEL double zq_divergence_gradient(float *restrict student, const float *restrict teacher,
                                        size_t count, float scale, double log_student,
                                        double log_teacher) {
  // Σ p·((t - log Σe^t) - (s - log Σe^s)), p = e^(t - log Σe^t).
  double lanes[ZQ_LANES] = {0};
  float ls = (float)log_student, lt = (float)log_teacher;
  double gap = log_student - log_teacher;
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++) {
      float s = student[i + l], t = teacher[i + l];
      float p = exponential(t - lt);
      lanes[l] = lanes[l] + (double)p * ((double)t - (double)s + gap);
      student[i + l] = (exponential(s - ls) - p) * scale;
    }
  for (int l = 0; i < count; i++, l++) {
    float s = student[i], t = teacher[i];
    float p = exponential(t - lt);
    lanes[l] = lanes[l] + (double)p * ((double)t - (double)s + gap);
    student[i] = (exponential(s - ls) - p) * scale;
  }
  double total = 0;
  for (int l = 0; l < ZQ_LANES; l++) total = total + lanes[l];
  return total;
}

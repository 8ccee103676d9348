// Gradients through the quantizers of quantize.c, and the quantizers that only training needs.
//
// Legend: x is what was quantized, d holds the gradient of the quantizer's output and gets that of its
// input. Rounding passes gradients straight through; sums over a group run in double precision.
#include "CKernels.h"
#include "multiversion.h"

ZQ_INLINE double wide_sum(const double lanes[ZQ_LANES]) {
  double total = 0;
  for (int l = 0; l < ZQ_LANES; l++) total = total + lanes[l];
  return total;
}

/// Masks d to where codes aren't clamped and returns Σ d·∂ŵ/∂Δ and Σ d·∂ŵ/∂z at a given grid.
///
/// ŵ = (c − z)Δ with c = clamp(round(x/Δ) + z): inside, ∂ŵ/∂Δ = c − z − x/Δ and ∂ŵ/∂z = 0; clamped,
/// c − z and −Δ. A clamp passes gradients at its borders.
ZQ_INLINE zq_grid_gradient through_grid(const float *x, float *d, size_t count, int bits,
                                        zq_grid grid) {
  float top = (float)((1 << bits) - 1), scale = grid.scale, zero = grid.zero;
  double scales[ZQ_LANES] = {0}, zeros[ZQ_LANES] = {0};
  for (size_t start = 0; start < count; start += ZQ_LANES) {
    size_t width = count - start < ZQ_LANES ? count - start : ZQ_LANES;
    for (size_t l = 0; l < width; l++) {
      float ratio = x[start + l] / scale, g = d[start + l];
      float free = __builtin_rintf(ratio) + zero;
      float code = free < 0.0f ? 0.0f : free;
      code = code > top ? top : code;
      float inside = code == free ? 1.0f : 0.0f;
      scales[l] = scales[l] + (double)g * (double)((code - zero) - inside * ratio);
      zeros[l] = zeros[l] + (double)g * (double)(inside - 1.0f);
      d[start + l] = g * inside;
    }
  }
  return (zq_grid_gradient){wide_sum(scales), (double)scale * wide_sum(zeros)};
}

ZQ_KERNEL void zq_grid_backward(const float *x, float *d, size_t count, int bits, zq_grid grid,
                                zq_grid_gradient *gradient) {
  *gradient = through_grid(x, d, count, bits, grid);
}

/// Least and largest value, and how often each occurs.
ZQ_INLINE void counted_extrema(const float *x, size_t count, float *least, float *most,
                               float *at_least, float *at_most) {
  float los[ZQ_LANES], his[ZQ_LANES];
  for (int l = 0; l < ZQ_LANES; l++) los[l] = his[l] = x[0];
  for (size_t start = 0; start < count; start += ZQ_LANES) {
    size_t width = count - start < ZQ_LANES ? count - start : ZQ_LANES;
    for (size_t l = 0; l < width; l++) {
      float v = x[start + l];
      los[l] = v < los[l] ? v : los[l];
      his[l] = v > his[l] ? v : his[l];
    }
  }
  float lo = los[0], hi = his[0];
  for (int l = 1; l < ZQ_LANES; l++) {
    lo = los[l] < lo ? los[l] : lo;
    hi = his[l] > hi ? his[l] : hi;
  }
  // Counts are exact in float32 up to 2^24 columns, so their order doesn't matter.
  float lows[ZQ_LANES] = {0}, highs[ZQ_LANES] = {0};
  for (size_t start = 0; start < count; start += ZQ_LANES) {
    size_t width = count - start < ZQ_LANES ? count - start : ZQ_LANES;
    for (size_t l = 0; l < width; l++) {
      lows[l] = lows[l] + (x[start + l] == lo ? 1.0f : 0.0f);
      highs[l] = highs[l] + (x[start + l] == hi ? 1.0f : 0.0f);
    }
  }
  float low_count = 0, high_count = 0;
  for (int l = 0; l < ZQ_LANES; l++) {
    low_count = low_count + lows[l];
    high_count = high_count + highs[l];
  }
  *least = lo;
  *most = hi;
  *at_least = low_count;
  *at_most = high_count;
}

ZQ_INLINE zq_clip_gradient fake_quantize_backward(const float *x, float *d, size_t count, int bits,
                                                  zq_grid grid, float up, float low, float floor) {
  float least, most, at_least, at_most;
  counted_extrema(x, count, &least, &most, &at_least, &at_most);
  double by_scale = through_grid(x, d, count, bits, grid).scale;
  float top = (float)((1 << bits) - 1);
  float raw = (up * most - low * least) / top;
  // The scale's clamp passes at its borders; z is rounded for good, so nothing comes through it.
  double range = raw >= floor && raw <= 1e4f ? by_scale / (double)top : 0.0;
  // A group that isn't finite has a NaN for a scale: no gradient of it may look like a number.
  float bad = grid.scale * 0.0f;
  range = range + (double)bad;
  float high = (float)(range * (double)up / (double)at_most);
  float bottom = (float)(-range * (double)low / (double)at_least);
  // amin and amax share a gradient evenly among ties.
  for (size_t i = 0; i < count; i++) {
    float g = d[i] + bad + (x[i] == most ? high : 0.0f);
    d[i] = g + (x[i] == least ? bottom : 0.0f);
  }
  return (zq_clip_gradient){(float)(range * (double)most), (float)(-range * (double)least)};
}

ZQ_KERNEL zq_clip_gradient zq_fake_quantize_backward(const float *x, float *d, size_t count,
                                                     int bits, zq_grid grid, float up, float low,
                                                     float floor) {
  return fake_quantize_backward(x, d, count, bits, grid, up, low, floor);
}

ZQ_KERNEL void zq_pass_inside(const float *x, float *d, size_t count, float bound) {
  for (size_t i = 0; i < count; i++) d[i] = __builtin_fabsf(x[i]) >= bound ? 0.0f : d[i];
}

// — LLM-QAT's quantizers —

/// 0, or NaN when any value is NaN or infinite: comparisons pass those over.
ZQ_INLINE float poison(const float *x, size_t count) {
  float bad[ZQ_LANES] = {0}, total = 0;
  for (size_t start = 0; start < count; start += ZQ_LANES) {
    size_t width = count - start < ZQ_LANES ? count - start : ZQ_LANES;
    for (size_t l = 0; l < width; l++) bad[l] = __builtin_fmaf(x[start + l], 0.0f, bad[l]);
  }
  for (int l = 0; l < ZQ_LANES; l++) total = total + bad[l];
  return total;
}

ZQ_KERNEL void zq_symmetric(float *x, size_t count, int bits) {
  float least, most, at_least, at_most;
  counted_extrema(x, count, &least, &most, &at_least, &at_most);
  float largest = -least > most ? -least : most;
  float top = (float)((1 << (bits - 1)) - 1);
  float rate = top / (largest + 1e-6f) + poison(x, count);
  for (size_t i = 0; i < count; i++) x[i] = __builtin_rintf(x[i] * rate) / (rate + 1e-6f);
}

ZQ_KERNEL void zq_asymmetric(float *x, size_t count, int bits) {
  float least, most, at_least, at_most;
  counted_extrema(x, count, &least, &most, &at_least, &at_most);
  float range = (most - least) + 1e-8f + poison(x, count), top = (float)((1 << bits) - 1);
  for (size_t i = 0; i < count; i++)
    x[i] = __builtin_rintf((x[i] - least) / range * top) / top * range + least;
}

ZQ_KERNEL void zq_mean_absolute(float *x, size_t count, int bits) {
  double lanes[ZQ_LANES] = {0};
  for (size_t start = 0; start < count; start += ZQ_LANES) {
    size_t width = count - start < ZQ_LANES ? count - start : ZQ_LANES;
    for (size_t l = 0; l < width; l++)
      lanes[l] = lanes[l] + (double)__builtin_fabsf(x[start + l]);
  }
  float mean = (float)(wide_sum(lanes) / (double)count);
  // Zeros stay zeros, where a division by their mean would make them NaN.
  if (mean == 0.0f) return;
  if (bits == 1) {
    for (size_t i = 0; i < count; i++) {
      // A NaN shows in the mean.
      x[i] = mean * ((x[i] > 0.0f ? 1.0f : 0.0f) - (x[i] < 0.0f ? 1.0f : 0.0f));
    }
    return;
  }
  float scale = 2.0f * mean, levels = (float)(1 << (bits - 1)), edge = 0.99f;
  for (size_t i = 0; i < count; i++) {
    float v = x[i] / scale;
    v = v < -edge ? -edge : v;
    v = v > edge ? edge : v;
    x[i] = scale * (__builtin_rintf(v * levels - 0.5f) + 0.5f) / levels;
  }
}

// — sums over rows, for the gradients of smoothing —

ZQ_KERNEL void zq_fold_product(double *sum, const float *x, const float *y, double factor,
                               size_t count) {
  if (y) {
    for (size_t i = 0; i < count; i++)
      sum[i] = sum[i] + factor * ((double)x[i] * (double)y[i]);
  } else {
    for (size_t i = 0; i < count; i++) sum[i] = sum[i] + factor * (double)x[i];
  }
}

ZQ_KERNEL double zq_dot3(const float *x, const float *y, const float *z, size_t count) {
  double lanes[ZQ_LANES] = {0};
  for (size_t start = 0; start < count; start += ZQ_LANES) {
    size_t width = count - start < ZQ_LANES ? count - start : ZQ_LANES;
    for (size_t l = 0; l < width; l++)
      lanes[l] = lanes[l] + (double)x[start + l] * (double)y[start + l] * (double)z[start + l];
  }
  return wide_sum(lanes);
}

ZQ_KERNEL void zq_add_scaled(float *x, const float *y, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = __builtin_fmaf(factor, y[i], x[i]);
}

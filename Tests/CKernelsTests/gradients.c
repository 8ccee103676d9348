// Backward passes of the layers.
#include "results.h"
#include <string.h>

#define CASE "%zu values, special %d", count, special

static void norms(const float *x, size_t count, int special) {
  (void)x;
  float *rows = row(0, 3 * count, count, special), *gain = row(1, count, 14, 0);
  float *dout = row(2, 3 * count, 15, 0);
  for (int with_bias = 0; with_bias < 2; with_bias++) {
    float *dx = row(3, 3 * count, 16, 0), *dgain = row(4, count, 17, 0), *dbias = row(5, count, 18, 0);
    zq_rms_norm_backward(rows, gain, dout, dx, dgain, with_bias ? dbias : NULL, 3, count, 1e-5f);
    emit("zq_rms_norm_backward", floats, dx, 3 * count + 1, "x, bias %d, %zu values, special %d", with_bias, count, special);
    emit("zq_rms_norm_backward", floats, dgain, count + 1, "gain, bias %d, %zu values, special %d", with_bias, count, special);
    emit("zq_rms_norm_backward", floats, dbias, count + 1, "bias %d, %zu values, special %d", with_bias, count, special);
  }
  float *dx = row(3, 3 * count, 16, 0), *dgain = row(4, count, 17, 0), *dbias = row(5, count, 18, 0);
  zq_layer_norm_backward(rows, gain, dout, dx, dgain, dbias, 3, count, 1e-5f);
  emit("zq_layer_norm_backward", floats, dx, 3 * count + 1, "x, " CASE);
  emit("zq_layer_norm_backward", floats, dgain, count + 1, "gain, " CASE);
  emit("zq_layer_norm_backward", floats, dbias, count + 1, "bias, " CASE);
}

static void activations(const float *x, size_t count, int special) {
  float *dgate = row(1, count, 0, 0), *up = row(2, count, 18, 0), *dup = row(3, count, 17, 0);
  zq_silu_multiply_backward(x, up, dgate, dup, count);
  emit("zq_silu_multiply_backward", floats, dgate, count + 1, "gate, " CASE);
  emit("zq_silu_multiply_backward", floats, dup, count + 1, "up, " CASE);
  float *gup = row(2, count, 18, 0), *gdup = row(3, count, 17, 0);
  zq_gelu_multiply_backward(x, gup, dgate, gdup, count);
  emit("zq_gelu_multiply_backward", floats, dgate, count + 1, "gate, " CASE);
  emit("zq_gelu_multiply_backward", floats, gdup, count + 1, "up, " CASE);
  float *dx = row(1, count, 19, 0);
  zq_relu_backward(dx, x, count);
  emit("zq_relu_backward", floats, dx, count + 1, CASE);
}

static void attention(const float *x, size_t count, int special) {
  (void)x;
  size_t rows = count < 5 ? count : 5;
  float *weights = row(1, rows * count, 16, 0), *d = row(2, rows * count, count, special);
  zq_softmax_backward(weights, d, rows, count, count - rows + 1);
  emit("zq_softmax_backward", floats, d, rows * count + 1, CASE);
}

static void columns(const float *x, size_t count, int special) {
  (void)x;
  float *rows = row(1, 3 * (count + 3), count, special), *sums = row(2, count, 20, 0);
  zq_add_column_sums(rows, sums, 3, count, count + 3);
  emit("zq_add_column_sums", floats, sums, count + 1, CASE);
}

static void losses(const float *x, size_t count, int special) {
  float *y = row(1, count, 0, 0), largest = 0;
  double sum = 0;
  memcpy(y, x, 4 * count);
  zq_cross_entropy_gradient(y, count, count / 2, 0.3f, &largest, &sum);
  emit("zq_cross_entropy_gradient", floats, y, count + 1, CASE);
  emit("zq_cross_entropy_gradient", floats, &largest, 1, "largest, " CASE);
  emit("zq_cross_entropy_gradient", doubles, &sum, 1, "sum, " CASE);
  float *teacher = row(2, count, 22, 0);
  memcpy(y, x, 4 * count);
  double loss = zq_divergence_gradient(y, teacher, count, 0.3f, 2.5, 3.5);
  emit("zq_divergence_gradient", floats, y, count + 1, CASE);
  emit("zq_divergence_gradient", doubles, &loss, 1, "loss, " CASE);
}

static void positions(void) {
  static const size_t heads[] = {2, 8, 16, 24, 64, 80, 128};
  for (int i = 0; i < 7; i++)
    for (int interleaved = 0; interleaved < 2; interleaved++) {
      size_t head = heads[i];
      float *cosine = row(1, head / 2, 1, 0), *sine = row(2, head / 2, 2, 0), *x = row(0, 3 * head, head, 0);
      zq_rope_row_backward(x, cosine, sine, 3, head, interleaved);
      emit("zq_rope_row_backward", floats, x, 3 * head + 1, "head %zu, interleaved %d", head, interleaved);
    }
}

void probe_gradients(void) {
  over_lengths(norms);
  over_lengths(activations);
  over_lengths(attention);
  over_lengths(columns);
  over_lengths(losses);
  positions();
}

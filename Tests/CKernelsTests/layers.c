// Norms, softmax, activations, rotary positions and reductions over rows.
#include "results.h"
#include <string.h>

#define CASE "%zu values, special %d", count, special

static void norms(const float *x, size_t count, int special) {
  float *gain = row(1, count, 9, 0), *bias = row(2, count, 10, 0), *out = row(3, 3 * count, 0, 0);
  float *rows = row(4, 3 * count, count, special);
  (void)x;
  zq_rms_norm(rows, gain, NULL, out, 3, count, 1e-5f);
  emit("zq_rms_norm", floats, out, 3 * count + 1, CASE);
  zq_rms_norm(rows, gain, bias, out, 3, count, 1e-6f);
  emit("zq_rms_norm", floats, out, 3 * count + 1, "bias, " CASE);
  zq_layer_norm(rows, gain, bias, out, 3, count, 1e-5f);
  emit("zq_layer_norm", floats, out, 3 * count + 1, CASE);
}

static void activations(const float *x, size_t count, int special) {
  float *y = row(1, count, 0, 0), *up = row(2, count, 5, 0), *out = row(3, count, 0, 0);
  memcpy(y, x, 4 * count);
  zq_silu_multiply(y, up, count);
  emit("zq_silu_multiply", floats, y, count + 1, CASE);
  zq_silu_product(x, up, out, count);
  emit("zq_silu_product", floats, out, count + 1, CASE);
  claim("both products with silu are one", special || same_bits(y, out, 4 * count), "%zu", count);
  zq_gelu_product(x, up, out, count);
  emit("zq_gelu_product", floats, out, count + 1, CASE);
  memcpy(y, x, 4 * count);
  zq_gelu_product(y, up, y, count);
  claim("the product with gelu is the same in place", special || same_bits(y, out, 4 * count), "%zu",
        count);
  memcpy(y, x, 4 * count);
  zq_relu(y, count);
  emit("zq_relu", floats, y, count + 1, CASE);
  memcpy(y, x, 4 * count);
  zq_add(y, up, count);
  emit("zq_add", floats, y, count + 1, CASE);
  float *rows = row(4, 3 * (count + 2), count, special);
  zq_add_bias(rows, up, 3, count, count + 2);
  emit("zq_add_bias", floats, rows, 3 * (count + 2) + 1, CASE);
}

static void attention(const float *x, size_t count, int special) {
  size_t rows = count < 5 ? count : 5;
  float *scores = row(1, rows * count, count, special);
  zq_causal_softmax(scores, rows, count, count - rows + 1);
  emit("zq_causal_softmax", floats, scores, rows * count + 1, CASE);
  float maximum = -__builtin_inff();
  double sum = 0;
  for (uint64_t k = 0; k < 4; k++) {
    float *y = row(2, count, k, special && k == 3);
    if (k == 2) memcpy(y, x, 4 * count);
    zq_fold_logsumexp(y, count, &maximum, &sum);
    emit("zq_fold_logsumexp", floats, &maximum, 1, "maximum, %zu values, special %d", count, special);
    emit("zq_fold_logsumexp", doubles, &sum, 1, "sum, %zu values, special %d", count, special);
  }
}

static void columns(const float *x, size_t count, int special) {
  (void)x;
  float *rows = row(1, 3 * count, count, special);
  float *most = row(2, count, 1, 0), *least = row(3, count, 2, 0);
  zq_fold_column_maxima(rows, most, 3, count);
  emit("zq_fold_column_maxima", floats, most, count + 1, CASE);
  zq_fold_column_range(rows, least, most, 3, count);
  emit("zq_fold_column_range", floats, least, count + 1, "least, " CASE);
  emit("zq_fold_column_range", floats, most, count + 1, "most, " CASE);
  int32_t finite = zq_all_finite(rows, 3 * count);
  emit("zq_all_finite", integers, &finite, 1, CASE);
}

static void positions(void) {
  static const size_t heads[] = {2, 8, 16, 24, 64, 80, 128};
  for (int i = 0; i < 7; i++)
    for (int interleaved = 0; interleaved < 2; interleaved++) {
      size_t head = heads[i];
      float *cosine = row(1, head / 2, 1, 0), *sine = row(2, head / 2, 2, 0), *x = row(0, 3 * head, head, 0);
      zq_rope_row(x, cosine, sine, 3, head, interleaved);
      emit("zq_rope_row", floats, x, 3 * head + 1, "head %zu, interleaved %d", head, interleaved);
    }
}

/// e^x where nothing hides it: a row of one score below a maximum of 0.
static void exponentials(void) {
  static double found[4096];
  size_t n = 0;
  // Every 16,411th pattern of a negative float up to -128, where it has long been at its floor.
  for (uint32_t bits = 0x80000000u; bits < 0xc3000000u; bits += 16411) {
    float x, maximum = 0;
    double sum = 0;
    memcpy(&x, &bits, 4);
    zq_fold_logsumexp(&x, 1, &maximum, &sum);
    found[n++] = sum;
    if (n < 4096) continue;
    emit("zq_fold_logsumexp", doubles, found, n, "e^x up to %a", (double)x);
    n = 0;
  }
  emit("zq_fold_logsumexp", doubles, found, n, "e^x, the last");
  // The same above 0, through a sigmoid.
  static float gate[4096], up[4096], out[4096];
  n = 0;
  for (uint32_t bits = 0x80000000u; bits < 0xc3000000u; bits += 16411) {
    memcpy(gate + n, &bits, 4);
    up[n++] = 1.0f;
    if (n < 4096) continue;
    zq_silu_product(gate, up, out, n);
    emit("zq_silu_product", floats, out, n, "up to %a", (double)gate[n - 1]);
    n = 0;
  }
}

void probe_layers(void) {
  over_lengths(norms);
  over_lengths(activations);
  over_lengths(attention);
  over_lengths(columns);
  positions();
  exponentials();
}

// Integer products: every path of this processor against a sum in 64 bits, all shapes with their tails.
#include "results.h"
#include <stdlib.h>
#include <string.h>

static void codes(const float *x, size_t count, int special) {
  static const zq_grid grids[] = {{0.3f, -4.0f}, {0.25f, 3.0f}, {0.1f, 131.0f}};
  for (int bits = 2; bits <= 8; bits++)
    for (size_t g = 0; g < 3; g++) {
      int8_t found[LONGEST + 12];
      size_t padded = (count + 3) / 4 * 4;
      zq_token_sum sum;
      memset(found, 9, sizeof found);
      zq_token_codes(x, count, bits, grids[g], found, padded, &sum);
      double numbers[3] = {(double)sum.scale, sum.zero, sum.shifted};
      emit("zq_token_codes", bytes, found, padded + 1, "%d bits, grid %zu, %zu values, special %d", bits, g, count,
           special);
      emit("zq_token_codes", doubles, numbers, 3, "sums, %d bits, grid %zu, %zu values, special %d", bits, g, count,
           special);
    }
  if (special) return;
  static uint8_t weights[LONGEST], panel[(LONGEST + 4) * ZQ_PANEL_ROWS];
  size_t padded = (count + 3) / 4 * 4;
  memset(panel, 0, sizeof panel);
  for (size_t r = 0; r < ZQ_PANEL_ROWS; r += 5) {
    uint64_t state = count + r;
    int32_t wanted = 0;
    for (size_t i = 0; i < count; i++) wanted += weights[i] = (uint8_t)next_random(&state);
    int32_t sum = zq_code_sum(weights, count);
    emit("zq_code_sum", integers, &sum, 1, "%zu, row %zu", count, r);
    claim("the sum of codes is their sum", sum == wanted, "%zu", count);
    zq_interleave(weights, r, count, panel);
    int equal = 1;
    for (size_t i = 0; i < padded; i++)
      equal &= panel[i / 4 * 128 + r * 4 + i % 4] == (i < count ? weights[i] : 0);
    claim("a panel has each code at its place", equal, "%zu, row %zu", count, r);
  }
  emit("zq_interleave", bytes, panel, padded * ZQ_PANEL_ROWS, "%zu", count);
}

/// A panel with tokens, filled at random or with the codes that sum up to the most.
typedef struct {
  size_t padded, count, stride;
  uint8_t *codes;
  int8_t *x;
  zq_token_sum *tokens;
  float scales[ZQ_PANEL_ROWS], biases[ZQ_PANEL_ROWS];
  double zeros[ZQ_PANEL_ROWS], sums[ZQ_PANEL_ROWS];
} product;

static void *room(size_t size) {
  void *memory = calloc(size, 1);
  if (!memory) abort();
  return memory;
}

static product make(size_t padded, size_t count, int extreme) {
  product p = {.padded = padded, .count = count, .stride = padded + 4};
  uint64_t state = padded * 31 + count;
  p.codes = room(padded * ZQ_PANEL_ROWS);
  p.x = room(count * p.stride);
  p.tokens = room(count * sizeof *p.tokens);
  for (size_t i = 0; i < padded * ZQ_PANEL_ROWS; i++)
    p.codes[i] = extreme ? 255 : (uint8_t)next_random(&state);
  for (size_t i = 0; i < count * p.stride; i++) {
    int8_t most = i / p.stride % 2 ? 127 : -128;
    p.x[i] = extreme ? most : (int8_t)(next_random(&state) >> 56);
  }
  for (size_t n = 0; n < ZQ_PANEL_ROWS; n++) {
    // Rows that aren't there have scale 0.
    p.scales[n] = n == 30 ? 0.0f : (float)(next_random(&state) >> 40) * 0x1p-30f;
    p.biases[n] = ((float)(next_random(&state) >> 40) - 0x1p23f) * 0x1p-24f;
    p.zeros[n] = (double)(next_random(&state) >> 56);
    for (size_t k = 0; k < padded; k++) p.sums[n] += p.codes[k / 4 * 128 + n * 4 + k % 4];
  }
  for (size_t t = 0; t < count; t++) {
    zq_token_sum *token = p.tokens + t;
    token->scale = (float)(next_random(&state) >> 40) * 0x1p-28f;
    token->zero = (double)(next_random(&state) >> 56) - 128;
    token->shifted = -(double)padded * token->zero;
    for (size_t k = 0; k < padded; k++) token->shifted += p.x[t * p.stride + k];
  }
  return p;
}

/// y[t][n] by the formula at the head of integer.c, whose bracket is exact in 64 bits.
static float wanted(const product *p, size_t t, size_t n) {
  int64_t bracket = 0;
  for (size_t k = 0; k < p->padded; k++)
    bracket += ((int64_t)p->x[t * p->stride + k] - (int64_t)p->tokens[t].zero) *
               ((int64_t)p->codes[k / 4 * 128 + n * 4 + k % 4] - (int64_t)p->zeros[n]);
  float scale = p->tokens[t].scale * p->scales[n], scaled = (float)(double)bracket * scale;
  return scaled + p->biases[n];
}

static void shape(size_t padded, size_t count, size_t outputs, int extreme) {
  product p = make(padded, count, extreme);
  zq_weight_panel panel = {p.codes, p.scales, p.zeros, p.sums, p.biases};
  size_t y_stride = outputs + 3, size = count * y_stride;
  float *y = room(4 * size), *first = room(4 * size);
  for (int path = zq_integer_scalar; path <= (int)zq_best_integer_path(); path++) {
    memset(y, 0x5a, 4 * size);
    zq_integer_product((zq_integer_path)path, p.x, p.stride, p.tokens, count, &panel, padded, y, y_stride,
                       outputs);
    if (path == zq_integer_scalar)
      memcpy(first, y, 4 * size);
    else
      claim(path == zq_integer_avx2 ? "products with AVX2 have the scalar path's bits"
                                    : "products with VNNI have the scalar path's bits",
            same_bits(first, y, 4 * size), "%zu inputs, %zu tokens, %zu outputs, extreme %d", padded, count,
            outputs, extreme);
  }
  // The fastest path's, as the program chooses it.
  emit("zq_integer_product", floats, y, size, "%zu inputs, %zu tokens, %zu outputs, extreme %d", padded,
       count, outputs, extreme);
  for (size_t t = 0; t < count; t++)
    for (size_t n = 0; n < outputs; n++) {
      float value = wanted(&p, t, n);
      claim("products are the sums of the definition", same_bits(&value, first + t * y_stride + n, 4),
            "%a, not %a: %zu inputs, token %zu, output %zu, extreme %d", (double)first[t * y_stride + n],
            (double)value, padded, t, n, extreme);
    }
  free(p.codes);
  free(p.x);
  free(p.tokens);
  free(y);
  free(first);
}

void probe_integers(void) {
  over_lengths(codes);
  static const size_t inputs[] = {4, 8, 12, 60, 64, 100, 576, 1536};
  static const size_t outputs[] = {1, 7, 8, 31, 32};
  // Tokens go by twelve, by four and one by one.
  for (size_t count = 1; count <= 29; count++)
    for (size_t o = 0; o < 5; o++) shape(inputs[(count + o) % 8], count, outputs[o], 0);
  for (size_t i = 0; i < 8; i++) shape(inputs[i], 17, 32, 1);
  // The most inputs there may be, at the ends of all codes: sums near 2^31.
  shape(65536, 17, 32, 1);
}

// Grids, codes and packing of quantize.c.
#include "results.h"
#include <string.h>

static const int widths[] = {2, 3, 4, 6, 8};
#define WIDTHS (sizeof widths / sizeof *widths)

static const zq_grid grids[] = {{0.25f, 3.0f}, {0.3f, -4.0f}, {0.1f, 131.0f}, {1e-4f, 0.0f}};
#define GRIDS (sizeof grids / sizeof *grids)

static void grid_rows(const float *x, size_t count, int special) {
  for (size_t w = 0; w < WIDTHS; w++) {
    zq_grid found[3] = {zq_grid_of(x, count, widths[w], 1.0f, 1.0f, 1e-5f),
                        zq_grid_of(x, count, widths[w], 0.95f, 0.9f, 1e-4f),
                        zq_grid_of(x, count, widths[w], 0.5f, 0.0f, 3.0f)};
    emit("zq_grid_of", floats, found, 6, "%d bits, %zu values, special %d", widths[w], count, special);
    for (size_t g = 0; g < GRIDS; g++) {
      uint8_t codes[LONGEST + 1];
      float *y = row(1, count, 0, 0), *z = row(2, count, 0, 0);
      memcpy(y, x, 4 * count);
      zq_fake_quantize(y, count, widths[w], grids[g]);
      emit("zq_fake_quantize", floats, y, count + 1, "%d bits, grid %zu, %zu values, special %d", widths[w], g,
           count, special);
      memset(codes, 9, sizeof codes);
      zq_codes(x, codes, count, widths[w], grids[g]);
      emit("zq_codes", bytes, codes, count + 1, "%d bits, grid %zu, %zu values, special %d", widths[w], g, count,
           special);
      zq_dequantize(codes, z, count, grids[g]);
      emit("zq_dequantize", floats, z, count + 1, "%d bits, grid %zu, %zu values, special %d", widths[w], g, count,
           special);
      claim("codes stand for the values of fake quantization", special || same_bits(y, z, 4 * count),
            "%d bits, grid %zu, %zu", widths[w], g, count);
      float *u = row(3, count, 0, 0);
      fill_uniform(u, count, count + g);
      zq_move_codes(codes, x, u, grids[g].scale, count, widths[w]);
      emit("zq_move_codes", bytes, codes, count + 1, "%d bits, grid %zu, %zu values, special %d", widths[w], g,
           count, special);
    }
    float *y = row(1, 3 * (count + 5), count, special);
    zq_fake_quantize_rows(y, 3, count, count + 5, widths[w], 1e-4f);
    emit("zq_fake_quantize_rows", floats, y, 3 * (count + 5) + 1, "%d bits, %zu values, special %d", widths[w],
         count, special);
  }
}

static void whole_rows(const float *x, size_t count, int special) {
  float *y = row(1, count, 0, 0), *z = row(2, count, 4, 0);
  memcpy(y, x, 4 * count);
  zq_scale_row(y, z, 1.7f, count);
  emit("zq_scale_row", floats, y, count + 1, "columns, %zu values, special %d", count, special);
  zq_scale_row(y, NULL, 0.3f, count);
  emit("zq_scale_row", floats, y, count + 1, "row, %zu values, special %d", count, special);
  memcpy(y, x, 4 * count);
  zq_divide_row(y, 0.37f, count);
  emit("zq_divide_row", floats, y, count + 1, "%zu values, special %d", count, special);
  double dot = zq_dot(x, z, count);
  emit("zq_dot", doubles, &dot, 1, "%zu values, special %d", count, special);
}

/// Code `i` of a stream, bit by bit.
static unsigned code_at(const uint8_t *packed, size_t i, int bits) {
  unsigned code = 0;
  for (int b = 0; b < bits; b++) {
    size_t at = i * (size_t)bits + (size_t)b;
    code |= (packed[at / 8] >> at % 8 & 1u) << b;
  }
  return code;
}

static void packing(const float *x, size_t count, int special) {
  (void)x;
  if (special) return;
  for (int bits = 1; bits <= 8; bits++) {
    uint8_t codes[LONGEST], packed[LONGEST + 1], again[LONGEST + 1];
    uint64_t state = count;
    for (size_t i = 0; i < count; i++) codes[i] = (uint8_t)(next_random(&state) >> (64 - bits));
    memset(packed, 0xa5, sizeof packed);
    memset(again, 0xa5, sizeof again);
    size_t size = (count * (size_t)bits + 7) / 8;
    zq_pack(codes, packed, count, bits);
    emit("zq_pack", bytes, packed, size + 1, "%d bits, %zu", bits, count);
    zq_unpack(packed, again, count, bits);
    emit("zq_unpack", bytes, again, count + 1, "%d bits, %zu", bits, count);
    int equal = packed[size] == 0xa5 && again[count] == 0xa5;
    for (size_t i = 0; i < count; i++) equal &= code_at(packed, i, bits) == codes[i];
    claim("packed codes are a little-endian stream of bits", equal, "%d bits, %zu", bits, count);
    claim("unpacking undoes packing", same_bits(codes, again, count), "%d bits, %zu", bits, count);
  }
}

void probe_quantization(void) {
  over_lengths(grid_rows);
  over_lengths(whole_rows);
  over_lengths(packing);
}

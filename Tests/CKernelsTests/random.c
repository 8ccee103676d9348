// Random numbers: the published blocks, rows of every length at the ends of all counters, and words where
// the logarithm or the angle is at its edge.
#include "results.h"
#include <stdlib.h>

static void published(void) {
  // Random123 (Salmon et al. 2011), kat_vectors: counter, key, words.
  static const uint32_t answers[3][10] = {
      {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
      {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e,
       0xa20bc7c6, 0x6d5451fd},
      {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
       0x5001e420, 0x24126ea1}};
  for (int i = 0; i < 3; i++) {
    uint32_t words[4];
    zq_philox4x32_10(answers[i], answers[i] + 4, words);
    claim("Philox4x32-10 gives the published words", same_bits(words, answers[i] + 6, sizeof words),
          "block %d begins with %08x", i, words[0]);
  }
  uint64_t state = 1;
  uint32_t words[4 * 500];
  for (size_t i = 0; i < 500; i++) {
    uint32_t in[6];
    for (int k = 0; k < 6; k++) in[k] = (uint32_t)next_random(&state);
    zq_philox4x32_10(in, in + 4, words + 4 * i);
  }
  emit("zq_philox4x32_10", integers, words, 4 * 500, "500 blocks");
}

/// Where a row stands.
typedef struct {
  uint32_t row, tensor, draw;
  uint64_t seed;
} place;

/// The word of element c, straight from the block.
static uint32_t word_of(size_t c, place at) {
  const uint32_t counter[4] = {(uint32_t)(c / 64 * 16 + c % 16), at.row, at.tensor, at.draw};
  const uint32_t key[2] = {(uint32_t)at.seed, (uint32_t)(at.seed >> 32)};
  uint32_t words[4];
  zq_philox4x32_10(counter, key, words);
  return words[c % 64 / 16];
}

/// One row of everything that comes out of the counters; `out`, `other` have room for count + 1.
static void streams(place at, size_t count, float *out, float *other) {
  const char *where = "%zu at row %u, tensor %u, draw %u, seed %016llx";
#define WHERE where, count, at.row, at.tensor, at.draw, (unsigned long long)at.seed
  float guard = out[count];
  zq_gaussian_row(out, count, at.row, at.tensor, at.draw, at.seed);
  emit("zq_gaussian_row", floats, out, count + 1, WHERE);
  zq_gaussian_row_reference(other, count, at.row, at.tensor, at.draw, at.seed);
  emit("zq_gaussian_row_reference", floats, other, count, WHERE);
  claim("normals are those of one element at a time", same_bits(out, other, 4 * count), WHERE);

  fill(other, count, at.seed + count, 0);
  for (size_t i = 0; i < count; i++) out[i] = __builtin_fmaf(1.1e-3f, out[i], other[i]);
  zq_gaussian_axpy_row(other, 1.1e-3f, count, at.row, at.tensor, at.draw, at.seed);
  emit("zq_gaussian_axpy_row", floats, other, count + 1, WHERE);
  claim("a step along normals is one fused multiply-add each", same_bits(out, other, 4 * count), WHERE);

  int equal = 1;
  zq_rademacher_row(out, count, at.row, at.tensor, at.draw, at.seed);
  emit("zq_rademacher_row", floats, out, count + 1, WHERE);
  for (size_t i = 0; i < count; i++) equal &= out[i] == (word_of(i, at) >> 31 ? -1.0f : 1.0f);
  claim("signs are the upper bits of the words", equal, WHERE);

  equal = 1;
  zq_uniform_row(out, count, at.row, at.tensor, at.draw, at.seed);
  emit("zq_uniform_row", floats, out, count + 1, WHERE);
  for (size_t i = 0; i < count; i++) equal &= out[i] == (float)(word_of(i, at) >> 8) * 0x1p-24f;
  claim("uniforms are the upper 24 bits of the words", equal, WHERE);
  claim("rows end where they end", same_bits(&guard, out + count, 4), WHERE);
#undef WHERE
}

static void short_streams(const float *x, size_t count, int special) {
  (void)x;
  static const place places[] = {{3, 5, 7, 0x0123456789abcdef},
                                 {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffffffffffff},
                                 {0, 0, 0, 0}};
  if (special) return;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    streams(places[i], count, row(1, count, 1, 0), row(2, count, 2, 0));
}

/// Rows under seed 1 whose first block has a word below 40 or so near 2^32 that u rounds to 1, or an angle
/// within 16 of a change of quarter; found by looking through 10^8 rows.
static void edges(void) {
  static const uint32_t rows[] = {23824742, 48780009, 68741336, 74896027, 81687654, 36767597,
                                  1595696,  32611939, 44237906, 55832839, 67880185, 92608542};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    streams((place){rows[i], 3, 2, 1}, 64, row(1, 64, 1, 0), row(2, 64, 2, 0));
}

static void rounding(const float *x, size_t count, int special) {
  float *y = row(1, count, 4, special), *u = row(2, count, 0, 0);
  for (size_t i = 0; i < count; i++) y[i] = x[i];
  fill_uniform(u, count, count);
  zq_round_stochastic(y, u, count);
  emit("zq_round_stochastic", floats, y, count + 1, "%zu values, special %d", count, special);
}

void probe_random(void) {
  published();
  over_lengths(short_streams);
  edges();
  // Long enough to see most of what a float can be.
  size_t many = 300000;
  float *out = calloc(2 * (many + 1), 4);
  if (!out) abort();
  streams((place){1, 2, 3, 4}, many, out, out + many + 1);
  free(out);
  over_lengths(rounding);
}

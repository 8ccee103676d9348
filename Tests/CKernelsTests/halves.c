// Sixteen-bit floats, against conversions in integers: all 65,536 patterns, every tie and its neighbours.
#include "results.h"
#include <string.h>

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

/// What a half stands for: 2^-24 steps below 2^-14, ten bits of fraction above.
static float half_value(uint16_t h) {
  int exponent = h >> 10 & 31;
  uint32_t fraction = h & 1023u, sign = (uint32_t)(h & 0x8000u) << 16;
  if (exponent == 31) return float_of(sign | 0x7f800000u | fraction << 13);
  if (exponent == 0) {
    float x = (float)fraction * 0x1p-24f;
    return sign ? -x : x;
  }
  return float_of(sign | (uint32_t)(exponent + 112) << 23 | fraction << 13);
}

/// The nearest half of a number that isn't NaN, ties to even.
static uint16_t nearest_half(uint32_t bits) {
  uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x47800000u) return (uint16_t)(sign | 0x7c00u);
  int exponent = (int)(magnitude >> 23);
  uint32_t significand = (magnitude & 0x7fffffu) | (exponent ? 0x800000u : 0u);
  // Bits that a half drops: thirteen, more below its normal numbers; none of it remains below 2^-25.
  int drop = exponent >= 113 ? 13 : 126 - (exponent ? exponent : 1);
  if (drop > 25) return (uint16_t)sign;
  uint32_t kept = significand >> drop, rest = significand & ((1u << drop) - 1u), tie = 1u << (drop - 1);
  kept += rest > tie || (rest == tie && (kept & 1u));
  // A significand that overflows carries into the exponent, up to infinity.
  uint32_t base = exponent >= 113 ? (uint32_t)(exponent - 113) << 10 : 0;
  return (uint16_t)(sign | (base + kept));
}

/// The nearest bfloat16 of a number that isn't NaN, ties to even.
static uint16_t nearest_brain(uint32_t bits) {
  uint32_t kept = bits >> 16, rest = bits & 0xffffu;
  return (uint16_t)(kept + (rest > 0x8000u || (rest == 0x8000u && (kept & 1u))));
}

static void widening(void) {
  static uint16_t all[65536];
  static float out[65536];
  int equal = 1;
  for (uint32_t h = 0; h < 65536; h++) all[h] = (uint16_t)h;
  zq_from_half(all, out, 65536);
  emit("zq_from_half", floats, out, 65536, "all patterns");
  for (uint32_t h = 0; h < 65536; h++) {
    float wanted = half_value((uint16_t)h);
    equal &= wanted != wanted ? out[h] != out[h] : same_bits(&wanted, out + h, 4);
  }
  claim("halves are what their bits say", equal, "all patterns");
  equal = 1;
  zq_from_brain(all, out, 65536);
  emit("zq_from_brain", floats, out, 65536, "all patterns");
  for (uint32_t h = 0; h < 65536; h++) {
    float wanted = float_of(h << 16);
    equal &= wanted != wanted ? out[h] != out[h] : same_bits(&wanted, out + h, 4);
  }
  claim("bfloat16 are upper halves of floats", equal, "all patterns");
}

/// Narrows `count` floats with these bits, to nearest and at random.
static void narrow(const uint32_t *patterns, size_t count, const char *what) {
  static float x[4096], u[4096];
  static uint16_t out[4096];
  memcpy(x, patterns, 4 * count);
  fill_uniform(u, count, patterns[0]);
  zq_to_half(x, out, count);
  emit("zq_to_half", halves, out, count, "%s from %08x", what, patterns[0]);
  for (size_t i = 0; i < count; i++) {
    int holds = x[i] != x[i] ? (out[i] & 0x7c00u) == 0x7c00u && (out[i] & 0x3ffu) != 0
                             : out[i] == nearest_half(patterns[i]);
    claim("floats become the nearest half", holds, "%08x is %04x", patterns[i], out[i]);
  }
  zq_to_brain(x, out, count);
  emit("zq_to_brain", halves, out, count, "%s from %08x", what, patterns[0]);
  for (size_t i = 0; i < count; i++) {
    int holds = x[i] != x[i] ? (out[i] & 0x7f80u) == 0x7f80u && (out[i] & 0x7fu) != 0
                             : out[i] == nearest_brain(patterns[i]);
    claim("floats become the nearest bfloat16", holds, "%08x is %04x", patterns[i], out[i]);
  }
  zq_to_half_stochastic(x, u, out, count);
  emit("zq_to_half_stochastic", halves, out, count, "%s from %08x", what, patterns[0]);
  zq_to_brain_stochastic(x, u, out, count);
  emit("zq_to_brain_stochastic", halves, out, count, "%s from %08x", what, patterns[0]);
}

static void narrowing(void) {
  static uint32_t patterns[4096];
  size_t n = 0;
  // Both sides of each half and of the middle to the next one, and those themselves, of both signs.
  for (uint32_t h = 0; h < 0x7c00u; h++) {
    float a = half_value((uint16_t)h), b = h == 0x7bffu ? 65536.0f : half_value((uint16_t)(h + 1));
    float points[2] = {a, a + (b - a) * 0.5f};
    for (int p = 0; p < 2; p++) {
      uint32_t bits;
      memcpy(&bits, points + p, 4);
      for (uint32_t k = 0; k < 3; k++)
        patterns[n++] = (bits == 0 && k == 0 ? 2 : bits + k - 1) | (h & 1u) << 31;
    }
    if (n + 6 > 4096) {
      narrow(patterns, n, "around halves");
      n = 0;
    }
  }
  narrow(patterns, n, "around halves");
  // Everything a float can be, NaNs included, at steps that share no factor with its fields.
  n = 0;
  for (uint64_t bits = 0; bits <= 0xffffffffu; bits += 65521 / 2 + 1) {
    patterns[n++] = (uint32_t)bits;
    if (n == 4096) {
      narrow(patterns, n, "steps");
      n = 0;
    }
  }
  if (n) narrow(patterns, n, "steps");
  // Ties of bfloat16, at both ends of the exponents.
  n = 0;
  for (uint32_t h = 0; h < 1300; h++)
    for (uint32_t k = 0; k < 3; k++) patterns[n++] = (h * 50 << 16 | 0x8000u) + k - 1;
  narrow(patterns, n, "ties of bfloat16");
}

static void lengths(const float *x, size_t count, int special) {
  uint16_t out[LONGEST + 1];
  float *small = row(1, count, 0, 0), *u = row(2, count, 0, 0);
  for (size_t i = 0; i < count; i++) small[i] = x[i] * 1e-4f;
  fill_uniform(u, count, count);
  void (*const narrow_all[])(const float *, uint16_t *, size_t) = {zq_to_half, zq_to_brain};
  for (int k = 0; k < 2; k++) {
    memset(out, 0x5a, sizeof out);
    narrow_all[k](small, out, count);
    emit(k ? "zq_to_brain" : "zq_to_half", halves, out, count + 1, "%zu values, special %d", count, special);
    float *back = row(3, count, 0, 0);
    (k ? zq_from_brain : zq_from_half)(out, back, count);
    emit(k ? "zq_from_brain" : "zq_from_half", floats, back, count + 1, "%zu values, special %d", count, special);
    memset(out, 0x5a, sizeof out);
    (k ? zq_to_brain_stochastic : zq_to_half_stochastic)(small, u, out, count);
    emit(k ? "zq_to_brain_stochastic" : "zq_to_half_stochastic", halves, out, count + 1,
         "%zu values, special %d", count, special);
  }
}

void probe_halves(void) {
  widening();
  narrowing();
  over_lengths(lengths);
}

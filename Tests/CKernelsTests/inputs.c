// Inputs that are the same bits on every processor: only integers, exact scalings and single roundings.
#include "results.h"
#include <stdlib.h>

/// What stands behind a row's end.
#define GUARD (-77.25f)

uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void fill(float *x, size_t count, uint64_t seed, int special) {
  uint64_t state = seed;
  for (size_t i = 0; i < count; i++) {
    // Four uniforms make a bell wide enough; its deviation is 2.3.
    int64_t sum = 0;
    for (int k = 0; k < 4; k++) sum += (int64_t)(next_random(&state) >> 40) - (1 << 23);
    float v = (float)sum * 0x1p-22f;
    switch (next_random(&state) % 16) {
      case 0: v = 0.0f; break;
      case 1: v = -0.0f; break;
      case 2: v *= 0x1p-130f; break;
      case 3: v = __builtin_rintf(v * 2.0f) * 0.5f; break;
      case 4: v *= 40.0f; break;
      default: break;
    }
    x[i] = v;
  }
  if (special && count > 2) {
    x[count / 2] = __builtin_nanf("");
    x[count / 3] = __builtin_inff();
    x[count - 1] = -__builtin_inff();
  }
}

void fill_uniform(float *x, size_t count, uint64_t seed) {
  uint64_t state = seed;
  for (size_t i = 0; i < count; i++) x[i] = (float)(next_random(&state) >> 40) * 0x1p-24f;
}

float *row(int number, size_t count, uint64_t seed, int special) {
  static _Alignas(64) float rows[ROWS][5 * LONGEST + 64];
  if (number < 0 || number >= ROWS || count > 5 * LONGEST) abort();
  float *start = rows[number] + 1 + (size_t)number % 4;
  fill(start, count, seed, special);
  start[count] = GUARD;
  return start;
}

void over_lengths(void (*body)(const float *x, size_t count, int special)) {
  static const size_t lengths[] = {1,  2,  3,  7,   15,  16,  17,  31,  32,
                                   33, 47, 63, 64,  65,  100, 127, 128, 129,
                                   255, 256, 257, 577, LONGEST};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    for (int special = 0; special < 2; special++) {
      size_t count = lengths[i];
      body(row(0, count, 2 * count + (size_t)special, special), count, special);
    }
}

// Philox4x32-10 over sixteen counters at once. State sits in 64-bit lanes because the 32×32→64 product is the whole work.
#pragma once
#include "multiversion.h"
#include <stdint.h>

#define ZQ_PHILOX_M0 0xD2511F53u
#define ZQ_PHILOX_M1 0xCD9E8D57u
#define ZQ_PHILOX_W0 0x9E3779B9u
#define ZQ_PHILOX_W1 0xBB67AE85u

/// words[64*(lane/16) + w*16 + lane%16] = word w of the block with counter (first + lane, c1, c2, c3).
ZQ_INLINE void zq_philox_lanes(uint32_t first, uint32_t c1, uint32_t c2, uint32_t c3, uint64_t seed,
                               uint32_t *words, const int lanes) {
  uint64_t x0[32], x1[32], x2[32], x3[32];
  for (int l = 0; l < lanes; l++) {
    x0[l] = (uint32_t)(first + (uint32_t)l);
    x1[l] = c1;
    x2[l] = c2;
    x3[l] = c3;
  }
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    for (int l = 0; l < lanes; l++) {
      uint64_t p0 = (uint64_t)ZQ_PHILOX_M0 * (uint32_t)x0[l];
      uint64_t p1 = (uint64_t)ZQ_PHILOX_M1 * (uint32_t)x2[l];
      // The upper halves of the lanes are left to what comes: no product and no word reads them.
      uint64_t y0 = (p1 >> 32) ^ x1[l] ^ k0;
      uint64_t y2 = (p0 >> 32) ^ x3[l] ^ k1;
      x1[l] = p1;
      x3[l] = p0;
      x0[l] = y0;
      x2[l] = y2;
    }
    k0 += ZQ_PHILOX_W0;
    k1 += ZQ_PHILOX_W1;
  }
  for (int g = 0; g < lanes; g += 16)
    for (int l = 0; l < 16; l++) {
      words[4 * g + l] = (uint32_t)x0[g + l];
      words[4 * g + 16 + l] = (uint32_t)x1[g + l];
      words[4 * g + 32 + l] = (uint32_t)x2[g + l];
      words[4 * g + 48 + l] = (uint32_t)x3[g + l];
    }
}

/// The same of sixteen counters.
ZQ_INLINE void zq_philox_16(uint32_t first, uint32_t c1, uint32_t c2, uint32_t c3, uint64_t seed,
                            uint32_t *words) {
  zq_philox_lanes(first, c1, c2, c3, seed, words, 16);
}

#include "CCeilings.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Sixteen chains: two instructions a cycle of four cycles' latency need eight.
#define CHAINS 16

#if defined(__x86_64__)

__attribute__((target("avx512f"))) static double float_products_512(long rounds) {
  __m512 chains[CHAINS];
  for (int i = 0; i < CHAINS; i++) chains[i] = _mm512_set1_ps((float)i);
  __m512 factor = _mm512_set1_ps(0.5f), term = _mm512_set1_ps(1.0f);
  for (long r = 0; r < rounds; r++)
    for (int i = 0; i < CHAINS; i++) {
      chains[i] = _mm512_fmadd_ps(chains[i], factor, term);
      // Keeps the compiler from finding a shorter way to the same sum.
      __asm__ volatile("" : "+v"(chains[i]));
    }
  return (double)rounds * CHAINS * 16 * 2;
}

__attribute__((target("avx2,fma"))) static double float_products_256(long rounds) {
  // Twelve chains and two operands fit the sixteen registers.
  __m256 chains[12];
  for (int i = 0; i < 12; i++) chains[i] = _mm256_set1_ps((float)i);
  __m256 factor = _mm256_set1_ps(0.5f), term = _mm256_set1_ps(1.0f);
  for (long r = 0; r < rounds; r++)
    for (int i = 0; i < 12; i++) {
      chains[i] = _mm256_fmadd_ps(chains[i], factor, term);
      __asm__ volatile("" : "+x"(chains[i]));
    }
  return (double)rounds * 12 * 8 * 2;
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) static double byte_products_512(
    long rounds) {
  __m512i chains[CHAINS];
  for (int i = 0; i < CHAINS; i++) chains[i] = _mm512_set1_epi32(i);
  __m512i unsigned_bytes = _mm512_set1_epi8(3), signed_bytes = _mm512_set1_epi8(-1);
  for (long r = 0; r < rounds; r++)
    for (int i = 0; i < CHAINS; i++) {
      chains[i] = _mm512_dpbusd_epi32(chains[i], unsigned_bytes, signed_bytes);
      __asm__ volatile("" : "+v"(chains[i]));
    }
  return (double)rounds * CHAINS * 16 * 8;
}

#endif

double zqb_float_products(long rounds) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return float_products_512(rounds);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return float_products_256(rounds);
#endif
  (void)rounds;
  return 0;
}

double zqb_byte_products(long rounds) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return byte_products_512(rounds);
#endif
  (void)rounds;
  return 0;
}

#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void zqb_scale(const float *x, float *out, size_t count) {
  // Both are the same memory or don't overlap.
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) out[i] = x[i] * 1.0001f + 1e-3f;
}

void zqb_copy(const float *x, float *out, size_t count) { memcpy(out, x, count * sizeof *x); }

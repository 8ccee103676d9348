// What the probes of the kernels share: awkward inputs, the file of results, and claims.
//
// The same probes run for each set of instructions, and each run writes a file of all results, which
// `compare` (compare.c) holds against another run's, bit for bit. What needs no second run is a claim.
#pragma once
#include "CKernels.h"
#include <stddef.h>
#include <stdint.h>

/// Longest row of `over_lengths`.
#define LONGEST 1000

/// Types of results, as they stand in a file's headers.
typedef enum { floats = 'f', doubles = 'd', bytes = 'b', halves = 'h', integers = 'i' } kind;

/// Bytes of one element.
size_t size_of(kind type);

/// Appends `count` results of `function` for the case `format`, as in printf, to the file.
void emit(const char *function, kind type, const void *values, size_t count, const char *format, ...)
  __attribute__((format(printf, 5, 6)));

/// Counts one claim per `what`, whose failures are told with the case `format`; false fails it.
void claim(const char *what, int holds, const char *format, ...) __attribute__((format(printf, 3, 4)));

/// Whether two rows have the same bits.
int same_bits(const void *a, const void *b, size_t size);

/// The next number of a generator that is the same everywhere (SplitMix64: Steele, Lea and Flood 2014).
uint64_t next_random(uint64_t *state);

/// Fills `x`: many sizes, subnormals, zeros of both signs, ties of a grid; NaN and infinities if `special`.
void fill(float *x, size_t count, uint64_t seed, int special);

/// Uniforms of 24 bits in [0, 1), as stochastic rounding takes them.
void fill_uniform(float *x, size_t count, uint64_t seed);

/// A row that starts at no multiple of 16 bytes, filled by `fill`, with a guard behind it.
///
/// There are `ROWS` of them, with room for 5·LONGEST. Emit one element more than the count, and a write
/// beyond the end shows.
float *row(int number, size_t count, uint64_t seed, int special);
#define ROWS 8

/// Runs `body` on rows of every length around sixteen lanes and groups of 64, without and with specials.
void over_lengths(void (*body)(const float *x, size_t count, int special));

// — the probes, by source file of the kernels —

void probe_random(void);
void probe_quantization(void);
void probe_halves(void);
void probe_integers(void);
void probe_quantizer_gradients(void);
void probe_layers(void);
void probe_gradients(void);

/// Compares two files of results, the first as reference; returns the exit code.
int compare(const char *reference, const char *other);

/// Prints `N passed, N failed`; returns the exit code.
int conclude(size_t passed, size_t failed);

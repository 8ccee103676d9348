// The file of results, the claims, and the command line.
//
//   kernels run FILE                 runs every probe and writes its results
//   kernels compare REFERENCE FILE   says what differs, and by how much
//   kernels level                    the highest x86-64 level of this processor: 1, 3 or 4; 0 elsewhere
//
// Exit codes: 0 all well · 1 something differs or a claim fails · 2 could not start.
#include "results.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *out;

size_t size_of(kind type) {
  switch (type) {
    case doubles: return 8;
    case floats:
    case integers: return 4;
    case halves: return 2;
    case bytes: return 1;
  }
  return 0;
}

void emit(const char *function, kind type, const void *values, size_t count, const char *format, ...) {
  char words[200];
  va_list list;
  va_start(list, format);
  vsnprintf(words, sizeof words, format, list);
  va_end(list);
  fprintf(out, "%s\t%s\t%c\t%zu\n", function, words, type, count);
  fwrite(values, size_of(type), count, out);
}

// — claims —

static struct {
  const char *what;
  int failed;
} claims[64];
static size_t claim_count;

void claim(const char *what, int holds, const char *format, ...) {
  size_t i = 0;
  while (i < claim_count && strcmp(claims[i].what, what) != 0) i++;
  if (i == sizeof claims / sizeof *claims) {
    fprintf(stderr, "error: more claims than results.c has room for\n");
    exit(2);
  }
  if (i == claim_count) claims[claim_count++].what = what;
  if (holds) return;
  // The first failure tells enough; a broken kernel fails thousands of times.
  if (claims[i].failed++ > 0) return;
  va_list list;
  va_start(list, format);
  printf("failed: %s: ", what);
  vprintf(format, list);
  printf("\n");
  va_end(list);
}

int same_bits(const void *a, const void *b, size_t size) { return memcmp(a, b, size) == 0; }

int conclude(size_t passed, size_t failed) {
  printf("%zu passed, %zu failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

// — the command line —

static int run(const char *path) {
  out = fopen(path, "wb");
  if (!out) {
    fprintf(stderr, "error: cannot write %s\n", path);
    return 2;
  }
  probe_random();
  probe_quantization();
  probe_halves();
  probe_integers();
  probe_quantizer_gradients();
  probe_layers();
  probe_gradients();
  int broken = ferror(out);
  if (fclose(out) != 0 || broken) {
    fprintf(stderr, "error: cannot write all of %s\n", path);
    return 2;
  }
  size_t failed = 0;
  for (size_t i = 0; i < claim_count; i++) failed += claims[i].failed > 0;
  return conclude(claim_count - failed, failed);
}

static int level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return 4;
  return __builtin_cpu_supports("x86-64-v3") ? 3 : 1;
#else
  return 0;
#endif
}

int main(int count, char **words) {
  if (count == 3 && strcmp(words[1], "run") == 0) return run(words[2]);
  if (count == 4 && strcmp(words[1], "compare") == 0) return compare(words[2], words[3]);
  if (count == 2 && strcmp(words[1], "level") == 0) return printf("%d\n", level()) < 0;
  fprintf(stderr, "usage: kernels run FILE | kernels compare REFERENCE FILE | kernels level\n");
  return 2;
}

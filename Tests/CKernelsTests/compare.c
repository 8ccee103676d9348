// Two files of results, bit for bit. NaNs may differ in sign and payload, which nothing looks at.
#include "results.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A file of results, and how far it has been read.
typedef struct {
  const char *path;
  char *data;
  size_t size, at;
} results;

/// The results of one call.
typedef struct {
  char function[64], words[200];
  kind type;
  size_t count;
  const char *values;
} record;

/// What is known of one function: how many elements differ, and the worst of them.
typedef struct {
  char function[64];
  size_t compared, different;
  double worst;
  char told[800];
} verdict;

static int load(const char *path, results *file) {
  *file = (results){.path = path};
  FILE *in = fopen(path, "rb");
  if (!in) {
    fprintf(stderr, "error: cannot read %s\n", path);
    return 0;
  }
  fseek(in, 0, SEEK_END);
  long size = ftell(in);
  rewind(in);
  file->data = size >= 0 ? malloc((size_t)size + 1) : NULL;
  file->size = file->data ? fread(file->data, 1, (size_t)size, in) : 0;
  fclose(in);
  if (size < 0 || file->size != (size_t)size) {
    fprintf(stderr, "error: cannot read all of %s\n", path);
    return 0;
  }
  file->data[file->size] = 0;
  return 1;
}

/// 1 with the next record, 0 at the end, -1 where the file isn't one of results.
static int next(results *file, record *into) {
  if (file->at == file->size) return 0;
  char *line = file->data + file->at, *end = memchr(line, '\n', file->size - file->at);
  if (!end) return -1;
  *end = 0;
  char type;
  if (sscanf(line, "%63[^\t]\t%199[^\t]\t%c\t%zu", into->function, into->words, &type, &into->count) != 4)
    return -1;
  into->type = (kind)type;
  into->values = end + 1;
  file->at = (size_t)(end + 1 - file->data);
  size_t size = size_of(into->type);
  if (size == 0 || into->count > (file->size - file->at) / size) return -1;
  file->at += into->count * size;
  return 1;
}

/// How many numbers of `width` bits further one pattern of a sign and a magnitude is than another.
static double steps(uint64_t x, uint64_t y, int width) {
  uint64_t sign = (uint64_t)1 << (width - 1), a = x & (sign - 1), b = y & (sign - 1);
  if ((x ^ y) & sign) return (double)a + (double)b;
  return (double)(a > b ? a - b : b - a);
}

/// Compares element `i`; 0 when it is the same, else how far apart, with both in words.
static double distance(const record *a, const record *b, size_t i, char *words, size_t room) {
  size_t size = size_of(a->type);
  uint64_t x = 0, y = 0;
  memcpy(&x, a->values + i * size, size);
  memcpy(&y, b->values + i * size, size);
  if (x == y) return 0;
  double apart;
  if (a->type == floats) {
    float p, q;
    memcpy(&p, &x, 4);
    memcpy(&q, &y, 4);
    if (p != p && q != q) return 0;
    apart = steps(x, y, 32);
    snprintf(words, room, "%a (%08llx), here %a (%08llx)", (double)p, (unsigned long long)x, (double)q,
             (unsigned long long)y);
  } else if (a->type == doubles) {
    double p, q;
    memcpy(&p, &x, 8);
    memcpy(&q, &y, 8);
    if (p != p && q != q) return 0;
    apart = steps(x, y, 64);
    snprintf(words, room, "%a (%016llx), here %a (%016llx)", p, (unsigned long long)x, q,
             (unsigned long long)y);
  } else if (a->type == halves) {
    apart = steps(x, y, 16);
    snprintf(words, room, "%04llx, here %04llx", (unsigned long long)x, (unsigned long long)y);
  } else {
    int32_t p = (int32_t)(uint32_t)x, q = (int32_t)(uint32_t)y;
    apart = p > q ? (double)p - (double)q : (double)q - (double)p;
    snprintf(words, room, "%d, here %d", p, q);
  }
  // Zeros of two signs are at one position and yet not the same.
  return apart > 0 ? apart : 0.5;
}

static void add(verdict *v, const record *a, const record *b) {
  char words[200];
  for (size_t i = 0; i < a->count; i++) {
    double apart = distance(a, b, i, words, sizeof words);
    if (apart == 0) continue;
    v->different++;
    if (apart <= v->worst) continue;
    v->worst = apart;
    snprintf(v->told, sizeof v->told, "element %zu of %s: %s, %.0f %s apart", i, a->words, words, apart,
             a->type == floats || a->type == doubles || a->type == halves ? "ulps" : "units");
  }
  v->compared += a->count;
}

int compare(const char *reference, const char *other) {
  static verdict verdicts[128];
  size_t functions = 0;
  results one, two;
  if (!load(reference, &one) || !load(other, &two)) return 2;
  for (;;) {
    record a, b;
    int more = next(&one, &a), also = next(&two, &b);
    if (more < 0 || also < 0) {
      fprintf(stderr, "error: %s isn't a file of results\n", more < 0 ? reference : other);
      return 2;
    }
    if (more == 0 && also == 0) break;
    if (more != also || strcmp(a.function, b.function) != 0 || strcmp(a.words, b.words) != 0 ||
        a.type != b.type || a.count != b.count) {
      fprintf(stderr, "error: %s and %s aren't results of the same probes\n", reference, other);
      return 2;
    }
    size_t i = 0;
    while (i < functions && strcmp(verdicts[i].function, a.function) != 0) i++;
    if (i == sizeof verdicts / sizeof *verdicts) {
      fprintf(stderr, "error: more functions than compare.c has room for\n");
      return 2;
    }
    if (i == functions) snprintf(verdicts[functions++].function, sizeof a.function, "%s", a.function);
    add(&verdicts[i], &a, &b);
  }
  size_t failed = 0;
  for (size_t i = 0; i < functions; i++) {
    const verdict *v = &verdicts[i];
    if (v->different == 0) continue;
    failed++;
    printf("failed: %s: %zu of %zu differ, worst %s\n", v->function, v->different, v->compared, v->told);
  }
  free(one.data);
  free(two.data);
  return conclude(functions - failed, failed);
}

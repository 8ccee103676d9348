// Round to nearest in C: dense weights for every linear of a model in one file of F16 or F32.
//   cc -O2 -o zeroqat-method-c-rtn c-rtn.c -lm && cp c-rtn.json zeroqat-method-c-rtn.json
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char job[1 << 16];
static const char *member(const char *name) {  // what stands behind "name":
  char key[64];
  const char *place = strstr(job, (snprintf(key, sizeof key, "\"%s\":", name), key));
  return place ? place + strlen(key) + (place[strlen(key)] == '"') : "0";
}
static float number(const unsigned char *p, int half) {
  float x = 0;
  if (!half) return memcpy(&x, p, 4), x;
  const int u = p[0] | p[1] << 8, e = u >> 10 & 31, m = u & 1023;
  return (u >> 15 ? -1.f : 1.f) * (e ? ldexpf(1024 + m, e - 25) : ldexpf(m, -24));
}
int main(void) {
  printf("{\"type\":\"hello\",\"protocol\":1,\"name\":\"c-rtn\",\"version\":\"1.0\"}\n"), fflush(stdout);
  if (!fgets(job, sizeof job, stdin)) return 1;
  const long bits = atol(member("weightBits")), group = atol(member("groupSize"));
  if (bits == 16) return puts("{\"type\":\"failure\",\"reason\":\"rounds weights\"}"), 0;
  char path[4096];
  snprintf(path, sizeof path, "%.*s/model.safetensors", (int)strcspn(member("model"), "\""), member("model"));
  FILE *in = fopen(path, "rb"), *data = fopen("data", "w+b"), *out = fopen("weights.safetensors", "wb");
  uint64_t size, at = 0;
  if (!in || !data || !out || fread(&size, 8, 1, in) != 1) return perror(path), 1;
  char *text = calloc(1, size + 1), *header = calloc(1, 2 * size + 2), *end = header;
  if (!text || !header || fread(text, 1, size, in) != size) return perror(path), 1;
  for (char *t = text; (t = strstr(t, ".weight\":{")); t++) {
    char *name = t, type[8];
    long rows, columns, from, to;
    while (name[-1] != '"') name--;
    if (!memmem(name, t - name, ".layers.", 8)) continue;
    if (sscanf(t, ".weight\":{\"dtype\":\"%7[^\"]\",\"shape\":[%ld,%ld],\"data_offsets\":[%ld,%ld]", type, &rows, &columns, &from, &to) != 5) continue;
    const long width = group ? group : columns, count = to - from, each = count / (rows * columns);
    unsigned char *bytes = malloc(count), *p = bytes;
    if (!bytes || fseek(in, 8 + size + from, SEEK_SET) || fread(bytes, 1, count, in) != (size_t)count) return perror(path), 1;
    for (; p < bytes + count; p += width * each) {
      float low = 0, high = 0, top = (1 << bits) - 1;
      for (long i = 0; i < width; i++) low = fminf(low, number(p + i * each, each == 2)), high = fmaxf(high, number(p + i * each, each == 2));
      const float step = fmaxf((high - low) / top, 1e-4f), zero = rintf(-low / step);
      for (long i = 0; i < width; i++) {
        const float code = fminf(top, fmaxf(0, rintf(number(p + i * each, each == 2) / step) + zero)), w = (code - zero) * step;
        fwrite(&w, 4, 1, data);
      }
    }
    end += sprintf(end, "%c\"%.*s.weight\":{\"dtype\":\"F32\",\"shape\":[%ld,%ld],\"data_offsets\":[%lu,%lu]}", at ? ',' : '{', (int)(t - name), name, rows, columns, at, at + 4 * rows * columns);
    at += 4 * rows * columns, free(bytes);
  }
  *end++ = '}', size = end - header;
  fwrite(&size, 8, 1, out), fwrite(header, 1, size, out), rewind(data);
  for (int c; (c = getc(data)) != EOF;) putc(c, out);
  return fclose(out) ? 1 : (puts("{\"type\":\"result\",\"weights\":\"weights.safetensors\"}"), 0);
}

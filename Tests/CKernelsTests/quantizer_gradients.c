// Gradients through quantizers, and the quantizers that only training needs.
#include "results.h"
#include <string.h>

static void grids(const float *x, size_t count, int special) {
  static const int widths[] = {2, 4, 8};
  static const zq_grid grid = {0.25f, 3.0f};
  for (int w = 0; w < 3; w++) {
    int bits = widths[w];
    float *d = row(1, count, 8, 0);
    zq_grid_gradient by_grid;
    zq_grid_backward(x, d, count, bits, grid, &by_grid);
    emit("zq_grid_backward", floats, d, count + 1, "%d bits, %zu values, special %d", bits, count, special);
    emit("zq_grid_backward", doubles, &by_grid, 2, "sums, %d bits, %zu values, special %d", bits, count, special);
    for (int own = 0; own < 2; own++) {
      d = row(1, count, 9, 0);
      zq_grid of_x = own ? zq_grid_of(x, count, bits, 0.95f, 0.9f, 1e-4f) : grid;
      zq_clip_gradient by_clip = zq_fake_quantize_backward(x, d, count, bits, of_x, 0.95f, 0.9f, 1e-4f);
      emit("zq_fake_quantize_backward", floats, d, count + 1, "%d bits, own %d, %zu values, special %d", bits, own,
           count, special);
      emit("zq_fake_quantize_backward", floats, &by_clip, 2, "sums, %d bits, own %d, %zu values, special %d", bits,
           own, count, special);
    }
  }
}

static void in_place(const float *x, size_t count, int special) {
  static const struct {
    const char *name;
    void (*kernel)(float *, size_t, int);
    int widths[3];
  } kernels[] = {{"zq_symmetric", zq_symmetric, {2, 4, 8}},
                 {"zq_asymmetric", zq_asymmetric, {1, 4, 8}},
                 {"zq_mean_absolute", zq_mean_absolute, {1, 2, 4}}};
  for (int k = 0; k < 3; k++)
    for (int w = 0; w < 3; w++) {
      float *y = row(1, count, 0, 0);
      memcpy(y, x, 4 * count);
      kernels[k].kernel(y, count, kernels[k].widths[w]);
      emit(kernels[k].name, floats, y, count + 1, "%d bits, %zu values, special %d", kernels[k].widths[w], count,
           special);
    }
}

static void sums(const float *x, size_t count, int special) {
  double total[LONGEST + 1];
  for (size_t i = 0; i <= LONGEST; i++) total[i] = 0.1;
  float *y = row(1, count, 11, 0), *z = row(2, count, 13, 0);
  zq_fold_product(total, x, y, 1.3, count);
  zq_fold_product(total, x, NULL, -0.7, count);
  emit("zq_fold_product", doubles, total, count + 1, "%zu values, special %d", count, special);
  double dot = zq_dot3(x, y, z, count);
  emit("zq_dot3", doubles, &dot, 1, "%zu values, special %d", count, special);
  zq_add_scaled(y, x, -0.6f, count);
  emit("zq_add_scaled", floats, y, count + 1, "%zu values, special %d", count, special);
  zq_pass_inside(x, z, count, 2.0f);
  emit("zq_pass_inside", floats, z, count + 1, "%zu values, special %d", count, special);
}

void probe_quantizer_gradients(void) {
  over_lengths(grids);
  over_lengths(in_place);
  over_lengths(sums);
}

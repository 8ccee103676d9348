// Asymmetric min-max quantization of rows, groups and tokens, and bit packing.
//
// Source: ZeroQAT (arXiv 2509.00031) section 2 and its released quantizer; divisions are real
// divisions and rounding is half to even, so that codes equal the official ones exactly.
#include "CKernels.h"
#include "multiversion.h"

/// Least and largest value; `poison` becomes 0, or NaN when any value is NaN or infinite.
ZQ_INLINE void extrema(const float *x, size_t count, float *least, float *most, float *poison) {
  float lo[ZQ_LANES], hi[ZQ_LANES], bad[ZQ_LANES] = {0};
  for (int l = 0; l < ZQ_LANES; l++) lo[l] = hi[l] = x[0];
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++) {
      float v = x[i + l];
      lo[l] = v < lo[l] ? v : lo[l];
      hi[l] = v > hi[l] ? v : hi[l];
      bad[l] = __builtin_fmaf(v, 0.0f, bad[l]);
    }
  for (int l = 0; i < count; i++, l++) {
    lo[l] = x[i] < lo[l] ? x[i] : lo[l];
    hi[l] = x[i] > hi[l] ? x[i] : hi[l];
    bad[l] = __builtin_fmaf(x[i], 0.0f, bad[l]);
  }
  float a = lo[0], b = hi[0], c = bad[0];
  for (int l = 1; l < ZQ_LANES; l++) {
    a = lo[l] < a ? lo[l] : a;
    b = hi[l] > b ? hi[l] : b;
    c = c + bad[l];
  }
  *least = a;
  *most = b;
  *poison = c;
}

ZQ_INLINE zq_grid grid_of(const float *x, size_t count, int bits, float up, float low,
                          float floor) {
  float least, most, poison;
  extrema(x, count, &least, &most, &poison);
  most = up * most;
  least = low * least;
  float top = (float)((1 << bits) - 1);
  float scale = (most - least) / top;
  scale = scale < floor ? floor : scale;
  scale = scale > 1e4f ? 1e4f : scale;
  // Comparisons pass NaN over, and the ceiling hides infinity: neither may look like a finite model.
  scale = scale + poison;
  float zero = -least / scale;
  zero = zero < -1e4f ? -1e4f : zero;
  zero = zero > 1e4f ? 1e4f : zero;
  return (zq_grid){scale, __builtin_rintf(zero)};
}

ZQ_INLINE void fake_quantize(float *x, size_t count, int bits, zq_grid grid) {
  float top = (float)((1 << bits) - 1), scale = grid.scale, zero = grid.zero;
  for (size_t i = 0; i < count; i++) {
    float code = __builtin_rintf(x[i] / scale) + zero;
    code = code < 0.0f ? 0.0f : code;
    code = code > top ? top : code;
    x[i] = (code - zero) * scale;
  }
}

ZQ_KERNEL zq_grid zq_grid_of(const float *x, size_t count, int bits, float up, float low,
                             float floor) {
  return grid_of(x, count, bits, up, low, floor);
}

ZQ_KERNEL void zq_fake_quantize(float *x, size_t count, int bits, zq_grid grid) {
  fake_quantize(x, count, bits, grid);
}

ZQ_KERNEL void zq_codes(const float *x, uint8_t *codes, size_t count, int bits, zq_grid grid) {
  float top = (float)((1 << bits) - 1), scale = grid.scale, zero = grid.zero;
  for (size_t i = 0; i < count; i++) {
    float code = __builtin_rintf(x[i] / scale) + zero;
    code = code < 0.0f ? 0.0f : code;
    code = code > top ? top : code;
    // A NaN must not reach the integer conversion, which is undefined for it; its scale is NaN.
    code = code == code ? code : 0.0f;
    codes[i] = (uint8_t)(int32_t)code;
  }
}

ZQ_KERNEL void zq_dequantize(const uint8_t *codes, float *x, size_t count, zq_grid grid) {
  float scale = grid.scale, zero = grid.zero;
  for (size_t i = 0; i < count; i++) x[i] = ((float)codes[i] - zero) * scale;
}

ZQ_KERNEL void zq_move_codes(uint8_t *codes, const float *step, const float *uniform, float scale,
                             size_t count, int bits) {
  float top = (float)((1 << bits) - 1);
  for (size_t i = 0; i < count; i++) {
    float x = step[i] / scale, below = __builtin_floorf(x);
    float code = (float)codes[i] + below + (uniform[i] < x - below ? 1.0f : 0.0f);
    code = code < 0.0f ? 0.0f : code;
    code = code > top ? top : code;
    // A NaN must not reach the integer conversion, which is undefined for it.
    codes[i] = code == code ? (uint8_t)(int32_t)code : codes[i];
  }
}

ZQ_KERNEL void zq_fake_quantize_rows(float *x, size_t rows, size_t columns, size_t stride,
                                     int bits, float floor) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    fake_quantize(row, columns, bits, grid_of(row, columns, bits, 1.0f, 1.0f, floor));
  }
}

ZQ_KERNEL void zq_scale_row(float *x, const float *column, float row, size_t count) {
  if (column) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] * column[i];
  }
  if (row != 1.0f) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] * row;
  }
}

ZQ_KERNEL void zq_divide_row(float *x, float divisor, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] / divisor;
}

ZQ_KERNEL double zq_dot(const float *x, const float *y, size_t count) {
  double lanes[ZQ_LANES] = {0};
  size_t i = 0;
  for (; i + ZQ_LANES <= count; i += ZQ_LANES)
    for (int l = 0; l < ZQ_LANES; l++)
      lanes[l] = lanes[l] + (double)x[i + l] * (double)y[i + l];
  for (int l = 0; i < count; i++, l++) lanes[l] = lanes[l] + (double)x[i] * (double)y[i];
  double total = 0;
  for (int l = 0; l < ZQ_LANES; l++) total = total + lanes[l];
  return total;
}

ZQ_KERNEL void zq_unpack(const uint8_t *packed, uint8_t *codes, size_t count, int bits) {
  if (bits == 8) {
    for (size_t i = 0; i < count; i++) codes[i] = packed[i];
    return;
  }
  if (bits == 4) {
    for (size_t b = 0; b < count / 2; b++) {
      codes[2 * b] = packed[b] & 15;
      codes[2 * b + 1] = packed[b] >> 4;
    }
    if (count & 1) codes[count - 1] = packed[count / 2] & 15;
    return;
  }
  if (bits == 2) {
    size_t b = 0;
    for (; b < count / 4; b++)
      for (int i = 0; i < 4; i++) codes[4 * b + i] = (packed[b] >> (2 * i)) & 3;
    for (size_t i = 4 * b; i < count; i++) codes[i] = (packed[b] >> (2 * (i - 4 * b))) & 3;
    return;
  }
  // 3 and 6 bits straddle bytes: the stream is little-endian across bytes as it is within one. Three
  // bytes hold whole codes again; masked shifts move each to a byte of its own.
  size_t i = 0;
  if (bits == 3) {
    for (; i + 8 <= count; i += 8) {
      const uint8_t *p = packed + i / 8 * 3;
      uint64_t v = (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16;
      v = (v | v << 20) & 0x00000fff00000fffu;
      v = (v | v << 10) & 0x003f003f003f003fu;
      v = (v | v << 5) & 0x0707070707070707u;
      __builtin_memcpy(codes + i, &v, 8);
    }
  } else if (bits == 6) {
    for (; i + 4 <= count; i += 4) {
      const uint8_t *p = packed + i / 4 * 3;
      uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
      v = (v & 0x000fffu) | (v & 0xfff000u) << 4;
      v = (v & 0x003f003fu) | (v & 0x0fc00fc0u) << 2;
      __builtin_memcpy(codes + i, &v, 4);
    }
  }
  size_t bytes = (count * (size_t)bits + 7) / 8;
  for (; i < count; i++) {
    size_t bit = i * (size_t)bits, byte = bit / 8, shift = bit % 8;
    uint32_t window = packed[byte];
    if (byte + 1 < bytes) window |= (uint32_t)packed[byte + 1] << 8;
    codes[i] = (uint8_t)((window >> shift) & ((1u << bits) - 1u));
  }
}

void zq_pack(const uint8_t *codes, uint8_t *packed, size_t count, int bits) {
  size_t bytes = (count * (size_t)bits + 7) / 8;
  for (size_t b = 0; b < bytes; b++) packed[b] = 0;
  for (size_t i = 0; i < count; i++) {
    size_t bit = i * (size_t)bits, byte = bit / 8, shift = bit % 8;
    uint32_t value = (uint32_t)codes[i] << shift;
    packed[byte] |= (uint8_t)value;
    if (shift + (size_t)bits > 8) packed[byte + 1] |= (uint8_t)(value >> 8);
  }
}

// Hot loops that the Swift compiler doesn't vectorise well. One portable binary: every function is
// compiled for x86-64-v4 (AVX-512), v3 (AVX2 + FMA) and the baseline, and chosen when it is loaded.
//
// Ranked goals: 1 the same bits on every instruction set, 2 the definitions of the sources,
// 3 speed. For the first, no expression is contracted or reassociated: sums run over sixteen
// fixed lanes whatever the vector width, and fused multiply-adds are spelled out.
#pragma once
#include <stddef.h>
#include <stdint.h>

// — random numbers (philox.c, gaussian.c) —

/// One Philox4x32-10 block: four words from a counter and a key (Salmon et al. 2011, Random123).
void zq_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

/// Writes `count` standard normals for row `row` of tensor `tensor` at draw `draw` under `seed`.
///
/// Element c comes from counter (c/64*16 + c%16, row, tensor, draw): sixteen blocks fill 64 elements, word by
/// word. Words 0,1 and 2,3 are Box-Muller pairs.
void zq_gaussian_row(float *out, size_t count, uint32_t row, uint32_t tensor, uint32_t draw,
                     uint64_t seed);

/// The same, one element at a time: the oracle of the tests.
void zq_gaussian_row_reference(float *out, size_t count, uint32_t row, uint32_t tensor,
                               uint32_t draw, uint64_t seed);

/// `w[c] = fma(factor, z[c], w[c])` with the normals of ``zq_gaussian_row``.
void zq_gaussian_axpy_row(float *w, float factor, size_t count, uint32_t row, uint32_t tensor,
                          uint32_t draw, uint64_t seed);

/// Writes `count` values of ±1 (Rademacher), from bit 31 of the words of the same counters.
void zq_rademacher_row(float *out, size_t count, uint32_t row, uint32_t tensor, uint32_t draw,
                       uint64_t seed);

/// Writes `count` uniforms in [0, 1), the upper 24 bits of the words of the same counters.
void zq_uniform_row(float *out, size_t count, uint32_t row, uint32_t tensor, uint32_t draw,
                    uint64_t seed);

/// x[i] <- floor(x[i]), one more with the chance of the fraction: where uniform[i] < x[i] - floor(x[i]).
void zq_round_stochastic(float *x, const float *uniform, size_t count);

// — quantization (quantize.c) —

/// Asymmetric min-max grid of one group. code = clamp(round(x/scale) + zero, 0, 2^bits - 1).
typedef struct {
  float scale;
  float zero;
} zq_grid;

/// Grid of `count` values with clip fractions `up` and `low` of max and min, and a floor under scale.
/// Scale and zero are NaN when any value is NaN or infinite.
zq_grid zq_grid_of(const float *x, size_t count, int bits, float up, float low, float floor);

/// x[i] <- (code - zero) * scale. Rounds half to even.
void zq_fake_quantize(float *x, size_t count, int bits, zq_grid grid);

/// code[i] = clamp(round(x[i]/scale) + zero, 0, 2^bits - 1); 0 where that is NaN.
void zq_codes(const float *x, uint8_t *codes, size_t count, int bits, zq_grid grid);

/// x[i] = (code[i] - zero) * scale.
void zq_dequantize(const uint8_t *codes, float *x, size_t count, zq_grid grid);

/// code[i] <- clamp(code[i] + r(step[i]/scale), 0, 2^bits - 1), r as ``zq_round_stochastic``; a code
/// whose step isn't a number stays.
void zq_move_codes(uint8_t *codes, const float *step, const float *uniform, float scale, size_t count,
                   int bits);

/// Fake-quantizes each row of x[rows, columns] (row stride `stride`) by its own min and max.
void zq_fake_quantize_rows(float *x, size_t rows, size_t columns, size_t stride, int bits,
                           float floor);

/// out[c] = w[c]·column[c]·row, the smoothing of one row; `column` may be null.
void zq_scale_row(float *x, const float *column, float row, size_t count);

/// x[c] = x[c] / divisor.
void zq_divide_row(float *x, float divisor, size_t count);

/// Σ x[c]·y[c] in float64 over sixteen fixed lanes.
double zq_dot(const float *x, const float *y, size_t count);

/// Unpacks `count` codes of `bits` bits, little-endian within the byte stream.
void zq_unpack(const uint8_t *packed, uint8_t *codes, size_t count, int bits);

/// Packs `count` codes; writes ceil(count·bits/8) bytes, zero-padded.
void zq_pack(const uint8_t *codes, uint8_t *packed, size_t count, int bits);

// — sixteen-bit floats (halves.c) —

/// IEEE half precision, round to nearest even.
void zq_to_half(const float *x, uint16_t *out, size_t count);
void zq_from_half(const uint16_t *x, float *out, size_t count);

/// bfloat16, round to nearest even.
void zq_to_brain(const float *x, uint16_t *out, size_t count);
void zq_from_brain(const uint16_t *x, float *out, size_t count);

/// The same, up or down with the chance that makes the mean x; uniform[i] in [0, 1).
void zq_to_half_stochastic(const float *x, const float *uniform, uint16_t *out, size_t count);
void zq_to_brain_stochastic(const float *x, const float *uniform, uint16_t *out, size_t count);

// — gradients through quantization (quantize_backward.c) —

/// Gradients with respect to a grid's scale and zero point.
typedef struct {
  double scale;
  double zero;
} zq_grid_gradient;

/// Gradient of ``zq_fake_quantize`` at a grid of its own: d, the gradient of the output, becomes that of
/// x (zero where a code was clamped); `gradient` gets the grid's, with a zero point that is rounded
/// straight through.
void zq_grid_backward(const float *x, float *d, size_t count, int bits, zq_grid grid,
                      zq_grid_gradient *gradient);

/// Gradients with respect to the clip fractions.
typedef struct {
  float up;
  float low;
} zq_clip_gradient;

/// The same through the grid that ``zq_grid_of`` takes from x: its minimum, maximum and scale floor, too.
zq_clip_gradient zq_fake_quantize_backward(const float *x, float *d, size_t count, int bits,
                                           zq_grid grid, float up, float low, float floor);

/// d[i] = 0 where |x[i]| >= bound.
void zq_pass_inside(const float *x, float *d, size_t count, float bound);

/// Symmetric by the largest |x|: s = (2^(bits-1) - 1)/(max|x| + 1e-6), x = round(x·s)/(s + 1e-6).
void zq_symmetric(float *x, size_t count, int bits);

/// Asymmetric by the range: x = round((x - min)/(range + 1e-8)·top)/top·(range + 1e-8) + min.
void zq_asymmetric(float *x, size_t count, int bits);

/// 1 bit: mean|x|·sign(x); more: 2·mean|x|·(round(clamp(x/(2·mean|x|), ±0.99)·n - 0.5) + 0.5)/n with
/// n = 2^(bits-1).
void zq_mean_absolute(float *x, size_t count, int bits);

/// sum[i] += factor·x[i]·y[i], or factor·x[i] where y is null.
void zq_fold_product(double *sum, const float *x, const float *y, double factor, size_t count);

/// Σ x[c]·y[c]·z[c] in float64 over sixteen fixed lanes.
double zq_dot3(const float *x, const float *y, const float *z, size_t count);

/// x[i] = fma(factor, y[i], x[i]).
void zq_add_scaled(float *x, const float *y, float factor, size_t count);

// — layers (layers.c) —

/// out = x / sqrt(mean(x²) + epsilon) · gain (+ bias when not null), per row.
void zq_rms_norm(const float *x, const float *gain, const float *bias, float *out, size_t rows,
                 size_t columns, float epsilon);

/// out = (x - mean) / sqrt(variance + epsilon) · gain + bias, per row; biased variance.
void zq_layer_norm(const float *x, const float *gain, const float *bias, float *out, size_t rows,
                   size_t columns, float epsilon);

/// Softmax over the first `visible` of each row's scores; the rest of `columns` becomes zero.
/// Row r sees `first_visible + r` entries.
void zq_causal_softmax(float *scores, size_t rows, size_t columns, size_t first_visible);

/// gate <- silu(gate) · up.
void zq_silu_multiply(float *gate, const float *up, size_t count);

/// out <- silu(gate) · up, into other memory.
void zq_silu_product(const float *restrict gate, const float *restrict up, float *restrict out,
                     size_t count);

/// x <- max(x, 0).
void zq_relu(float *x, size_t count);

/// out <- gelu(gate) · up, with the tanh form of GELU; `out` may be `gate`.
void zq_gelu_product(const float *gate, const float *up, float *out, size_t count);

/// x <- x + y.
void zq_add(float *x, const float *y, size_t count);

/// Each row of x[rows, columns] += bias.
void zq_add_bias(float *x, const float *bias, size_t rows, size_t columns, size_t stride);

/// Rotates the heads of one row by the angles of its position; cos/sin have head/2 entries.
/// `interleaved`: pairs (2i, 2i+1); otherwise pairs (i, i + head/2).
void zq_rope_row(float *x, const float *cosine, const float *sine, size_t heads, size_t head,
                 int interleaved);

/// Online log-sum-exp: folds one row of scores into a running maximum and sum.
void zq_fold_logsumexp(const float *scores, size_t count, float *maximum, double *sum);

/// Largest absolute value of each column, folded into `maxima`.
void zq_fold_column_maxima(const float *x, float *maxima, size_t rows, size_t columns);

/// Least and largest value of each column, folded into `least` and `most`.
void zq_fold_column_range(const float *x, float *least, float *most, size_t rows, size_t columns);

/// 1 when every value is finite.
int zq_all_finite(const float *x, size_t count);

// — backward passes (gradients.c): d… is the gradient of the loss with respect to … —

/// dx += gradient of zq_rms_norm's input; dgain += Σ dout·x̂; dbias += Σ dout where not null.
void zq_rms_norm_backward(const float *restrict x, const float *restrict gain,
                          const float *restrict dout, float *restrict dx, float *restrict dgain,
                          float *restrict dbias, size_t rows, size_t columns, float epsilon);

/// dx += gradient of zq_layer_norm's input; dgain += Σ dout·x̂; dbias += Σ dout.
void zq_layer_norm_backward(const float *restrict x, const float *restrict gain,
                            const float *restrict dout, float *restrict dx, float *restrict dgain,
                            float *restrict dbias, size_t rows, size_t columns, float epsilon);

/// Turns the gradient of zq_causal_softmax's output `weights` into that of its input.
void zq_softmax_backward(const float *weights, float *dweights, size_t rows, size_t columns,
                         size_t first_visible);

/// dgate <- gradient of zq_silu_multiply's gate; `dout_dup` comes with the gradient of its output and
/// leaves with that of `up`.
void zq_silu_multiply_backward(const float *restrict gate, const float *restrict up,
                               float *restrict dgate, float *restrict dout_dup, size_t count);

/// As zq_silu_multiply_backward, for zq_gelu_product.
void zq_gelu_multiply_backward(const float *restrict gate, const float *restrict up,
                               float *restrict dgate, float *restrict dout_dup, size_t count);

/// Zeroes dx where zq_relu's output isn't above zero.
void zq_relu_backward(float *dx, const float *out, size_t count);

/// Rotates back what zq_rope_row rotated.
void zq_rope_row_backward(float *dx, const float *cosine, const float *sine, size_t heads,
                          size_t head, int interleaved);

/// sums += the sum of each column of x[rows, columns] (row stride `stride`), in float64.
void zq_add_column_sums(const float *x, float *sums, size_t rows, size_t columns, size_t stride);

/// logits <- scale · (softmax(logits) - one_hot(target)); also the largest logit and the sum of
/// e^(logit - largest), from which the loss follows.
void zq_cross_entropy_gradient(float *logits, size_t count, size_t target, float scale,
                               float *largest, double *sum_of_exponentials);

/// student <- scale · (softmax(student) - softmax(teacher)); returns KL(teacher || student), nats.
/// `log_…` are the logarithms of the two sums of exponentials.
double zq_divergence_gradient(float *restrict student, const float *restrict teacher, size_t count,
                              float scale, double log_student, double log_teacher);

// — integer products (integer.c) —

/// Outputs of a panel of weight codes.
#define ZQ_PANEL_ROWS 32

/// What undoes the grid of one token's codes: s, zx, and Σ(qx − zx). Codes are centred, and so is zx.
typedef struct {
  float scale;
  double zero;
  double shifted;
} zq_token_sum;

/// 32 rows of weight codes and what undoes their grids; rows that aren't there have scale 0.
typedef struct {
  /// codes[k/4·128 + row·4 + k%4], zero beyond the last input.
  const uint8_t *codes;
  const float *scales;
  /// z of each row, Σ codes of each row, bias of each row.
  const double *zeros;
  const double *sums;
  const float *biases;
} zq_weight_panel;

/// Codes of one token minus 2^(bits-1), `padded` of them, zero beyond `columns`.
void zq_token_codes(const float *x, size_t columns, int bits, zq_grid grid, int8_t *codes,
                    size_t padded, zq_token_sum *sum);

/// Σ codes[i].
int32_t zq_code_sum(const uint8_t *codes, size_t count);

/// Puts the codes of row `row` into a panel of zeros.
void zq_interleave(const uint8_t *codes, size_t row, size_t columns, uint8_t *panel);

/// What a product may be computed with: the same bits from each.
typedef enum { zq_integer_scalar, zq_integer_avx2, zq_integer_vnni } zq_integer_path;

/// The fastest that this processor has.
zq_integer_path zq_best_integer_path(void);

/// y[t][n] for `count` tokens (`stride` codes apart) and the first `outputs` rows of a panel of `padded`
/// inputs, a multiple of 4 and at most 65,536.
void zq_integer_product(zq_integer_path path, const int8_t *x, size_t stride,
                        const zq_token_sum *tokens, size_t count, const zq_weight_panel *w,
                        size_t padded, float *y, size_t y_stride, size_t outputs);

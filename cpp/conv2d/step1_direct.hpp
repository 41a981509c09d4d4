// Step 1 of the ladder: convolution as its definition says it, in seven loops.
//
//     y[n, co, ho, wo] = bias[co] + sum over ci, kh, kw of  x[n, ci, hi, wi] * w[co, ci, kh, kw]
//
// where (hi, wi) is the input pixel under kernel cell (kh, kw); pixels in the zero padding add nothing.
// (Deep learning says "convolution" for what signal processing calls cross-correlation: the kernel is
// not flipped.)
//
// Each term of the sum is one "tap": a triple (input pixel, weight, output pixel). The three passes
// below visit the same taps. Each multiplies two members of the triple and adds the product to the
// third, which is why this file is the reference that every faster step is tested against: there is
// almost nothing to get wrong.
//
// Cost: 2 * N * C_out * H_out * W_out * (C_in / groups) * K_h * K_w flops.
// Next: step2_im2col.hpp turns the same sum into one matrix product.
#pragma once

#include <algorithm>

#include "buffers.hpp"
#include "conv2d/kernels.hpp"
#include "interrupt.hpp"

namespace minicnn::direct {

/// Call `visit(x_index, w_index, y_index)` for every tap of image `n` (flat, row-major indices).
template <class Visit>
void for_each_tap(const Conv2dShape& s, index_t n, Visit visit) {
    const index_t C_in_group = s.C_in / s.groups;
    const index_t C_out_group = s.C_out / s.groups;
    for (index_t co = 0; co < s.C_out; ++co)
    for (index_t ho = 0; ho < s.H_out; ++ho, poll_interrupt())
    for (index_t wo = 0; wo < s.W_out; ++wo)
    for (index_t c = 0; c < C_in_group; ++c)
    for (index_t kh = 0; kh < s.K_h; ++kh)
    for (index_t kw = 0; kw < s.K_w; ++kw) {
        const index_t ci = co / C_out_group * C_in_group + c;
        const index_t hi = s.input_row(ho, kh);
        const index_t wi = s.input_col(wo, kw);
        if (s.inside(hi, wi))
            visit(((n * s.C_in + ci) * s.H_in + hi) * s.W_in + wi,
                  ((co * C_in_group + c) * s.K_h + kh) * s.K_w + kw,
                  ((n * s.C_out + co) * s.H_out + ho) * s.W_out + wo);
    }
}

/// What the epilogue does after the bias.
template <class T>
void finish(const Conv2dShape& s, const Epilogue<T>& end, T* y) {
    for (index_t i = 0; i < s.N * s.C_out * s.positions(); ++i) {
        const index_t co = i / s.positions() % s.C_out;
        if (end.mean) y[i] = (y[i] - end.mean[co]) * end.scale[co] + end.shift[co];
        if (end.residual) y[i] += end.residual[i];
        if (end.relu && y[i] < T(0)) y[i] = T(0);
    }
}

/// y = conv2d(x, w) + bias, then what else the epilogue asks for
template <class T>
void forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& end, T* y) {
    const index_t size = s.N * s.C_out * s.positions();
    for (index_t i = 0; i < size; ++i) y[i] = end.bias ? end.bias[i / s.positions() % s.C_out] : T(0);
    for (index_t n = 0; n < s.N; ++n)
        for_each_tap(s, n, [=](index_t ix, index_t iw, index_t iy) { y[iy] += x[ix] * w[iw]; });
    finish(s, end, y);
}

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward_input(const Conv2dShape& s, const T* grad_y, const T* w, const T* onto, T* grad_x) {
    const index_t size = s.N * s.C_in * s.H_in * s.W_in;
    std::fill_n(grad_x, size, T(0));
    for (index_t n = 0; n < s.N; ++n)
        for_each_tap(s, n, [=](index_t ix, index_t iw, index_t iy) { grad_x[ix] += grad_y[iy] * w[iw]; });
    for (index_t i = 0; onto && i < size; ++i) grad_x[i] += onto[i];
}

/// grad_w = dL/dw, given grad_y = dL/dy: each image's sum by itself, then their sum, since the rounding of one running
/// sum grows with the number of its terms, and these are the taps of a whole batch.
template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    const index_t size = s.C_out * s.taps();
    const Workspace<T> image(size);
    T* const sum = image.data();
    std::fill_n(grad_w, size, T(0));
    for (index_t n = 0; n < s.N; ++n) {
        std::fill_n(sum, size, T(0));
        for_each_tap(s, n, [=](index_t ix, index_t iw, index_t iy) { sum[iw] += grad_y[iy] * x[ix]; });
        for (index_t i = 0; i < size; ++i) grad_w[i] += sum[i];
    }
}

}  // namespace minicnn::direct

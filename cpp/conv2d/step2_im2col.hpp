// Step 2 of the ladder: convolution as a matrix product.
//
// For one image and one group, with W the weight as a (C_out, taps) matrix, taps = C_in * K_h * K_w,
// and X = im2col(x) as a (taps, positions) matrix, positions = H_out * W_out:
//
//     forward           Y  = W X                      (C_out, taps) @ (taps, positions)
//     backward_input    gX = col2im(W^T gY)           (taps, C_out) @ (C_out, positions)
//     backward_weight   gW = gY X^T, over the batch   (C_out, positions) @ (positions, taps)
//
// What changed since step 1: the same multiplications, but the inner loops are now a matrix product,
// which keeps registers and caches busy. Price: the `columns` buffer, K_h * K_w times the image.
// Next: step3_tiled.hpp never writes that buffer.
#pragma once

#include <algorithm>

#include "buffers.hpp"
#include "conv2d/im2col.hpp"
#include "conv2d/kernels.hpp"
#include "gemm/gemm.hpp"

namespace minicnn::im2col_gemm {

/// The matrix sizes of one group.
struct GroupSize {
    explicit GroupSize(const Conv2dShape& s)
        : C_in(s.C_in / s.groups), C_out(s.C_out / s.groups), taps(s.taps()), positions(s.positions()),
          columns(checked_mul("conv2d", "the im2col matrix", taps, positions)) {}
    index_t C_in, C_out, taps, positions, columns;
};

/// Call `body(x_offset, w_offset, y_offset, n)` for each image of each group.
template <class Body>
void for_each_image_group(const Conv2dShape& s, Body body) {
    const index_t C_in = s.C_in / s.groups, C_out = s.C_out / s.groups;
    for (index_t n = 0; n < s.N; ++n)
    for (index_t g = 0; g < s.groups; ++g)
        body((n * s.groups + g) * C_in * s.H_in * s.W_in, g * C_out * s.taps(),
             (n * s.groups + g) * C_out * s.positions(), n);
}

template <class T>
void forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& end, T* y) {
    const GroupSize d(s);
    const Workspace<T> columns(d.columns);
    for_each_image_group(s, [&](index_t ix, index_t iw, index_t iy, index_t) {
        im2col(s, d.C_in, x + ix, columns.data());
        gemm_packed<T>({d.C_out, d.positions, d.taps}, w + iw, columns.data(), y + iy);
    });
    for (index_t i = 0; end.bias && i < s.N * s.C_out * d.positions; ++i) y[i] += end.bias[i / d.positions % s.C_out];
    direct::finish(s, end, y);
}

template <class T>
void backward_input(const Conv2dShape& s, const T* grad_y, const T* w, const T* onto, T* grad_x) {
    const GroupSize d(s);
    const index_t size = s.N * s.C_in * s.H_in * s.W_in;
    const Workspace<T> columns(d.columns);
    std::fill_n(grad_x, size, T(0));
    for_each_image_group(s, [&](index_t ix, index_t iw, index_t iy, index_t) {
        gemm_packed<T>({d.taps, d.positions, d.C_out, true, false}, w + iw, grad_y + iy, columns.data());
        col2im(s, d.C_in, columns.data(), grad_x + ix);
    });
    for (index_t i = 0; onto && i < size; ++i) grad_x[i] += onto[i];
}

template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    const GroupSize d(s);
    const Workspace<T> columns(d.columns);
    if (s.N == 0) std::fill_n(grad_w, s.C_out * d.taps, T(0));
    for_each_image_group(s, [&](index_t ix, index_t iw, index_t iy, index_t n) {
        im2col(s, d.C_in, x + ix, columns.data());
        const bool accumulate = n > 0;
        gemm_packed<T>({d.C_out, d.taps, d.positions, false, true, accumulate}, grad_y + iy, columns.data(),
                       grad_w + iw);
    });
}

}  // namespace minicnn::im2col_gemm

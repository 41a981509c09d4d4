// Step 1 of the ladder: max pooling as its definition says it.
//
//     y[n, c, ho, wo] = max over kh, kw of x[n, c, hi, wi]
//
// where (hi, wi) is the input pixel under window cell (kh, kw). Cells in the padding do not take part. Of
// equal values the first wins, in the order of memory; a NaN beats every number, and the first NaN wins.
// A window of nothing but -inf yields -inf at its first pixel; one of nothing but padding, -inf nowhere.
//
// With `relu`, what is pooled is max(x, 0): a window without a positive pixel (or a NaN) then has no pixel that a
// gradient goes to, since ReLU passes none at 0.
//
// The gradient of a window goes to the pixel that won. Windows that overlap add theirs, in the order of y.
//
// Cost: N * C * H_out * W_out * K_h * K_w comparisons.
// Next: step2_vector.hpp compares a vector of windows at a time.
#pragma once

#include <algorithm>
#include <limits>

#include "max_pool2d/kernels.hpp"
#include "interrupt.hpp"

namespace minicnn::max_pool2d_direct {

/// Whether `value` takes the lead from `best`.
template <class T>
bool beats(T value, T best) {
    const bool value_is_nan = value != value, best_is_nan = best != best;
    return value > best || (value_is_nan && !best_is_nan);
}

/// y = max_pool2d(x), or max_pool2d(max(x, 0)) with `relu`, and where each maximum was
template <class T>
void forward(const Pool2dShape& s, const T* x, T* y, const Argmax& argmax, bool relu) {
    index_t i = 0;  // over y
    for (index_t plane = 0; plane < s.planes(); ++plane, x += s.pixels())
    for (index_t ho = 0; ho < s.H_out; ++ho, poll_interrupt())
    for (index_t wo = 0; wo < s.W_out; ++wo, ++i) {
        const KernelRange rows = s.rows_inside(ho), cols = s.cols_inside(wo);
        T best = -std::numeric_limits<T>::infinity();
        index_t cell = no_cell, pixel = no_pixel;
        for (index_t kh = rows.begin; kh < rows.end; ++kh)
        for (index_t kw = cols.begin; kw < cols.end; ++kw) {
            const index_t at = s.input_row(ho, kh) * s.W_in + s.input_col(wo, kw);
            const T value = relu && x[at] < T(0) ? T(0) : x[at];
            if (pixel != no_pixel && !beats(value, best)) continue;
            best = value;
            pixel = at;
            if (argmax.cell) cell = kh * s.K_w + kw;
        }
        y[i] = best;
        if (relu && best <= T(0)) cell = no_cell, pixel = no_pixel;
        if (argmax.cell) argmax.cell[i] = static_cast<std::uint8_t>(cell);
        if (argmax.pixel) argmax.pixel[i] = pixel;
    }
}

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward(const Pool2dShape& s, const T* grad_y, const Argmax& argmax, T* grad_x) {
    std::fill_n(grad_x, s.planes() * s.pixels(), T(0));
    index_t i = 0;  // over y
    for (index_t plane = 0; plane < s.planes(); ++plane, grad_x += s.pixels())
    for (index_t ho = 0; ho < s.H_out; ++ho, poll_interrupt())
    for (index_t wo = 0; wo < s.W_out; ++wo, ++i) {
        index_t at = no_pixel;
        if (argmax.pixel)
            at = argmax.pixel[i];
        else if (argmax.cell[i] != no_cell)
            at = s.input_row(ho, argmax.cell[i] / s.K_w) * s.W_in + s.input_col(wo, argmax.cell[i] % s.K_w);
        if (0 <= at && at < s.pixels()) grad_x[at] += grad_y[i];  // a caller may have written to `indices`
    }
}

}  // namespace minicnn::max_pool2d_direct

// Step 1 of the ladder: average pooling as its definition says it.
//
//     y[n, c, ho, wo] = (sum over kh, kw of x[n, c, hi, wi]) / divisor(ho, wo)
//
// where (hi, wi) is the input pixel under window cell (kh, kw); pixels in the zero padding add nothing.
// Both passes visit the same pairs (input pixel, window): one adds the pixel to the window, the other the
// window's share of the gradient to the pixel.
//
// Cost: N * C * H_out * W_out * K_h * K_w additions.
// Next: step2_vector.hpp sums a vector of windows at a time.
#pragma once

#include <algorithm>

#include "avg_pool2d/kernels.hpp"
#include "interrupt.hpp"

namespace minicnn::avg_pool2d_direct {

/// Call `visit(pixel)` with the index into its plane of every pixel that the window at (ho, wo) covers.
template <class Visit>
void for_each_pixel(const Pool2dShape& s, index_t ho, index_t wo, Visit visit) {
    const KernelRange rows = s.rows_inside(ho), cols = s.cols_inside(wo);
    for (index_t kh = rows.begin; kh < rows.end; ++kh)
    for (index_t kw = cols.begin; kw < cols.end; ++kw) visit(s.input_row(ho, kh) * s.W_in + s.input_col(wo, kw));
}

/// y = avg_pool2d(x); summed in double, so that a window of any size is right to the last bit or nearly
template <class T>
void forward(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    for (index_t plane = 0; plane < s.planes(); ++plane, x += s.pixels())
    for (index_t ho = 0; ho < s.H_out; ++ho, poll_interrupt())
    for (index_t wo = 0; wo < s.W_out; ++wo) {
        double sum = 0;
        for_each_pixel(s, ho, wo, [&](index_t pixel) { sum += double(x[pixel]); });
        *y++ = T(sum / (divisor.rows(s, ho) * divisor.cols(s, wo)));
    }
}

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    std::fill_n(grad_x, s.planes() * s.pixels(), T(0));
    for (index_t plane = 0; plane < s.planes(); ++plane, grad_x += s.pixels())
    for (index_t ho = 0; ho < s.H_out; ++ho, poll_interrupt())
    for (index_t wo = 0; wo < s.W_out; ++wo) {
        const T share = T(double(*grad_y++) / (divisor.rows(s, ho) * divisor.cols(s, wo)));
        for_each_pixel(s, ho, wo, [&](index_t pixel) { grad_x[pixel] += share; });
    }
}

}  // namespace minicnn::avg_pool2d_direct

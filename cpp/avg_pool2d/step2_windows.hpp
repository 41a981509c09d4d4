// Step 2 of the ladder, for the shapes that its vectors of windows do not serve (a whole plane as one window
// among them): window by window, its rows in vectors where they are long.
#pragma once

#include "avg_pool2d/kernels.hpp"
#include "pool2d/strided.hpp"

namespace minicnn::TARGET::avg_pool2d_vector {

/// The sum of n values `step` apart. Lanes are emptied into a double every 64 vectors, so that the rounding error
/// does not grow with the window.
template <class T>
double sum_of(const T* p, index_t n, index_t step) {
    constexpr index_t L = lanes<T>, block = 64 * L;
    double sum = 0;
    index_t i = 0;
    while (step == 1 && n - i >= 2 * L) {
        Vec<T> part[2] = {};
        const index_t end = min(n, i + block);
        for (; i + 2 * L <= end; i += 2 * L) part[0] += load(p + i), part[1] += load(p + i + L);
        const Vec<T> all = part[0] + part[1];
        double quarter[4] = {};  // four chains of additions: one would take four times as long
        for (int lane = 0; lane < L; ++lane) quarter[lane % 4] += double(all[lane]);
        sum += (quarter[0] + quarter[1]) + (quarter[2] + quarter[3]);
    }
    for (; i < n; ++i) sum += double(p[i * step]);
    return sum;
}

/// Call `visit(pixel, count)` for each run of `count` pixels, dilation[1] apart, that the window at (ho, wo) covers;
/// one run for all rows if they are neighbours in memory.
template <class Visit>
void for_each_run(const Pool2dShape& s, index_t ho, index_t wo, const Visit& visit) {
    const KernelRange rows = s.rows_inside(ho), cols = s.cols_inside(wo);
    if (rows.size() == 0 || cols.size() == 0) return;
    const index_t pixel = s.input_row(ho, rows.begin) * s.W_in + s.input_col(wo, cols.begin);
    if (cols.size() == s.W_in && s.dilation[0] == 1 && s.dilation[1] == 1) return visit(pixel, rows.size() * s.W_in);
    for (index_t kh = 0; kh < rows.size(); ++kh) visit(pixel + kh * s.dilation[0] * s.W_in, cols.size());
}

template <class T>
void forward_windows(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        index_t i = first * s.windows();  // over y
        PacedPoll poll;
        for (index_t plane = first; plane < last; ++plane)
        for (index_t ho = 0; ho < s.H_out; ++ho)
        for (index_t wo = 0; wo < s.W_out; ++wo, ++i) {
            poll.after(s.K_h * s.K_w);
            double sum = 0;
            for_each_run(s, ho, wo, [&](index_t pixel, index_t count) {
                sum += sum_of(x + plane * s.pixels() + pixel, count, s.dilation[1]);
            });
            y[i] = T(sum / (divisor.rows(s, ho) * divisor.cols(s, wo)));
        }
    });
}

template <class T>
void backward_windows(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        index_t i = first * s.windows();  // over y
        PacedPoll poll;
        for (index_t plane = first; plane < last; ++plane) {
            T* const image = grad_x + plane * s.pixels();
            fill_zero(image, s.pixels());
            for (index_t ho = 0; ho < s.H_out; ++ho)
            for (index_t wo = 0; wo < s.W_out; ++wo, ++i) {
                poll.after(s.K_h * s.K_w);
                const T share = T(double(grad_y[i]) / (divisor.rows(s, ho) * divisor.cols(s, wo)));
                for_each_run(s, ho, wo, [&](index_t pixel, index_t count) {
                    for (index_t k = 0; k < count; ++k) image[pixel + k * s.dilation[1]] += share;
                });
            }
        }
    });
}

}  // namespace minicnn::TARGET::avg_pool2d_vector

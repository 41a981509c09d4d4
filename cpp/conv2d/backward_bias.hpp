// Gradient of the bias: every output pixel of a channel got it added once, so its gradient is their sum.
//
// One plane is summed in vector lanes, the planes of a channel in double in the order of the batch.
#pragma once

#include "buffers.hpp"
#include "conv2d/kernels.hpp"
#include "elementwise.hpp"
#include "parallel.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET {

/// The sum of n contiguous values: four vectors of partial sums, then the lanes in order.
template <class T>
double sum_contiguous(const T* x, index_t n) {
    constexpr index_t L = lanes<T>;
    Vec<T> part[4] = {};
    index_t i = 0;
    for (; i + 4 * L <= n; i += 4 * L)
        for (int j = 0; j < 4; ++j) part[j] += load(x + i + j * L);
    for (; i + L <= n; i += L) part[0] += load(x + i);
    const Vec<T> all = (part[0] + part[1]) + (part[2] + part[3]);
    double sum = 0;
    for (int lane = 0; lane < L; ++lane) sum += double(all[lane]);
    for (; i < n; ++i) sum += double(x[i]);
    return sum;
}

/// to[c] = the sum over n of rows[n, c], in double and in the order of n; many columns at a time, as memory has them.
template <class T, class V>
void sum_rows(const V* rows, index_t N, index_t C, T* to) {
    const Workspace<double> total(C);
    fill_zero(total.data(), C);
    for (index_t n = 0; n < N; ++n)
        for (index_t c = 0; c < C; ++c) total.data()[c] += double(rows[n * C + c]);
    for (index_t c = 0; c < C; ++c) to[c] = T(total.data()[c]);
}

/// Call `plane_sum(at)` for the plane of each channel of each image, in memory order, and add the sums of a channel.
template <class T, class PlaneSum>
void sum_planes(const Conv2dShape& s, const PlaneSum& plane_sum, T* grad_bias) {
    const index_t plane = s.positions(), images = max<index_t>(1, elements_per_task / max<index_t>(1, s.C_out * plane));
    const Workspace<double> sums(s.N * s.C_out);
    parallel_for(blocks_of(s.N, images), num_threads(), [&](index_t task, int) {
        for (index_t i = task * images * s.C_out; i < min(s.N, (task + 1) * images) * s.C_out; ++i)
            sums.data()[i] = plane_sum(i * plane);
    });
    if (grad_bias) sum_rows(sums.data(), s.N, s.C_out, grad_bias);
}

/// grad_bias[co] = sum over n, ho, wo of grad_y[n, co, ho, wo]
template <class T>
void backward_bias(const Conv2dShape& s, const T* grad_y, T* grad_bias) {
    if (s.positions() == 1) return sum_rows(grad_y, s.N, s.C_out, grad_bias);
    sum_planes(s, [&](index_t at) { return sum_contiguous(grad_y + at, s.positions()); }, grad_bias);
}

/// Before that, where the forward pass ended in ReLU: cut = grad_y, or 0 where y <= 0 (a NaN passes). One plane is cut
/// and, while it is in cache, summed. `grad_bias` may be null.
template <class T>
void backward_relu(const Conv2dShape& s, const T* grad_y, const T* y, T* cut, T* grad_bias) {
    const auto cut_plane = [&](index_t at) {
        for_each_vector<T>(at, at + s.positions(), [=](index_t i, auto io) {
            io.store(cut + i, io.where(io.load(y + i) <= io.zero(), io.zero(), io.load(grad_y + i)));
        });
        return grad_bias ? sum_contiguous(cut + at, s.positions()) : 0.0;
    };
    sum_planes(s, cut_plane, grad_bias);
}

}  // namespace minicnn::TARGET

// Softmax and negative log-likelihood in one pass, sample by sample:
//
//     s = x - max x        p = e^s / sum e^s        loss = log(sum e^s) - s[label]
//
// Subtracting the maximum keeps e^s from overflowing and changes neither p nor the loss. An infinite maximum, or a NaN
// anywhere, makes NaN of the whole sample. Backward, grad_x = (p - 1 at the label) * scale.
//
// Vectors run along the classes of one sample. The losses of all samples are added in their order, in double
// precision, by one thread: so the sum does not depend on the number of threads.
// Source: Goodfellow, Bengio & Courville, "Deep Learning", MIT Press 2016, sections 4.1 and 6.2.2.3.
#pragma once

#include "buffers.hpp"
#include "cross_entropy/exp.hpp"
#include "cross_entropy/kernels.hpp"
#include "lanes.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET::cross_entropy {

constexpr index_t values_per_task = 4096;

/// Call `body(first, last)` in parallel for ranges of samples that cover all of them.
template <class Body>
void for_each_range(const CrossEntropyShape& s, const Body& body) {
    const index_t step = max<index_t>(1, values_per_task / s.C);
    parallel_for(blocks_of(s.N, step), num_threads(),
                 [&](index_t task, int) { body(task * step, min(s.N, (task + 1) * step)); });
}

/// Write e^(x - max x) of one sample of C classes to p, the factor that makes it softmax still left out; return the
/// maximum, and the sum of what was written.
template <class T>
T exponentials(index_t C, const T* x, const T* x_end, T* p, const T* p_end, double& sum) {
    constexpr index_t L = lanes<T>;
    Vec<T> top = splat(-T(__builtin_inf()));
    for (index_t c = 0; c < C; c += L) {
        const Vec<T> v = load_row(x + c, C - c, -T(__builtin_inf()), x_end);
        top = v > top ? v : top;
    }
    top = fold_lanes<T>(top, [](Vec<T> a, Vec<T> b) { return a > b ? a : b; });
    sum = 0;
    for (index_t c = 0; c < C; c += L) {
        const Vec<T> e = exp<T>(load_row(x + c, C - c, -T(__builtin_inf()), x_end) - top);
        // lanes past the row add nothing, even where -inf - -inf is NaN
        const Vec<T> counted = C - c >= L ? e : first_lanes(e, C - c, T(0));
        store_row(p + c, e, p_end);
        sum += double(fold_lanes<T>(counted, [](Vec<T> a, Vec<T> b) { return a + b; })[0]);
    }
    return top[0];
}

template <class T>
double forward(const CrossEntropyShape& s, const T* x, const std::int64_t* labels, T* p) {
    const Workspace<double> losses(s.N);
    const T* const x_end = x + s.N * s.C;
    for_each_range(s, [&](index_t first, index_t last) {
        const T* const p_end = p + last * s.C;
        for (index_t n = first; n < last; ++n) {
            T* const row = p + n * s.C;
            double sum;
            const T top = exponentials(s.C, x + n * s.C, x_end, row, p_end, sum);
            const Vec<T> factor = splat(T(1 / sum));
            for (index_t c = 0; c < s.C; c += lanes<T>)
                store_row<T>(row + c, load_row(row + c, lanes<T>, T(0), p_end) * factor, p_end);
            const bool counts = labels[n] != s.ignored;
            const T shifted = counts ? x[n * s.C + labels[n]] - top : T(0);
            losses.data()[n] = counts ? __builtin_log(sum) - double(shifted) : 0;
        }
    });
    double total = 0;
    for (index_t n = 0; n < s.N; ++n) total += losses.data()[n];
    return total;
}

template <class T>
void backward(const CrossEntropyShape& s, const T* p, const std::int64_t* labels, T scale, T* grad_x) {
    for_each_range(s, [&](index_t first, index_t last) {
        for (index_t n = first; n < last; ++n) {
            T* const to = grad_x + n * s.C;
            if (labels[n] == s.ignored) {
                fill_zero(to, s.C);
                continue;
            }
            const T* const from = p + n * s.C;
            for (index_t c = 0; c < s.C; ++c) to[c] = from[c] * scale;
            to[labels[n]] = (from[labels[n]] - T(1)) * scale;
        }
    });
}

template <class T>
void exp_of(index_t n, const T* x, T* y) {
    for (index_t i = 0; i < n; i += lanes<T>) store_row(y + i, exp<T>(load_row(x + i, n - i, T(0), x + n)), y + n);
}

}  // namespace minicnn::TARGET::cross_entropy

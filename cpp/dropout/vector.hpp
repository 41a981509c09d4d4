// Dropout: each value is zeroed with probability p, the others are scaled so that the expected value stays.
//
// Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, 2014
// (here "inverted": the scaling is done in training, so that evaluation is the identity).
#pragma once

#include "dropout/kernels.hpp"
#include "dropout/philox.hpp"
#include "elementwise.hpp"

namespace minicnn::TARGET::dropout {

static_assert(elements_per_task % philox_block == 0, "a task begins with a block of random words of its own");

/// One block of values. The pointers are restricted, since a byte could otherwise alias any value.
template <class T>
void drop(index_t count, const T* __restrict x, const std::uint32_t* __restrict words, std::uint32_t threshold, T scale,
          T* __restrict y, std::uint8_t* __restrict keep) {
    for (index_t j = 0; j < count; ++j) y[j] = x[j] * (words[j] >= threshold ? scale : T(0));
    for (index_t j = 0; j < count; ++j) keep[j] = words[j] >= threshold;
}

template <class T>
void forward(index_t n, const T* x, std::uint64_t key, double p, T scale, T* y, std::uint8_t* keep) {
    // of 2^32 equally likely words; p = 1 has scale 0 and so drops them all
    const std::uint32_t threshold = std::uint32_t(min(p * 4294967296.0, 4294967295.0));
    parallel_for(blocks_of(n, elements_per_task), num_threads(), [&](index_t task, int) {
        const index_t last = min(n, (task + 1) * elements_per_task);
        for (index_t i = task * elements_per_task; i < last; i += philox_block) {
            std::uint32_t words[philox_block];
            philox(key, std::uint64_t(i) / philox_block * philox_counters, words);
            const index_t count = min<index_t>(philox_block, last - i);
            if (count == philox_block)
                drop<T>(philox_block, x + i, words, threshold, scale, y + i, keep + i);
            else
                drop<T>(count, x + i, words, threshold, scale, y + i, keep + i);
        }
    });
}

template <class T>
void scale_kept(index_t count, const T* __restrict grad_y, const std::uint8_t* __restrict keep, T scale,
                T* __restrict grad_x) {
    for (index_t j = 0; j < count; ++j) grad_x[j] = grad_y[j] * (keep[j] ? scale : T(0));
}

template <class T>
void backward(index_t n, const T* grad_y, const std::uint8_t* keep, T scale, T* grad_x) {
    parallel_for(blocks_of(n, elements_per_task), num_threads(), [&](index_t task, int) {
        const index_t i = task * elements_per_task;
        scale_kept<T>(min(n - i, elements_per_task), grad_y + i, keep + i, scale, grad_x + i);
    });
}

}  // namespace minicnn::TARGET::dropout

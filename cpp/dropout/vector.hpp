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

template <class T>
void forward(index_t n, const T* x, std::uint64_t key, double p, T scale, T* y, std::uint8_t* keep) {
    const std::uint64_t threshold = std::uint64_t(p * 4294967296.0);  // of 2^32 equally likely words
    parallel_for(blocks_of(n, elements_per_task), num_threads(), [&](index_t task, int) {
        const index_t last = min(n, (task + 1) * elements_per_task);
        for (index_t i = task * elements_per_task; i < last; i += philox_block) {
            std::uint32_t words[philox_block];
            philox(key, std::uint64_t(i) / philox_block * philox_counters, words);
            const index_t count = min<index_t>(philox_block, last - i);
            for (index_t j = 0; j < count; ++j) {
                const bool kept = words[j] >= threshold;
                keep[i + j] = kept;
                y[i + j] = x[i + j] * (kept ? scale : T(0));
            }
        }
    });
}

template <class T>
void backward(index_t n, const T* grad_y, const std::uint8_t* keep, T scale, T* grad_x) {
    parallel_for(blocks_of(n, elements_per_task), num_threads(), [&](index_t task, int) {
        const index_t last = min(n, (task + 1) * elements_per_task);
        for (index_t i = task * elements_per_task; i < last; ++i) grad_x[i] = grad_y[i] * (keep[i] ? scale : T(0));
    });
}

}  // namespace minicnn::TARGET::dropout

// Cross-entropy's row in the table of each instruction set.
#pragma once

#include <cstdint>

#include "types.hpp"

namespace minicnn {

/// Scores of N samples for C classes, (N, C), and the right class of each sample; `ignored` marks one that does not
/// count. Labels are checked: others are in [0, C).
struct CrossEntropyShape {
    index_t N, C;
    std::int64_t ignored;
};

template <class T>
struct CrossEntropyKernels {
    /// p = softmax(x) of each sample, and the sum over the samples that count of -log(p[label]).
    double (*forward)(const CrossEntropyShape&, const T* x, const std::int64_t* labels, T* p);
    /// grad_x = (p - 1 at the label) * scale, 0 for samples that do not count.
    void (*backward)(const CrossEntropyShape&, const T* p, const std::int64_t* labels, T scale, T* grad_x);
    /// y = e^x, for the tests of what `forward` is made of.
    void (*exp)(index_t n, const T* x, T* y);
};

}  // namespace minicnn

// ReLU's row in the table of each instruction set.
#pragma once

#include "types.hpp"

namespace minicnn {

template <class T>
struct ReluKernels {
    /// y = x, or 0 where x < 0; a NaN stays.
    void (*forward)(index_t n, const T* x, T* y);
    /// grad_x = grad_y, or 0 where y <= 0 (so 0 at the kink); where y is NaN the gradient passes.
    void (*backward)(index_t n, const T* grad_y, const T* y, T* grad_x);
};

}  // namespace minicnn

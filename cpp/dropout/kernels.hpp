// Dropout's row in the table of each instruction set.
#pragma once

#include <cstdint>

#include "types.hpp"

namespace minicnn {

template <class T>
struct DropoutKernels {
    /// keep[i] = 1 with probability 1 - p, else 0; y = x * keep * scale. The draws depend on `key` and i alone.
    void (*forward)(index_t n, const T* x, std::uint64_t key, double p, T scale, T* y, std::uint8_t* keep);
    /// grad_x = grad_y * keep * scale
    void (*backward)(index_t n, const T* grad_y, const std::uint8_t* keep, T scale, T* grad_x);
};

}  // namespace minicnn

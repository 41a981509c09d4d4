// The matrix product's row in the table of each instruction set.
#pragma once

#include "gemm/shape.hpp"

namespace minicnn {

template <class T>
struct GemmKernels {
    void (*packed)(const GemmShape&, const T* A, const T* B, T* C);
    void (*skinny)(const GemmShape&, const T* A, const T* B, T* C);
};

}  // namespace minicnn

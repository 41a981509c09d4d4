// Addition's row in the table of each instruction set.
#pragma once

#include "types.hpp"

namespace minicnn {

template <class T>
struct AddKernels {
    /// y = a + b, for arrays of one shape.
    void (*forward)(index_t n, const T* a, const T* b, T* y);
};

}  // namespace minicnn

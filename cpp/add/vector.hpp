// Addition of two arrays of one shape: a residual connection's forward pass, and the sum of two gradients where a
// value was used twice. One pass over memory, all threads; its gradient is the identity, so there is no backward.
#pragma once

#include "add/kernels.hpp"
#include "elementwise.hpp"

namespace minicnn::TARGET::add {

template <class T>
void forward(index_t n, const T* a, const T* b, T* y) {
    for_each_vector<T>(n, [=](index_t i, auto io) { io.store(y + i, io.load(a + i) + io.load(b + i)); });
}

}  // namespace minicnn::TARGET::add

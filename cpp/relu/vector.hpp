// ReLU: y = max(x, 0), one pass over memory each way.
//
// Written so that both comparisons are false for NaN, which therefore passes through forward and backward.
// Source: Nair & Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", ICML 2010.
#pragma once

#include "elementwise.hpp"
#include "relu/kernels.hpp"

namespace minicnn::TARGET::relu {

template <class T>
void forward(index_t n, const T* x, T* y) {
    for_each_vector<T>(n, [=](index_t i, auto io) { io.store(y + i, io.where(io.load(x + i) < io.zero(), io.zero(), io.load(x + i))); });
}

template <class T>
void backward(index_t n, const T* grad_y, const T* y, T* grad_x) {
    for_each_vector<T>(n, [=](index_t i, auto io) {
        io.store(grad_x + i, io.where(io.load(y + i) <= io.zero(), io.zero(), io.load(grad_y + i)));
    });
}

}  // namespace minicnn::TARGET::relu

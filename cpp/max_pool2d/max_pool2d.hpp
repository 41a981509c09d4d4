// The max-pooling kernels this library has, in reading order. To add one: write stepN_name.hpp with the same
// two functions, then add its row here. The tests and the benchmarks run over this table.
#pragma once

#include <array>

#include "cpu.hpp"
#include "max_pool2d/step1_direct.hpp"
#include "targets/kernels.hpp"

namespace minicnn {

// Steps compiled once per instruction set are reached through the table of the one in use.
namespace max_pool2d_vector {
template <class T>
void forward(const Pool2dShape& s, const T* x, T* y, const Argmax& argmax, bool relu) {
    kernels().of<T>().max_pool2d.vector_forward(s, x, y, argmax, relu);
}
template <class T>
void backward(const Pool2dShape& s, const T* grad_y, const Argmax& argmax, T* grad_x) {
    kernels().of<T>().max_pool2d.vector_backward(s, grad_y, argmax, grad_x);
}
}  // namespace max_pool2d_vector

template <class T>
struct MaxPool2dStep {
    const char* name;
    void (*forward)(const Pool2dShape&, const T* x, T* y, const Argmax&, bool relu);
    void (*backward)(const Pool2dShape&, const T* grad_y, const Argmax&, T* grad_x);
};

template <class T>
inline constexpr std::array<MaxPool2dStep<T>, 2> max_pool2d_steps{{
    {"direct", max_pool2d_direct::forward<T>, max_pool2d_direct::backward<T>},
    {"vector", max_pool2d_vector::forward<T>, max_pool2d_vector::backward<T>},
}};

}  // namespace minicnn

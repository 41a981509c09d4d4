// The average-pooling kernels this library has, in reading order. To add one: write stepN_name.hpp with the
// same two functions, then add its row here. The tests and the benchmarks run over this table.
#pragma once

#include <array>

#include "avg_pool2d/step1_direct.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {

// Steps compiled once per instruction set are reached through the table of the one in use.
namespace avg_pool2d_vector {
template <class T>
void forward(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    kernels().of<T>().avg_pool2d.vector_forward(s, divisor, x, y);
}
template <class T>
void backward(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    kernels().of<T>().avg_pool2d.vector_backward(s, divisor, grad_y, grad_x);
}
}  // namespace avg_pool2d_vector

template <class T>
struct AvgPool2dStep {
    const char* name;
    void (*forward)(const Pool2dShape&, const Divisor&, const T* x, T* y);
    void (*backward)(const Pool2dShape&, const Divisor&, const T* grad_y, T* grad_x);
};

template <class T>
inline constexpr std::array<AvgPool2dStep<T>, 2> avg_pool2d_steps{{
    {"direct", avg_pool2d_direct::forward<T>, avg_pool2d_direct::backward<T>},
    {"vector", avg_pool2d_vector::forward<T>, avg_pool2d_vector::backward<T>},
}};

}  // namespace minicnn

// The convolution kernels this library has, in reading order. To add one: write stepN_name.hpp with the
// same three functions, then add its row here. The tests and the benchmarks run over this table, so the
// new row is tested and timed with no more work.
#pragma once

#include <array>

#include "conv2d/step1_direct.hpp"
#include "conv2d/step2_im2col.hpp"
#include "targets/kernels.hpp"

namespace minicnn {

// Steps compiled once per instruction set are reached through the table of the one in use.
namespace tiled {
template <class T>
void forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& end, T* y) {
    kernels().of<T>().conv2d.tiled_forward(s, x, w, end, y);
}
template <class T>
void backward_input(const Conv2dShape& s, const T* grad_y, const T* w, T* grad_x) {
    kernels().of<T>().conv2d.tiled_backward_input(s, grad_y, w, grad_x);
}
template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    kernels().of<T>().conv2d.tiled_backward_weight(s, grad_y, x, grad_w);
}
}  // namespace tiled

template <class T>
struct Conv2dStep {
    const char* name;
    void (*forward)(const Conv2dShape&, const T* x, const T* w, const Epilogue<T>&, T* y);
    void (*backward_input)(const Conv2dShape&, const T* grad_y, const T* w, T* grad_x);
    void (*backward_weight)(const Conv2dShape&, const T* grad_y, const T* x, T* grad_w);
};

template <class T>
inline constexpr std::array<Conv2dStep<T>, 3> conv2d_steps{{
    {"direct", direct::forward<T>, direct::backward_input<T>, direct::backward_weight<T>},
    {"im2col", im2col_gemm::forward<T>, im2col_gemm::backward_input<T>, im2col_gemm::backward_weight<T>},
    {"tiled", tiled::forward<T>, tiled::backward_input<T>, tiled::backward_weight<T>},
}};

}  // namespace minicnn

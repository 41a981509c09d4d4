// Convolution's row in the table of each instruction set.
#pragma once

#include "conv2d/shape.hpp"

namespace minicnn {

/// What happens to each output value after its sum.
template <class T>
struct Epilogue {
    const T* bias = nullptr;  // (C_out,), added; null for none
    bool relu = false;        // negative values become 0 (a NaN stays)
};

/// The three passes of one step, side by side.
template <class T>
struct Conv2dPasses {
    void (*forward)(const Conv2dShape&, const T* x, const T* w, const Epilogue<T>&, T* y);
    void (*backward_input)(const Conv2dShape&, const T* grad_y, const T* w, T* grad_x);
    void (*backward_weight)(const Conv2dShape&, const T* grad_y, const T* x, T* grad_w);
};

template <class T>
struct Conv2dKernels {
    Conv2dPasses<T> tiled, strip;
    Conv2dPasses<T> winograd2, winograd4;  // null in float64
    void (*backward_bias)(const Conv2dShape&, const T* grad_y, T* grad_bias);
    void (*backward_relu)(const Conv2dShape&, const T* grad_y, const T* y, T* cut, T* grad_bias);
};

}  // namespace minicnn

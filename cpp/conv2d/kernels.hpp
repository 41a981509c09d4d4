// Convolution's row in the table of each instruction set.
#pragma once

#include "conv2d/shape.hpp"

namespace minicnn {

/// What happens to each output value after its sum, in this order. Arrays are (C_out,), or like y; null for none.
template <class T>
struct Epilogue {
    const T* bias = nullptr;      // added
    bool relu = false;            // negative values become 0 (a NaN stays), last of all
    const T* mean = nullptr;      // batch normalisation by known statistics: v = (v - mean) * scale + shift,
    const T* scale = nullptr;     // as batch_norm/step2_vector.hpp has it, so that the bits are those of two passes;
    const T* shift = nullptr;     // all three or none
    const T* residual = nullptr;  // an array like y, added
};

/// The three passes of one step, side by side. `onto`, an array like x or null, is added to the gradient of x last:
/// another gradient of the same values.
template <class T>
struct Conv2dPasses {
    void (*forward)(const Conv2dShape&, const T* x, const T* w, const Epilogue<T>&, T* y);
    void (*backward_input)(const Conv2dShape&, const T* grad_y, const T* w, const T* onto, T* grad_x);
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

// Batch normalisation's sizes, and its row in the table of each instruction set.
#pragma once

#include "types.hpp"

namespace minicnn {

/// x: (N, C, plane): `plane` is H * W for images, 1 for feature vectors.
struct BatchNormShape {
    index_t N, C, plane;
};

/// What follows the normalisation, in the same pass over memory.
template <class T>
struct BatchNormEnd {
    const T* residual = nullptr;  // added to the normalised value: an array like x, or null
    bool relu = false;            // negative values become 0 (a NaN stays)
};

/// grad_y, cut where ReLU cut y off: there the gradient stops. Without a residual, x tells where that was (the forward
/// pass computed y from it), and a third array need not be read.
template <class T>
struct BatchNormCut {
    const T* grad_y;
    bool relu = false;
    const T* bias = nullptr;  // with relu: this ...
    const T* y = nullptr;     // ... or, with a residual, this
};

template <class T>
struct BatchNormKernels {
    /// The batch's mean and (biased) variance, (C,), and y = (x - mean) / sqrt(var + eps) * weight + bias, then the end.
    void (*forward)(const BatchNormShape&, const T* x, const T* weight, const T* bias, double eps,
                    const BatchNormEnd<T>&, T* y, T* mean, T* var);
    /// The same with mean and variance given (evaluation).
    void (*apply)(const BatchNormShape&, const T* x, const T* weight, const T* bias, const T* mean, const T* var,
                  double eps, const BatchNormEnd<T>&, T* y);
    /// Gradients; `constant` statistics (evaluation) carry none. grad_residual is null or gets grad_y after the cut.
    void (*backward)(const BatchNormShape&, const BatchNormCut<T>&, const T* x, const T* weight, const T* mean,
                     const T* var, double eps, bool constant, T* grad_x, T* grad_weight, T* grad_bias,
                     T* grad_residual);
};

}  // namespace minicnn

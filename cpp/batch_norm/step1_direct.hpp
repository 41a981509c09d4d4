// Batch normalisation by its definition, channel by channel in double precision: the oracle of batch_norm.hpp.
//
//     mean = sum x / n        var = sum (x - mean)^2 / n        rstd = 1 / sqrt(var + eps)
//     y = (x - mean) * rstd * weight + bias
//
// Backward, with g = grad_y and xhat = (x - mean) * rstd, all means over the n = N * plane values of a channel:
//
//     grad_bias = sum g       grad_weight = sum g * xhat
//     grad_x = weight * rstd * (g - mean(g) - xhat * mean(g * xhat))
//
// Source: Ioffe & Szegedy, "Batch Normalization", arXiv:1502.03167, algorithm 1 and section 3.
#pragma once

#include <cmath>

#include "batch_norm/kernels.hpp"
#include "interrupt.hpp"

namespace minicnn::batch_norm_direct {

/// Call `visit(i)` for the index of each value of channel c, in order.
template <class Visit>
void for_each_value(const BatchNormShape& s, index_t c, Visit visit) {
    poll_interrupt();
    for (index_t n = 0; n < s.N; ++n)
    for (index_t p = 0; p < s.plane; ++p) visit((n * s.C + c) * s.plane + p);
}

template <class T>
T value(T x, T mean, T var, double eps, T weight, T bias) {
    return T((double(x) - mean) / std::sqrt(var + eps) * weight + bias);
}

template <class T>
void apply(const BatchNormShape& s, const T* x, const T* weight, const T* bias, const T* mean, const T* var,
           double eps, const BatchNormEnd<T>& end, T* y) {
    for (index_t c = 0; c < s.C; ++c)
        for_each_value(s, c, [&](index_t i) {
            T v = value(x[i], mean[c], var[c], eps, weight[c], bias[c]);
            if (end.residual) v += end.residual[i];
            y[i] = end.relu && v < T(0) ? T(0) : v;
        });
}

template <class T>
void forward(const BatchNormShape& s, const T* x, const T* weight, const T* bias, double eps,
             const BatchNormEnd<T>& end, T* y, T* mean, T* var) {
    const double n = double(s.N) * double(s.plane);
    for (index_t c = 0; c < s.C; ++c) {
        double sum = 0, squares = 0;
        for_each_value(s, c, [&](index_t i) { sum += x[i]; });
        for_each_value(s, c, [&](index_t i) { squares += (x[i] - sum / n) * (x[i] - sum / n); });
        mean[c] = T(sum / n);
        var[c] = T(squares / n);
    }
    apply(s, x, weight, bias, mean, var, eps, end, y);
}

template <class T>
void backward(const BatchNormShape& s, const BatchNormCut<T>& cut, const T* x, const T* weight, const T* mean,
              const T* var, double eps, bool constant, T* grad_x, T* grad_weight, T* grad_bias, T* grad_residual) {
    const double n = double(s.N) * double(s.plane);
    for (index_t c = 0; c < s.C; ++c) {
        const double rstd = 1 / std::sqrt(var[c] + eps);
        const auto y = [&](index_t i) { return cut.y ? cut.y[i] : value(x[i], mean[c], var[c], eps, weight[c], cut.bias[c]); };
        const auto g = [&](index_t i) { return cut.relu && y(i) <= T(0) ? 0.0 : double(cut.grad_y[i]); };
        const auto xhat = [&](index_t i) { return (double(x[i]) - mean[c]) * rstd; };
        double sum = 0, product = 0;
        for_each_value(s, c, [&](index_t i) { sum += g(i), product += g(i) * xhat(i); });
        grad_bias[c] = T(sum);
        grad_weight[c] = T(product);
        if (constant) sum = product = 0;
        for_each_value(s, c, [&](index_t i) {
            grad_x[i] = T(weight[c] * rstd * (g(i) - sum / n - xhat(i) * product / n));
            if (grad_residual) grad_residual[i] = T(g(i));
        });
    }
}

}  // namespace minicnn::batch_norm_direct

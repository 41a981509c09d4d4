// Step 2: the same sums in vectors, one channel at a time, so that the second and third pass over its values
// come from a core's L2 cache and not from memory.
//
// What changed since step 1: vector lanes run along a plane; one plane is summed in lanes of T, the planes of a
// channel in double, in the order of the batch. ReLU and a residual addition happen while y is in a register.
// The hardware's prefetcher stops at the end of a 4 KB page, about one plane, so the next plane of the channel,
// C planes away, is asked for by hand.
#pragma once

#include "batch_norm/kernels.hpp"
#include "batch_norm/reciprocal_std.hpp"
#include "batch_norm/step2_columns.hpp"
#include "parallel.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET::batch_norm {

constexpr index_t values_together = 1024;  // of neighbouring planes, summed in lanes of T before they are added in double

/// The lanes of v in order.
template <class T>
double sum_of_lanes(Vec<T> v) {
    double sum = 0;
    for (int i = 0; i < lanes<T>; ++i) sum += double(v[i]);
    return sum;
}

/// Sums over one channel of two values that `terms` computes from each position; T or Vec<T> alike.
template <class T, class Terms>
void sum_channel(const BatchNormShape& s, index_t c, const Terms& terms, double& sum_a, double& sum_b) {
    constexpr index_t L = lanes<T>;
    const index_t together = max<index_t>(1, values_together / s.plane);
    sum_a = sum_b = 0;
    Vec<T> a[2] = {}, b[2] = {};
    for (index_t n = 0, left = together; n < s.N; ++n) {
        const index_t at = (n * s.C + c) * s.plane, next = at + s.C * s.plane;
        index_t p = 0;
        for (; p + 2 * L <= s.plane; p += 2 * L)
            for (int j = 0; j < 2; ++j) terms.add(at + p + j * L, next + p + j * L, a[j], b[j]);
        for (; p + L <= s.plane; p += L) terms.add(at + p, next + p, a[0], b[0]);
        for (; p < s.plane; ++p) terms.add(at + p, sum_a, sum_b);
        if (--left > 0 && n + 1 < s.N) continue;
        sum_a += sum_of_lanes<T>(a[0] + a[1]);
        sum_b += sum_of_lanes<T>(b[0] + b[1]);
        a[0] = a[1] = b[0] = b[1] = Vec<T>{};
        left = together;
    }
}

/// Call `each.vector(i)` for whole vectors and `each.value(i)` for the rest of every plane of channel c.
template <class T, class Each>
void for_channel(const BatchNormShape& s, index_t c, const Each& each) {
    for (index_t n = 0; n < s.N; ++n) {
        const index_t at = (n * s.C + c) * s.plane;
        index_t p = 0;
        for (; p + lanes<T> <= s.plane; p += lanes<T>) each.vector(at + p, at + p + s.C * s.plane);
        for (; p < s.plane; ++p) each.value(at + p);
    }
}

template <class T>
struct SumOf {
    const T* x;
    void add(index_t i, index_t next, Vec<T>& a, Vec<T>&) const {
        a += load(x + i);
        __builtin_prefetch(x + next);
    }
    void add(index_t i, double& a, double&) const { a += double(x[i]); }
};
template <class T>
struct SumOfSquares {
    const T* x;
    T mean;
    void add(index_t i, index_t, Vec<T>& a, Vec<T>&) const {
        const Vec<T> d = load(x + i) - splat(mean);
        a += d * d;
    }
    void add(index_t i, double& a, double&) const { a += double(x[i] - mean) * double(x[i] - mean); }
};

/// y = (x - mean) * scale + bias, plus the residual, then ReLU. (x * scale + shift would save a subtraction and, where
/// the mean is far from 0, lose what x and the mean have in common.)
template <class T>
struct Apply {
    const T *x, *residual;
    bool relu;
    T mean, scale, bias;
    T* y;
    void vector(index_t i, index_t next) const {
        Vec<T> v = (load(x + i) - splat(mean)) * splat(scale) + splat(bias);
        if (residual) v += load(residual + i);
        if (relu) v = v < Vec<T>{} ? Vec<T>{} : v;
        store(y + i, v);
        __builtin_prefetch(y + next, 1);
    }
    void value(index_t i) const {
        T v = (x[i] - mean) * scale + bias;
        if (residual) v += residual[i];
        y[i] = relu && v < T(0) ? T(0) : v;
    }
};

template <class T>
void apply_channel(const BatchNormShape& s, index_t c, const T* x, T weight, T bias, T mean, T var, double eps,
                   const BatchNormEnd<T>& end, T* y) {
    const T scale = weight * reciprocal_std(var, eps);
    for_channel<T>(s, c, Apply<T>{x, end.residual, end.relu, mean, scale, bias, y});
}

template <class T>
void apply(const BatchNormShape& s, const T* x, const T* weight, const T* bias, const T* mean, const T* var,
           double eps, const BatchNormEnd<T>& end, T* y) {
    parallel_for(s.C, num_threads(),
                 [&](index_t c, int) { apply_channel(s, c, x, weight[c], bias[c], mean[c], var[c], eps, end, y); });
}

template <class T>
void forward(const BatchNormShape& s, const T* x, const T* weight, const T* bias, double eps,
             const BatchNormEnd<T>& end, T* y, T* mean, T* var) {
    if (batch_norm_columns::serves<T>(s))
        return batch_norm_columns::forward(s, x, weight, bias, eps, end, y, mean, var);
    const double n = double(s.N) * double(s.plane);
    parallel_for(s.C, num_threads(), [&](index_t c, int) {
        double sum, squares, none;
        sum_channel<T>(s, c, SumOf<T>{x}, sum, none);
        mean[c] = T(sum / n);
        sum_channel<T>(s, c, SumOfSquares<T>{x, mean[c]}, squares, none);
        var[c] = T(squares / n);
        apply_channel(s, c, x, weight[c], bias[c], mean[c], var[c], eps, end, y);
    });
}

/// grad_y of one channel, cut nowhere, where y says so, or where y computed again from x says so (see BatchNormCut).
enum class Cut { none, by_y, by_x };
template <class T, Cut cut>
struct Gradient {
    const T *grad_y, *y, *x;
    T mean, scale, bias;
    Vec<T> vector(index_t i) const {
        const Vec<T> g = load(grad_y + i);
        if constexpr (cut == Cut::none) return g;
        if constexpr (cut == Cut::by_y) return load(y + i) <= Vec<T>{} ? Vec<T>{} : g;
        return (load(x + i) - splat(mean)) * splat(scale) + splat(bias) <= Vec<T>{} ? Vec<T>{} : g;
    }
    T value(index_t i) const {
        if constexpr (cut == Cut::none) return grad_y[i];
        const T v = cut == Cut::by_y ? y[i] : (x[i] - mean) * scale + bias;
        return v <= T(0) ? T(0) : grad_y[i];
    }
};

/// Sums of g and g * (x - mean).
template <class T, Cut cut>
struct GradientSums {
    Gradient<T, cut> g;
    void add(index_t i, index_t next, Vec<T>& a, Vec<T>& b) const {
        const Vec<T> v = g.vector(i);
        a += v;
        b += v * (load(g.x + i) - splat(g.mean));
        __builtin_prefetch(g.x + next);
        __builtin_prefetch(g.grad_y + next);
        if constexpr (cut == Cut::by_y) __builtin_prefetch(g.y + next);
    }
    void add(index_t i, double& a, double& b) const {
        a += double(g.value(i));
        b += double(g.value(i)) * double(g.x[i] - g.mean);
    }
};

/// grad_x = (g - mean_g - (x - mean) * slope) * scale
template <class T, Cut cut>
struct InputGradient {
    Gradient<T, cut> g;
    T mean_g, slope;
    T *grad_x, *grad_residual;
    void vector(index_t i, index_t next) const {
        const Vec<T> v = g.vector(i), d = load(g.x + i) - splat(g.mean);
        store(grad_x + i, (v - splat(mean_g) - d * splat(slope)) * splat(g.scale));
        if (grad_residual) store(grad_residual + i, v);
        __builtin_prefetch(grad_x + next, 1);
    }
    void value(index_t i) const {
        grad_x[i] = (g.value(i) - mean_g - (g.x[i] - g.mean) * slope) * g.scale;
        if (grad_residual) grad_residual[i] = g.value(i);
    }
};

template <Cut cut, class T>
void backward_channels(const BatchNormShape& s, const BatchNormCut<T>& end, const T* x, const T* weight,
                       const T* mean, const T* var, double eps, bool constant, T* grad_x, T* grad_weight,
                       T* grad_bias, T* grad_residual) {
    const double n = double(s.N) * double(s.plane);
    parallel_for(s.C, num_threads(), [&](index_t c, int) {
        const T rstd = reciprocal_std(var[c], eps), bias = cut == Cut::by_x ? end.bias[c] : T(0);
        const Gradient<T, cut> g{end.grad_y, end.y, x, mean[c], weight[c] * rstd, bias};
        double sum, product;
        sum_channel<T>(s, c, GradientSums<T, cut>{g}, sum, product);
        grad_bias[c] = T(sum);
        grad_weight[c] = T(product * double(rstd));
        const T mean_g = constant ? T(0) : T(sum / n);
        const T slope = constant ? T(0) : T(product * double(rstd) * double(rstd) / n);
        for_channel<T>(s, c, InputGradient<T, cut>{g, mean_g, slope, grad_x, grad_residual});
    });
}

template <class T>
void backward(const BatchNormShape& s, const BatchNormCut<T>& cut, const T* x, const T* weight, const T* mean,
              const T* var, double eps, bool constant, T* grad_x, T* grad_weight, T* grad_bias, T* grad_residual) {
    const auto pass = batch_norm_columns::serves<T>(s) ? batch_norm_columns::backward<T>
                      : !cut.relu                      ? backward_channels<Cut::none, T>
                      : cut.y                          ? backward_channels<Cut::by_y, T>
                                                       : backward_channels<Cut::by_x, T>;
    pass(s, cut, x, weight, mean, var, eps, constant, grad_x, grad_weight, grad_bias, grad_residual);
}

}  // namespace minicnn::TARGET::batch_norm

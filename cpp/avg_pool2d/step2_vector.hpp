// Step 2 of the ladder: a vector of windows at a time.
//
// What changed since step 1: each addition serves a whole vector of neighbouring windows. Three ways, by shape:
//
//     2 x 2 with stride 2               pairs of rows (pool2d/pairs.hpp)
//     other windows up to 254 cells     forward slid (pool2d/slide.hpp); backward gathered
//                                       (pool2d/gather.hpp) for strides 1, 2 and 3
//     everything else                   window by window (step2_windows.hpp)
//
// A window's rows are summed one by one and then added, so that errors of rounding stay few. The sum is divided
// by the divisor, never multiplied by its reciprocal: integers give the exact quotient, rounded once.
//
// Cost: the same additions; time near that of copying x. All cores share the planes.
#pragma once

#include "avg_pool2d/step2_windows.hpp"
#include "pool2d/gather.hpp"
#include "pool2d/pairs.hpp"
#include "pool2d/slide.hpp"

namespace minicnn::TARGET::avg_pool2d_vector {

/// Long sums lose accuracy in a lane, and a window that fills its row has no neighbours to share a vector with.
inline bool serves_vectors(const Pool2dShape& s) {
    return suits_vectors(s) && s.K_h <= 32 && s.K_w <= 32 && (s.W_out > 1 || s.K_w < s.W_in);
}

/// sum / divisor; where the divisor is a power of two, the product with its reciprocal is the same and faster.
template <class T>
struct Quotient {
    bool by_product;
    Vec<T> factor;

    explicit Quotient(T divisor) {
        const double size = divisor < 0 ? -double(divisor) : double(divisor);
        by_product = false;
        for (double power = 1; power <= 1024; power *= 2) by_product |= size == power;
        factor = splat(by_product ? 1 / divisor : divisor);
    }
    Vec<T> of(Vec<T> sum) const { return by_product ? sum * factor : sum / factor; }
};

template <class T>
void forward_pairs(const Pool2dShape& s, const Divisor& divisor, index_t first, index_t last, const T* x, T* y) {
    const Quotient<T> quotient(T(divisor.rows(s, 0) * divisor.cols(s, 0)));
    const T* const x_end = x + s.planes() * s.pixels();
    const T* const y_end = y + last * s.windows();
    const index_t W = s.W_in;
    for_each_pair<T>(s, first, last, [=](index_t in, index_t out, index_t count) {
        const Quad<T> q = load_quads(x + in, x + in + W, count, x_end);
        store_before<T>(y + out, quotient.of((q.cell[0] + q.cell[1]) + (q.cell[2] + q.cell[3])), y_end);
    });
}

template <class T>
void backward_pairs(const Pool2dShape& s, const Divisor& divisor, index_t first, index_t last, const T* grad_y,
                    T* grad_x) {
    const Quotient<T> quotient(T(divisor.rows(s, 0) * divisor.cols(s, 0)));
    const T* const y_end = grad_y + s.planes() * s.windows();
    const T* const end = grad_x + last * s.pixels();
    const index_t W = s.W_in;
    for_each_pair<T>(s, first, last, [=](index_t in, index_t out, index_t) {
        const Vec<T> share = quotient.of(load_before(grad_y + out, y_end));
        store_quads({{share, share, share, share}}, grad_x + in, grad_x + in + W, end);
    });
}

/// Write divisor.cols of every output column, and ones for a vector past the end.
template <class T>
void divisor_columns(const Pool2dShape& s, const Divisor& divisor, T* to) {
    for (index_t wo = 0; wo < s.W_out; ++wo) to[wo] = T(divisor.cols(s, wo));
    fill(to + s.W_out, lanes<T>, T(1));
}

/// The sum so far of each window of a vector.
template <class T>
struct Sum {
    Vec<T> rows, row;

    void meet(Vec<T> v, index_t) { row += v; }
    void end_row() { rows += row, row = Vec<T>{}; }
};

/// S is the stride, K the kernel's height and width; 0 stands for any.
template <class T, int S, int K>
void forward_slide(const Pool2dShape& shape, const Divisor& divisor, Border<T> border, const T* columns,
                   index_t first, index_t last, const T* x, T* y) {
    const Pool2dShape s = shape;  // a copy of our own: the compiler knows that no store changes it
    const T* const y_end = y + last * s.windows();
    for (index_t plane = first; plane < last; ++plane)
    for (index_t ho = 0; ho < s.H_out; ++ho) {
        const Vec<T> rows = splat(T(divisor.rows(s, ho)));
        T* const to = y + plane * s.windows() + ho * s.W_out;
        const auto begin = [](index_t) { return Sum<T>{}; };
        const auto end = [=](index_t wo, const Sum<T>& sum) {
            store_before<T>(to + wo, sum.rows / (rows * load(columns + wo)), y_end);
        };
        slide_row<S, K>(s, border, x, plane, ho, T(0), begin, end);
    }
}

template <class T>
void forward_vectors(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    const BorderTable<T> table(s);
    const Workspace<T> columns(s.W_out + lanes<T>);
    divisor_columns(s, divisor, columns.data());
    const bool square = s.K_h == 3 && s.K_w == 3;
    const auto slide = s.stride[1] == 1   ? (square ? forward_slide<T, 1, 3> : forward_slide<T, 1, 0>)
                       : s.stride[1] == 2 ? (square ? forward_slide<T, 2, 3> : forward_slide<T, 2, 0>)
                       : s.stride[1] == 3 ? (square ? forward_slide<T, 3, 3> : forward_slide<T, 3, 0>)
                                          : forward_slide<T, 0, 0>;
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        slide(s, divisor, table.border(), columns.data(), first, last, x, y);
    });
}

/// y = avg_pool2d(x)
template <class T>
void forward(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    if (!is_pairs(s)) return serves_vectors(s) ? forward_vectors(s, divisor, x, y) : forward_windows(s, divisor, x, y);
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        forward_pairs(s, divisor, first, last, x, y);
    });
}

template <class T>
void backward_gather(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    const int workers = num_threads();
    const Gather<T> gather(s);
    const StagedWindows<T> staged(s, gather, workers);
    const Workspace<T> columns(s.W_out + lanes<T>);
    divisor_columns(s, divisor, columns.data());
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        for (index_t plane = first; plane < last; ++plane) {
            const T *grad = grad_y + plane * s.windows(), *const column = columns.data();
            T* share = staged.grads(worker);
            for (index_t ho = 0; ho < s.H_out; ++ho, grad += s.W_out, share += s.W_out) {
                const T rows = T(divisor.rows(s, ho));
                for (index_t wo = 0; wo < s.W_out; ++wo) share[wo] = grad[wo] / (rows * column[wo]);
            }
            gather_plane<false>(s, gather, staged.grads(worker), staged.cells(worker), grad_x + plane * s.pixels(),
                                grad_x + last * s.pixels());
        }
    });
}

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    if (!is_exact_pairs(s)) {
        if (serves_vectors(s) && can_gather(s)) return backward_gather(s, divisor, grad_y, grad_x);
        return backward_windows(s, divisor, grad_y, grad_x);
    }
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        backward_pairs(s, divisor, first, last, grad_y, grad_x);
    });
}

}  // namespace minicnn::TARGET::avg_pool2d_vector

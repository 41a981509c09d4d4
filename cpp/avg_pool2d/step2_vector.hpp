// Step 2 of the ladder: a vector of windows at a time.
//
// What changed since step 1: each addition serves a whole vector of neighbouring windows. Three ways, by shape:
//
//     2 x 2 with stride 2               pairs of rows, straight from memory (pool2d/pairs.hpp)
//     other windows up to 254 cells     rows split by the stride (pool2d/split_rows.hpp), and
//                                       backward gathered (pool2d/gather.hpp) for strides 1, 2 and 3
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

namespace minicnn::TARGET::avg_pool2d_vector {

/// Long sums lose accuracy in a lane, and a window that fills its row has no neighbours to share a vector with.
inline bool serves_split(const Pool2dShape& s) {
    return can_split(s) && s.K_h <= 32 && s.K_w <= 32 && (s.W_out > 1 || s.K_w < s.W_in);
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
    for_each_pair<T>(s, first, last, [&](index_t in, index_t out, index_t count) {
        const Quad<T> q = load_quads(x + in, x + in + s.W_in, count, x_end);
        const Vec<T> sum = (q.cell[0] + q.cell[1]) + (q.cell[2] + q.cell[3]);
        store_before<T>(y + out, quotient.of(sum), y + last * s.windows());
    });
}

template <class T>
void backward_pairs(const Pool2dShape& s, const Divisor& divisor, index_t first, index_t last, const T* grad_y,
                    T* grad_x) {
    const Quotient<T> quotient(T(divisor.rows(s, 0) * divisor.cols(s, 0)));
    const T* const y_end = grad_y + s.planes() * s.windows();
    for_each_pair<T>(s, first, last, [&](index_t in, index_t out, index_t) {
        const Vec<T> share = quotient.of(load_before(grad_y + out, y_end));
        store_quads({{share, share, share, share}}, grad_x + in, grad_x + in + s.W_in,
                    grad_x + last * s.pixels());
    });
}

/// Write divisor.cols of every output column, and ones for a vector past the end.
template <class T>
void divisor_columns(const Pool2dShape& s, const Divisor& divisor, T* to) {
    for (index_t wo = 0; wo < s.W_out; ++wo) to[wo] = T(divisor.cols(s, wo));
    fill(to + s.W_out, lanes<T>, T(1));
}

/// `count` output rows from `ho` on, of one plane: y points to the first. The kernel has K x K cells, or K = 0
/// for any number.
template <class T, int K>
void forward_strip(const Pool2dShape& s, const Divisor& divisor, const SplitRows& split, const T* strip, index_t ho,
                   index_t count, const T* columns, T* y, const T* y_end) {
    const index_t K_h = K > 0 ? K : s.K_h, K_w = K > 0 ? K : s.K_w;
    for (index_t i = 0; i < count; ++i, y += s.W_out) {
        const Vec<T> rows = splat(T(divisor.rows(s, ho + i)));
        for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
            const T* const at = strip + i * s.stride[0] * split.row + wo;
            Vec<T> sum{};
            MINICNN_UNROLL
            for (index_t kh = 0; kh < K_h; ++kh) {
                Vec<T> row_sum{};
                MINICNN_UNROLL
                for (index_t kw = 0; kw < K_w; ++kw) row_sum += load(at + split.offset[kh * K_w + kw]);
                sum += row_sum;
            }
            store_before<T>(y + wo, sum / (rows * load(columns + wo)), y_end);
        }
    }
}

template <class T>
void forward_split(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    const int workers = num_threads();
    const SplitRows split(s);
    const Workspace<T> strips(workers * split.size(s)), columns(s.W_out + lanes<T>);
    divisor_columns(s, divisor, columns.data());
    const auto rows = s.K_h == 3 && s.K_w == 3 ? forward_strip<T, 3> : forward_strip<T, 0>;
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        T* const strip = strips.data() + worker * split.size(s);
        for (index_t plane = first; plane < last; ++plane)
        for (index_t ho = 0; ho < s.H_out; ho += split.height) {
            const index_t count = min(split.height, s.H_out - ho);
            split_strip(s, split, x + plane * s.pixels(), x + s.planes() * s.pixels(), ho, count, T(0), strip);
            rows(s, divisor, split, strip, ho, count, columns.data(), y + plane * s.windows() + ho * s.W_out,
                 y + last * s.windows());
        }
    });
}

/// y = avg_pool2d(x)
template <class T>
void forward(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    if (!is_pairs(s)) return serves_split(s) ? forward_split(s, divisor, x, y) : forward_windows(s, divisor, x, y);
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        forward_pairs(s, divisor, first, last, x, y);
    });
}

template <class T>
void backward_gather(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    const int workers = num_threads();
    const Gather gather(s);
    const Workspace<T> scratch(workers * gather.size(s)), columns(s.W_out + lanes<T>);
    divisor_columns(s, divisor, columns.data());
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        for (index_t plane = first; plane < last; ++plane) {
            const auto stage = [&](index_t ho, T* share, T*) {
                const T* const grad = grad_y + plane * s.windows() + ho * s.W_out;
                const T rows = T(divisor.rows(s, ho));
                for (index_t wo = 0; wo < s.W_out; ++wo) share[wo] = grad[wo] / (rows * columns.data()[wo]);
            };
            gather_plane<false, T>(s, gather, stage, scratch.data() + worker * gather.size(s), nullptr,
                                   grad_x + plane * s.pixels(), grad_x + last * s.pixels());
        }
    });
}

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    if (!is_exact_pairs(s)) {
        if (serves_split(s) && can_gather(s)) return backward_gather(s, divisor, grad_y, grad_x);
        return backward_windows(s, divisor, grad_y, grad_x);
    }
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        backward_pairs(s, divisor, first, last, grad_y, grad_x);
    });
}

}  // namespace minicnn::TARGET::avg_pool2d_vector

// Step 2 of the ladder: a vector of windows at a time.
//
// What changed since step 1: each addition serves a whole vector of neighbouring windows. Three ways, by shape:
//
//     2 x 2 with stride 2               pairs of rows (pool2d/pairs.hpp); several in a vector (pool2d/groups.hpp)
//                                       where rows are short
//     other windows up to 254 cells     forward row by row (pool2d/rows.hpp); backward gathered
//                                       (pool2d/gather.hpp) for strides 1, 2 and 3, and 3 x 3 with stride 2 by
//                                       its own way (pool2d/gather_three.hpp)
//     everything else                   window by window (step2_windows.hpp)
//
// A window's rows are summed one by one and then added, so that errors of rounding stay few. The sum is divided
// by the divisor, never multiplied by its reciprocal: integers give the exact quotient, rounded once.
//
// Cost: the same additions; time near that of copying x. All cores share the planes.
#pragma once

#include "avg_pool2d/step2_windows.hpp"
#include "pool2d/gather.hpp"
#include "pool2d/gather_three.hpp"
#include "pool2d/groups.hpp"
#include "pool2d/rows.hpp"

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

/// W windows a row.
template <class T, int W>
void forward_groups(const Pool2dShape& s, const Divisor& divisor, index_t first, index_t last, const T* x, T* y) {
    using G = Group<T, W>;
    const Quotient<T> quotient(T(divisor.rows(s, 0) * divisor.cols(s, 0)));
    const T* const x_end = x + s.planes() * s.pixels();
    const T* const y_end = y + last * s.windows();
    for_each_group<G>(s, first, last, [=](index_t in, index_t out) {
        const PixelPairs<T> pairs = load_pixel_pairs(x + in, x_end);
        const Vec<T> half[2] = {pairs.left[0] + pairs.right[0], pairs.left[1] + pairs.right[1]};
        const Vec<T> upper = shuffle<typename G::template PairOfWindow<0>, T>(half[0], half[1]);
        const Vec<T> lower = shuffle<typename G::template PairOfWindow<1>, T>(half[0], half[1]);
        store_before<T>(y + out, quotient.of(upper + lower), y_end);
    });
}

template <class T, int W>
void backward_groups(const Pool2dShape& s, const Divisor& divisor, index_t first, index_t last, const T* grad_y,
                     T* grad_x) {
    using G = Group<T, W>;
    const Quotient<T> quotient(T(divisor.rows(s, 0) * divisor.cols(s, 0)));
    const T* const y_end = grad_y + s.planes() * s.windows();
    const T* const end = grad_x + last * s.pixels();
    for_each_group<G>(s, first, last, [=](index_t in, index_t out) {
        const Vec<T> share = quotient.of(load_before(grad_y + out, y_end));
        const Vec<T> half[2] = {shuffle<typename G::template WindowOfPair<0>, T>(share, share),
                                shuffle<typename G::template WindowOfPair<1>, T>(share, share)};
        store_pixel_pairs({{half[0], half[1]}, {half[0], half[1]}}, grad_x + in, end);
    });
}

/// Write divisor.cols of every output column, and ones for a vector past the end.
template <class T>
void divisor_columns(const Pool2dShape& s, const Divisor& divisor, T* to) {
    for (index_t wo = 0; wo < s.W_out; ++wo) to[wo] = T(divisor.cols(s, wo));
    fill(to + s.W_out, lanes<T>, T(1));
}

/// Average pooling as pool2d/rows.hpp needs it: the sum of a row of a window, then of its rows.
template <class T>
struct SumOfRows {
    const Pool2dShape& s;
    const Divisor& divisor;
    const T* columns;  // divisor.cols
    T* rows;           // the sums of the image's rows
    T* y;
    const T* y_end;
    Vec<T> divisor_rows{};

    Vec<T> nothing() const { return Vec<T>{}; }
    Vec<T> begin(index_t) const { return Vec<T>{}; }
    void meet_inside(Vec<T>& sum, Vec<T> v, index_t) const { sum += v; }
    void meet(Vec<T>& sum, Vec<T> v, Ints<T> inside, index_t) const { sum += inside ? v : Vec<T>{}; }
    void keep(Vec<T> sum, index_t at) const { store(rows + at, sum); }
    Vec<T> kept(index_t at) const { return load(rows + at); }
    Vec<T> in_row(Vec<T> sum, index_t) const { return sum; }
    void join(Vec<T>& sum, Vec<T> next) const { sum += next; }
    void begin_windows(index_t ho) { divisor_rows = splat(T(divisor.rows(s, ho))); }
    void finish(Vec<T> sum, index_t out, index_t wo) const {
        store_before<T>(y + out, sum / (divisor_rows * load(columns + wo)), y_end);
    }
};

template <class T>
void forward_vectors(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    const int workers = num_threads();
    const BorderTable<T> table(s);
    const index_t kept = ring(s) * table.border().pitch;
    const Workspace<T> columns(s.W_out + lanes<T>);
    const PerWorker<T> rows(workers, kept);
    divisor_columns(s, divisor, columns.data());
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        const SumOfRows<T> kind{s, divisor, columns.data(), rows[worker], y, y + last * s.windows()};
        pool_planes(s, table.border(), x, first, last, kind);
    });
}

/// y = avg_pool2d(x)
template <class T>
void forward(const Pool2dShape& s, const Divisor& divisor, const T* x, T* y) {
    const bool done = with_short_rows<T>(s, [&](auto width) {
        for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
            forward_groups<T, decltype(width)::value>(s, divisor, first, last, x, y);
        });
    });
    if (done) return;
    if (!is_pairs(s)) return serves_vectors(s) ? forward_vectors(s, divisor, x, y) : forward_windows(s, divisor, x, y);
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        forward_pairs(s, divisor, first, last, x, y);
    });
}

/// Windows that give each of their pixels its share, as pool2d/gather_three.hpp needs them.
template <class T>
struct ShareWindows {
    struct Row {
        Vec<T> share;
        Vec<T> under(int) const { return share; }
    };
    Row load(index_t row, index_t ho, index_t wo) const {
        const Vec<T> size = splat(rows[ho]) * minicnn::TARGET::load(columns + wo);
        return {keep_row<T>(load_within(grads, count, row + wo) / size, wo, width)};
    }
    index_t count, width;            // of all windows, and of a row
    const T *rows, *columns;         // a window's divisor is the product of its row's and its column's
    const T* grads;
};

template <class T>
void backward_three(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    const Workspace<T> rows(s.H_out), columns(1 + s.W_out + 2 * lanes<T>);
    for (index_t ho = 0; ho < s.H_out; ++ho) rows.data()[ho] = T(divisor.rows(s, ho));
    divisor_columns(s, divisor, columns.data() + 1);
    const index_t count = s.planes() * s.windows();
    gather_by_three(s, ShareWindows<T>{count, s.W_out, rows.data(), columns.data() + 1, grad_y}, grad_x);
}

template <class T>
void backward_gather(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    if (can_gather_three(s)) return backward_three(s, divisor, grad_y, grad_x);
    const int workers = num_threads();
    const Gather gather(s);
    const StagedWindows<T, false> staged(s, gather, workers);
    const Workspace<T> columns(s.W_out + lanes<T>);
    divisor_columns(s, divisor, columns.data());
    const T* const y_end = grad_y + s.planes() * s.windows();
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        for (index_t plane = first; plane < last; ++plane) {
            for (index_t ho = 0; ho < s.H_out; ++ho) {
                const Vec<T> rows = splat(T(divisor.rows(s, ho)));
                for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
                    const Vec<T> grad = load_before(grad_y + plane * s.windows() + ho * s.W_out + wo, y_end);
                    staged.stage(worker, ho, wo, s.W_out, grad / (rows * load(columns.data() + wo)), Ints<T>{});
                }
            }
            gather_plane<false>(s, gather, staged, worker, grad_x + plane * s.pixels(), grad_x + last * s.pixels());
        }
    });
}

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward(const Pool2dShape& s, const Divisor& divisor, const T* grad_y, T* grad_x) {
    const bool done = with_short_rows<T>(s, [&](auto width) {
        for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
            backward_groups<T, decltype(width)::value>(s, divisor, first, last, grad_y, grad_x);
        });
    });
    if (done) return;
    if (!is_exact_pairs(s)) {
        if (serves_vectors(s) && can_gather(s)) return backward_gather(s, divisor, grad_y, grad_x);
        return backward_windows(s, divisor, grad_y, grad_x);
    }
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        backward_pairs(s, divisor, first, last, grad_y, grad_x);
    });
}

}  // namespace minicnn::TARGET::avg_pool2d_vector

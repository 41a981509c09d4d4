// Step 2 of the ladder: a vector of windows at a time.
//
// What changed since step 1: each comparison serves a whole vector of neighbouring windows, and the winner is
// remembered as the cell of the window, one byte, instead of a pixel. Three ways, by shape:
//
//     2 x 2 with stride 2               pairs of rows (pool2d/pairs.hpp); several in a vector (pool2d/groups.hpp)
//                                       where rows are short
//     other windows up to 254 cells     forward row by row (pool2d/rows.hpp); backward gathered
//                                       (pool2d/gather.hpp) for strides 1, 2 and 3, and 3 x 3 with stride 2 by
//                                       its own way (pool2d/gather_three.hpp)
//     everything else                   window by window (step2_windows.hpp)
//
// Cost: the same comparisons; time near that of copying x. All cores share the planes.
#pragma once

#include "max_pool2d/cells.hpp"
#include "max_pool2d/step2_windows.hpp"
#include "pool2d/gather.hpp"
#include "pool2d/gather_three.hpp"
#include "pool2d/groups.hpp"
#include "pool2d/rows.hpp"

namespace minicnn::TARGET::max_pool2d_vector {

template <class T, bool Keep, bool Relu>
void forward_pairs(const Pool2dShape& s, index_t first, index_t last, const T* x, T* y, Cell* cells) {
    const T* const x_end = x + s.planes() * s.pixels();
    const T* const y_end = y + last * s.windows();
    const Cell* const cells_end = cells + (Keep ? last * s.windows() : 0);
    const index_t W = s.W_in;
    for_each_pair<T>(s, first, last, [=](index_t in, index_t out, index_t count) {
        const Quad<T> q = load_quads(x + in, x + in + W, count, x_end);
        Best<T> best{rectified<Relu, T>(q.cell[0]), Ints<T>{}};
        MINICNN_UNROLL
        for (int k = 1; k < 4; ++k) best.meet(rectified<Relu, T>(q.cell[k]), Ints<T>{} + Int<T>(k));
        store_before(y + out, best.value, y_end);
        if (Keep) store_cells<T>(cells + out, remembered<Relu>(best), cells_end);
    });
}

/// W windows a row.
template <class T, bool Keep, bool Relu, int W>
void forward_groups(const Pool2dShape& s, index_t first, index_t last, const T* x, T* y, Cell* cells) {
    using G = Group<T, W>;
    const T* const x_end = x + s.planes() * s.pixels();
    const T* const y_end = y + last * s.windows();
    const Cell* const cells_end = cells + (Keep ? last * s.windows() : 0);
    for_each_group<G>(s, first, last, [=](index_t in, index_t out) {
        const PixelPairs<T> pairs = load_pixel_pairs(x + in, x_end);
        Best<T> half[2], rows[2];
        MINICNN_UNROLL
        for (int h = 0; h < 2; ++h) {
            half[h] = {rectified<Relu, T>(pairs.left[h]), Ints<T>{}};
            half[h].meet(rectified<Relu, T>(pairs.right[h]), Ints<T>{} + Int<T>(1));
        }
        rows[0] = shuffle_best<typename G::template PairOfWindow<0>>(half[0], half[1]);
        rows[1] = shuffle_best<typename G::template PairOfWindow<1>>(half[0], half[1]);
        rows[0].meet(rows[1].value, rows[1].cell + Int<T>(2));
        store_before(y + out, rows[0].value, y_end);
        if (Keep) store_cells<T>(cells + out, remembered<Relu>(rows[0]), cells_end);
    });
}

template <class T>
void backward_pairs(const Pool2dShape& s, index_t first, index_t last, const T* grad_y, const Cell* cells, T* grad_x) {
    const T* const end = grad_x + last * s.pixels();
    const T* const y_end = grad_y + s.planes() * s.windows();
    const Cell* const cells_end = cells + s.planes() * s.windows();
    const index_t W = s.W_in;
    for_each_pair<T>(s, first, last, [=](index_t in, index_t out, index_t) {
        const Vec<T> grad = load_before(grad_y + out, y_end);
        const Ints<T> cell = load_cells<T>(cells + out, cells_end);
        Quad<T> q;
        MINICNN_UNROLL
        for (int k = 0; k < 4; ++k) q.cell[k] = cell == k ? grad : Vec<T>{};
        store_quads(q, grad_x + in, grad_x + in + W, end);
    });
}

/// W windows a row.
template <class T, int W>
void backward_groups(const Pool2dShape& s, index_t first, index_t last, const T* grad_y, const Cell* cells,
                     T* grad_x) {
    using G = Group<T, W>;
    const T* const end = grad_x + last * s.pixels();
    const T* const y_end = grad_y + s.planes() * s.windows();
    const Cell* const cells_end = cells + s.planes() * s.windows();
    const Ints<T> first_cell[2] = {G::lower_row(0) * 2, G::lower_row(1) * 2};  // of each pair
    for_each_group<G>(s, first, last, [=](index_t in, index_t out) {
        const Vec<T> grad = load_before(grad_y + out, y_end);
        const Best<T> windows{grad, load_cells<T>(cells + out, cells_end)};
        const Best<T> of_pair[2] = {shuffle_best<typename G::template WindowOfPair<0>>(windows, windows),
                                    shuffle_best<typename G::template WindowOfPair<1>>(windows, windows)};
        PixelPairs<T> pairs;
        MINICNN_UNROLL
        for (int h = 0; h < 2; ++h) {
            pairs.left[h] = of_pair[h].cell == first_cell[h] ? of_pair[h].value : Vec<T>{};
            pairs.right[h] = of_pair[h].cell == first_cell[h] + Int<T>(1) ? of_pair[h].value : Vec<T>{};
        }
        store_pixel_pairs(pairs, grad_x + in, end);
    });
}

/// `cells` is null if the maxima need not be remembered.
template <class T, bool Keep, bool Relu>
void forward_cells(const Pool2dShape& s, const T* x, T* y, Cell* cells) {
    const int workers = num_threads();
    const bool done = with_short_rows<T>(s, [&](auto width) {
        for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int) {
            forward_groups<T, Keep, Relu, decltype(width)::value>(s, first, last, x, y, cells);
        });
    });
    if (done) return;
    if (is_pairs(s))
        return for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int) {
            forward_pairs<T, Keep, Relu>(s, first, last, x, y, cells);
        });
    const BorderTable<T> table(s);
    const index_t kept = ring(s) * table.border().pitch;
    const Workspace<Int<T>> columns(s.W_out + lanes<T>);
    const PerWorker<Int<T>> kept_columns(workers, Keep ? kept : 0);
    const PerWorker<T> kept_values(workers, kept);
    first_columns<T>(s, columns.data());
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        const MaxOfRows<T, Keep, Relu> kind{columns.data(), kept_values[worker], kept_columns[worker], s.K_w, y, cells,
                                            y + last * s.windows(), cells + (Keep ? last * s.windows() : 0)};
        pool_planes(s, table.border(), x, first, last, kind);
    });
}

template <class T, bool Relu>
void forward_vectors(const Pool2dShape& s, const T* x, T* y, const Argmax& argmax) {
    if (argmax.cell) return forward_cells<T, true, Relu>(s, x, y, argmax.cell);
    if (!argmax.pixel) return forward_cells<T, false, Relu>(s, x, y, nullptr);
    const Workspace<Cell> cells(s.planes() * s.windows());  // PyTorch's indices are made from cells
    forward_cells<T, true, Relu>(s, x, y, cells.data());
    cells_to_pixels(s, cells.data(), argmax.pixel);
}

/// y = max_pool2d(x), and where each maximum was; x is rectified first with `relu`
template <class T>
void forward(const Pool2dShape& s, const T* x, T* y, const Argmax& argmax, bool relu) {
    if (!suits_vectors(s)) return forward_windows(s, x, y, argmax, relu);
    if (relu) return forward_vectors<T, true>(s, x, y, argmax);
    forward_vectors<T, false>(s, x, y, argmax);
}

/// Windows that give their gradient to the pixel in one cell, as pool2d/gather_three.hpp needs them.
template <class T>
struct CellWindows {
    struct Row {
        Vec<T> grad;
        Ints<T> cell;
        Vec<T> under(int k) const { return cell == Ints<T>{} + Int<T>(k) ? grad : Vec<T>{}; }
    };
    Row load(index_t row, index_t, index_t wo) const {
        Vec<T> grad = load_within(grads, count, row + wo);
        force_load<T>(grad);
        return {keep_row<T>(grad, wo, width), load_cells_within<T>(cells, count, row + wo)};
    }
    index_t count, width;  // of all windows, and of a row
    const T* grads;
    const Cell* cells;
};

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward(const Pool2dShape& s, const T* grad_y, const Argmax& argmax, T* grad_x) {
    const int workers = num_threads();
    const Cell* const cells = argmax.cell;
    const bool done = cells && with_short_rows<T>(s, [&](auto width) {
        for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int) {
            backward_groups<T, decltype(width)::value>(s, first, last, grad_y, cells, grad_x);
        });
    });
    if (done) return;
    if (cells && is_exact_pairs(s))
        return for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int) {
            backward_pairs(s, first, last, grad_y, cells, grad_x);
        });
    if (!cells || !can_gather(s)) return backward_windows(s, grad_y, argmax, grad_x);
    const index_t count = s.planes() * s.windows();
    if (can_gather_three(s)) return gather_by_three(s, CellWindows<T>{count, s.W_out, grad_y, cells}, grad_x);
    const Gather gather(s);
    const StagedWindows<T, true> staged(s, gather, workers);
    const T* const y_end = grad_y + count;
    const Cell* const cells_end = cells + count;
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        for (index_t plane = first; plane < last; ++plane) {
            for (index_t ho = 0; ho < s.H_out; ++ho)
            for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
                const index_t at = plane * s.windows() + ho * s.W_out + wo;
                staged.stage(worker, ho, wo, s.W_out, load_before(grad_y + at, y_end),
                             load_cells<T>(cells + at, cells_end));
            }
            gather_plane<true>(s, gather, staged, worker, grad_x + plane * s.pixels(), grad_x + last * s.pixels());
        }
    });
}

}  // namespace minicnn::TARGET::max_pool2d_vector

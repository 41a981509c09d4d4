// Step 2 of the ladder: a vector of windows at a time.
//
// What changed since step 1: each comparison serves a whole vector of neighbouring windows, and the winner is
// remembered as the cell of the window, one byte, instead of a pixel. Three ways, by shape:
//
//     2 x 2 with stride 2               pairs of rows (pool2d/pairs.hpp)
//     other windows up to 254 cells     forward slid (pool2d/slide.hpp); backward gathered
//                                       (pool2d/gather.hpp) for strides 1, 2 and 3
//     everything else                   window by window (step2_windows.hpp)
//
// Cost: the same comparisons; time near that of copying x. All cores share the planes.
#pragma once

#include "max_pool2d/cells.hpp"
#include "max_pool2d/step2_windows.hpp"
#include "pool2d/gather.hpp"
#include "pool2d/pairs.hpp"
#include "pool2d/slide.hpp"

namespace minicnn::TARGET::max_pool2d_vector {

template <class T, bool Keep>
void forward_pairs(const Pool2dShape& s, index_t first, index_t last, const T* x, T* y, Cell* cells) {
    const T* const x_end = x + s.planes() * s.pixels();
    const T* const y_end = y + last * s.windows();
    const Cell* const cells_end = cells + (Keep ? last * s.windows() : 0);
    const index_t W = s.W_in;
    for_each_pair<T>(s, first, last, [=](index_t in, index_t out, index_t count) {
        const Quad<T> q = load_quads(x + in, x + in + W, count, x_end);
        Best<T> best{q.cell[0], Ints<T>{}};
        MINICNN_UNROLL
        for (int k = 1; k < 4; ++k) best.meet(q.cell[k], k);
        store_before(y + out, best.value, y_end);
        if (Keep) store_cells<T>(cells + out, best.cell, cells_end);
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

/// S is the stride, K the kernel's height and width; 0 stands for any.
template <class T, bool Keep, int S, int K>
void forward_slide(const Pool2dShape& shape, Border<T> border, const T* columns, index_t first, index_t last,
                   const T* x, T* y, Cell* cells) {
    const Pool2dShape s = shape;  // a copy of our own: the compiler knows that no store changes it
    const T padding = -T(__builtin_inf());
    const T* const y_end = y + last * s.windows();
    const Cell* const cells_end = cells + (Keep ? last * s.windows() : 0);
    for (index_t plane = first; plane < last; ++plane)
    for (index_t ho = 0; ho < s.H_out; ++ho) {
        const KernelRange rows = s.rows_inside(ho);
        const index_t row_cell = rows.size() > 0 ? rows.begin * s.K_w : index_t(no_cell);
        const index_t at = plane * s.windows() + ho * s.W_out;
        const auto begin = [=](index_t wo) {
            return Best<T>{splat(padding), Keep ? first_cells<T>(row_cell, load(columns + wo)) : Ints<T>{}};
        };
        const auto end = [=](index_t wo, const Best<T>& best) {
            store_before(y + at + wo, best.value, y_end);
            if (Keep) store_cells<T>(cells + at + wo, best.cell, cells_end);
        };
        slide_row<S, K>(s, border, x, plane, ho, padding, begin, end);
    }
}

/// `cells` is null if the maxima need not be remembered.
template <class T, bool Keep>
void forward_cells(const Pool2dShape& s, const T* x, T* y, Cell* cells) {
    const int workers = num_threads();
    if (is_pairs(s))
        return for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int) {
            forward_pairs<T, Keep>(s, first, last, x, y, cells);
        });
    const BorderTable<T> table(s);
    const Workspace<T> columns(s.W_out + lanes<T>);
    first_columns(s, columns.data());
    const bool square = s.K_h == 3 && s.K_w == 3;
    const auto slide = s.stride[1] == 1   ? (square ? forward_slide<T, Keep, 1, 3> : forward_slide<T, Keep, 1, 0>)
                       : s.stride[1] == 2 ? (square ? forward_slide<T, Keep, 2, 3> : forward_slide<T, Keep, 2, 0>)
                       : s.stride[1] == 3 ? (square ? forward_slide<T, Keep, 3, 3> : forward_slide<T, Keep, 3, 0>)
                                          : forward_slide<T, Keep, 0, 0>;
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int) {
        slide(s, table.border(), columns.data(), first, last, x, y, cells);
    });
}

/// y = max_pool2d(x), and where each maximum was
template <class T>
void forward(const Pool2dShape& s, const T* x, T* y, const Argmax& argmax) {
    if (!suits_vectors(s)) return forward_windows(s, x, y, argmax);
    if (argmax.cell) return forward_cells<T, true>(s, x, y, argmax.cell);
    if (!argmax.pixel) return forward_cells<T, false>(s, x, y, nullptr);
    const Workspace<Cell> cells(s.planes() * s.windows());  // PyTorch's indices are made from cells
    forward_cells<T, true>(s, x, y, cells.data());
    cells_to_pixels(s, cells.data(), argmax.pixel);
}

/// grad_x = dL/dx, given grad_y = dL/dy
template <class T>
void backward(const Pool2dShape& s, const T* grad_y, const Argmax& argmax, T* grad_x) {
    const int workers = num_threads();
    const Cell* const cells = argmax.cell;
    if (cells && is_exact_pairs(s))
        return for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int) {
            backward_pairs(s, first, last, grad_y, cells, grad_x);
        });
    if (!cells || !can_gather(s)) return backward_windows(s, grad_y, argmax, grad_x);
    const Gather<T> gather(s);
    const StagedWindows<T> staged(s, gather, workers);
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        T* const grads = staged.grads(worker);
        Int<T>* const plane_cells = staged.cells(worker);
        const index_t windows = s.windows();
        for (index_t plane = first; plane < last; ++plane) {
            copy(grad_y + plane * windows, windows, grads);
            for (index_t i = 0; i < windows; ++i) plane_cells[i] = cells[plane * windows + i];
            gather_plane<true>(s, gather, grads, plane_cells, grad_x + plane * s.pixels(), grad_x + last * s.pixels());
        }
    });
}

}  // namespace minicnn::TARGET::max_pool2d_vector

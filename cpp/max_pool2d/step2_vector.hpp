// Step 2 of the ladder: a vector of windows at a time.
//
// What changed since step 1: each comparison serves a whole vector of neighbouring windows, and the winner is
// remembered as the cell of the window, one byte, instead of a pixel. Three ways, by shape:
//
//     2 x 2 with stride 2               pairs of rows, straight from memory (pool2d/pairs.hpp)
//     other windows up to 254 cells     rows split by the stride (pool2d/split_rows.hpp), and
//                                       backward gathered (pool2d/gather.hpp) for strides 1, 2 and 3
//     everything else                   window by window (step2_windows.hpp)
//
// Cost: the same comparisons; time near that of copying x. All cores share the planes.
#pragma once

#include "max_pool2d/step2_windows.hpp"
#include "pool2d/gather.hpp"
#include "pool2d/pairs.hpp"

namespace minicnn::TARGET::max_pool2d_vector {

constexpr int widest_unrolled = 3;

template <class T>
using Ints = decltype(Vec<T>{} < Vec<T>{});  // lanes of integers as wide as T
typedef std::uint8_t Cell;
template <class T>
struct CellsOf {
    typedef Cell type __attribute__((vector_size(lanes<T>), aligned(1), may_alias));
};

/// Store the cells of a vector of windows, nothing at `end` or after it.
template <class T>
inline void store_cells(Cell* p, Ints<T> cells, const Cell* end) {
    typedef typename CellsOf<T>::type Cells;
    const Cells narrow = __builtin_convertvector(cells, Cells);
    if (p + lanes<T> <= end)
        *reinterpret_cast<Cells*>(p) = narrow;
    else if (p < end)
        copy(reinterpret_cast<const Cell*>(&narrow), end - p, p);
}

/// The maximum so far of each window of a vector, and the cell it was in.
template <class T>
struct Best {
    Vec<T> value;
    Ints<T> cell;

    /// Neither a smaller or equal value takes the lead, nor any value from a NaN.
    void meet(Vec<T> v, index_t at) {
        const Ints<T> stays = (v <= value) | (value != value);
        value = stays ? value : v;
        cell = stays ? cell : Ints<T>{} + static_cast<decltype(Ints<T>{}[0] + 0)>(at);
    }
};

template <class T, bool Keep>
void forward_pairs(const Pool2dShape& s, index_t first, index_t last, const T* x, T* y, Cell* cells) {
    const T* const x_end = x + s.planes() * s.pixels();
    const T* const y_end = y + last * s.windows();
    for_each_pair<T>(s, first, last, [&](index_t in, index_t out, index_t count) {
        const Quad<T> q = load_quads(x + in, x + in + s.W_in, count, x_end);
        Best<T> best{q.cell[0], Ints<T>{}};
        for (int k = 1; k < 4; ++k) best.meet(q.cell[k], k);
        store_before(y + out, best.value, y_end);
        if (Keep) store_cells<T>(cells + out, best.cell, cells + last * s.windows());
    });
}

template <class T>
void backward_pairs(const Pool2dShape& s, index_t first, index_t last, const T* grad_y, const Cell* cells, T* grad_x) {
    typedef typename CellsOf<T>::type Cells;
    const T* const end = grad_x + last * s.pixels();
    const T* const y_end = grad_y + s.planes() * s.windows();
    const Cell* const cells_end = cells + s.planes() * s.windows();
    for_each_pair<T>(s, first, last, [&](index_t in, index_t out, index_t) {
        const Vec<T> grad = load_before(grad_y + out, y_end);
        Cells narrow{};
        if (cells + out + lanes<T> <= cells_end)
            narrow = *reinterpret_cast<const Cells*>(cells + out);
        else
            copy(cells + out, cells_end - (cells + out), reinterpret_cast<Cell*>(&narrow));
        const Ints<T> cell = __builtin_convertvector(narrow, Ints<T>);
        Quad<T> q;
        for (int k = 0; k < 4; ++k) q.cell[k] = cell == k ? grad : Vec<T>{};
        store_quads(q, grad_x + in, grad_x + in + s.W_in, end);
    });
}

/// The first kernel column inside the image for every output column, or a number too large for a cell.
template <class T>
void first_columns(const Pool2dShape& s, T* to) {
    for (index_t wo = 0; wo < s.W_out; ++wo) {
        const KernelRange cols = s.cols_inside(wo);
        to[wo] = T(cols.size() > 0 ? cols.begin : index_t(no_cell));
    }
    fill(to + s.W_out, lanes<T>, T(0));
}
/// The first cell inside the image of a vector of windows, given their first kernel row and columns.
template <class T>
inline Ints<T> first_cells(index_t row_cell, Vec<T> column) {
    const Vec<T> cell = column + splat(T(row_cell));
    return __builtin_convertvector(cell > T(max_cells) ? splat(T(no_cell)) : cell, Ints<T>);
}

/// `count` output rows from `ho` on, of one plane: y and cells point to the first of them. The kernel has K x K
/// cells, or K = 0 for any number.
template <class T, bool Keep, int K>
void forward_strip(const Pool2dShape& s, const SplitRows& split, const T* strip, index_t ho, index_t count,
                   const T* columns, T* y, const T* y_end, Cell* cells, const Cell* cells_end) {
    const index_t cell_count = K > 0 ? K * K : s.K_h * s.K_w;
    for (index_t i = 0; i < count; ++i, y += s.W_out, cells += Keep ? s.W_out : 0) {
        const KernelRange inside = s.rows_inside(ho + i);
        const index_t row_cell = inside.size() > 0 ? inside.begin * s.K_w : index_t(no_cell);
        for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
            const T* const at = strip + i * s.stride[0] * split.row + wo;
            Best<T> best{splat(-T(__builtin_inf())), Ints<T>{}};
            if (Keep) best.cell = first_cells<T>(row_cell, load(columns + wo));
            if constexpr (K > 0) {
                MINICNN_UNROLL
                for (int k = 0; k < K * K; ++k) best.meet(load(at + split.offset[k]), k);
            } else {
                for (index_t k = 0; k < cell_count; ++k) best.meet(load(at + split.offset[k]), k);
            }
            store_before(y + wo, best.value, y_end);
            if (Keep) store_cells<T>(cells + wo, best.cell, cells_end);
        }
    }
}

template <class T, bool Keep>
void forward_split(const Pool2dShape& s, const SplitRows& split, index_t first, index_t last, const T* x,
                   const T* columns, T* strip, T* y, Cell* cells) {
    const T* const x_end = x + s.planes() * s.pixels();
    const T* const y_end = y + last * s.windows();
    const Cell* const cells_end = Keep ? cells + last * s.windows() : nullptr;
    const auto rows = s.K_h == 3 && s.K_w == 3   ? forward_strip<T, Keep, 3>
                      : s.K_h == 2 && s.K_w == 2 ? forward_strip<T, Keep, 2>
                                                 : forward_strip<T, Keep, 0>;
    for (index_t plane = first; plane < last; ++plane)
    for (index_t ho = 0; ho < s.H_out; ho += split.height) {
        const index_t count = min(split.height, s.H_out - ho), at = plane * s.windows() + ho * s.W_out;
        split_strip(s, split, x + plane * s.pixels(), x_end, ho, count, -T(__builtin_inf()), strip);
        rows(s, split, strip, ho, count, columns, y + at, y_end, Keep ? cells + at : nullptr, cells_end);
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
    const SplitRows split(s);
    const Workspace<T> strips(workers * split.size(s)), columns(s.W_out + lanes<T>);
    first_columns(s, columns.data());
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        forward_split<T, Keep>(s, split, first, last, x, columns.data(), strips.data() + worker * split.size(s), y,
                               cells);
    });
}

/// y = max_pool2d(x), and where each maximum was
template <class T>
void forward(const Pool2dShape& s, const T* x, T* y, const Argmax& argmax) {
    if (!is_pairs(s) && !can_split(s)) return forward_windows(s, x, y, argmax);
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
    const Gather gather(s);
    const Workspace<T> scratch(workers * 2 * gather.size(s));
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        T* const grads = scratch.data() + worker * 2 * gather.size(s);
        for (index_t plane = first; plane < last; ++plane) {
            const auto stage = [&](index_t ho, T* grad, T* cell) {
                const index_t at = plane * s.windows() + ho * s.W_out;
                copy(grad_y + at, s.W_out, grad);
                for (index_t wo = 0; wo < s.W_out; ++wo) cell[wo] = T(cells[at + wo]);
            };
            gather_plane<true>(s, gather, stage, grads, grads + gather.size(s), grad_x + plane * s.pixels(),
                               grad_x + last * s.pixels());
        }
    });
}

}  // namespace minicnn::TARGET::max_pool2d_vector

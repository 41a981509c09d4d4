// The winning cells of a vector of windows: found in lanes as wide as a pixel, kept as one byte each.
#pragma once

#include "max_pool2d/kernels.hpp"
#include "pool2d/strided.hpp"

namespace minicnn::TARGET::max_pool2d_vector {

typedef std::uint8_t Cell;
template <class T>
struct CellsOf {
    typedef Cell type __attribute__((vector_size(lanes<T>), aligned(1), may_alias));
    typedef std::uint16_t two_bytes __attribute__((vector_size(2 * lanes<T>)));
    typedef std::int32_t four_bytes __attribute__((vector_size(4 * lanes<T>)));
};
template <class T>
using Cells = typename CellsOf<T>::type;

template <class T>
[[gnu::noinline, gnu::cold]] void store_some_cells(Cell* p, Cells<T> cells, index_t n) {
    copy(reinterpret_cast<const Cell*>(&cells), n, p);
}
/// Store the cells of a vector of windows, nothing at `end` or after it.
template <class T>
inline void store_cells(Cell* p, Ints<T> cells, const Cell* end) {
    const Cells<T> narrow = __builtin_convertvector(cells, Cells<T>);
    if (end - p >= lanes<T>)
        __builtin_memcpy(p, &narrow, sizeof narrow);
    else if (p < end)
        store_some_cells<T>(p, narrow, end - p);
}

/// Cells as integers as wide as a pixel. Their width is doubled each time: GCC 12 would take a wider step apart, lane
/// by lane.
template <class T>
inline Ints<T> widen(Cells<T> narrow) {
    typedef typename CellsOf<T>::two_bytes Two;
    typedef typename CellsOf<T>::four_bytes Four;
    if constexpr (lanes<T> < 8) return __builtin_convertvector(narrow, Ints<T>);
    const Four four = __builtin_convertvector(__builtin_convertvector(narrow, Two), Four);
    return __builtin_convertvector(four, Ints<T>);
}
template <class T>
[[gnu::noinline, gnu::cold]] Cells<T> load_some_cells(const Cell* p, index_t n) {
    Cells<T> narrow{};
    copy(p, n, reinterpret_cast<Cell*>(&narrow));
    return narrow;
}
/// The cells at p, with zeros for what lies at `end` or after it.
template <class T>
inline Ints<T> load_cells(const Cell* p, const Cell* end) {
    if (end - p < lanes<T>) return widen<T>(load_some_cells<T>(p, end - p));
    Cells<T> cells;
    __builtin_memcpy(&cells, p, sizeof cells);
    return widen<T>(cells);
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
        cell = stays ? cell : Ints<T>{} + Int<T>(at);
    }
    void end_row() {}
};

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

}  // namespace minicnn::TARGET::max_pool2d_vector

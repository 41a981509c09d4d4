// The winning cells of a vector of windows: found in lanes as wide as a pixel, kept as one byte each.
#pragma once

#include "max_pool2d/kernels.hpp"
#include "pool2d/gather_three.hpp"

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

/// The cells at from[at]; zeros for what is not among its `size` values.
template <class T>
inline Ints<T> load_cells_within(const Cell* from, index_t size, index_t at) {
    Cells<T> cells;
    if (__builtin_expect(0 <= at && at + lanes<T> <= size, 1))
        __builtin_memcpy(&cells, from + at, sizeof cells);
    else
        copy_within(from, size, at, index_t(lanes<T>), reinterpret_cast<Cell*>(&cells));
    return widen<T>(cells);
}

/// What max pooling does to each pixel before it compares: nothing, or what relu (cpp/relu/) does.
template <bool Relu, class T>
inline Vec<T> rectified(Vec<T> v) {
    if constexpr (Relu) return v < Vec<T>{} ? Vec<T>{} : v;
    return v;
}

/// The maximum so far of each window of a vector, and the cell it was in.
template <class T>
struct Best {
    Vec<T> value;
    Ints<T> cell;

    /// Neither a smaller or equal value takes the lead, nor any value from a NaN.
    void meet(Vec<T> v, Ints<T> at) {
        const Ints<T> stays = (v <= value) | (value != value);
        value = stays ? value : v;
        cell = stays ? cell : at;
    }
};

/// Bring lanes of two vectors of windows (or of pairs of pixels) together: see `shuffle`.
template <class Pattern, class T>
inline Best<T> shuffle_best(const Best<T>& a, const Best<T>& b) {
    const Vec<T> cells =
        shuffle<Pattern, T>(reinterpret_cast<Vec<T>>(a.cell), reinterpret_cast<Vec<T>>(b.cell));  // moved, never read
    return {shuffle<Pattern, T>(a.value, b.value), reinterpret_cast<Ints<T>>(cells)};
}

/// The cells to remember: after ReLU, a window without a positive value has no pixel that a gradient goes to.
template <bool Relu, class T>
inline Ints<T> remembered(const Best<T>& best) {
    const Ints<T> none = Ints<T>{} + Int<T>(no_cell);
    const Ints<T> cell = best.cell > Int<T>(max_cells) ? none : best.cell;
    if constexpr (Relu) return best.value <= Vec<T>{} ? none : cell;
    return cell;
}

/// The first kernel column inside the image for every output column, or a number too large for a cell.
template <class T>
void first_columns(const Pool2dShape& s, Int<T>* to) {
    for (index_t wo = 0; wo < s.W_out; ++wo) {
        const KernelRange cols = s.cols_inside(wo);
        to[wo] = Int<T>(cols.size() > 0 ? cols.begin : index_t(no_cell));
    }
    fill(to + s.W_out, lanes<T>, Int<T>(0));
}

/// Max pooling as pool2d/rows.hpp needs it.
template <class T, bool Keep, bool Relu>
struct MaxOfRows {
    const Int<T>* first;  // the first kernel column inside the image
    T* value;             // the reduced rows: the maximum ...
    Int<T>* column;       // ... and its kernel column
    index_t K_w;
    T* y;
    Cell* cells;
    const T* y_end;
    const Cell* cells_end;

    Best<T> nothing() const { return {splat(-T(__builtin_inf())), Ints<T>{} + Int<T>(no_cell)}; }
    Best<T> begin(index_t wo) const { return {splat(-T(__builtin_inf())), load_ints<T>(first + wo)}; }
    void meet_inside(Best<T>& best, Vec<T> v, index_t kw) const {
        if (kw == 0)
            best = {rectified<Relu, T>(v), Ints<T>{}};
        else
            best.meet(rectified<Relu, T>(v), Ints<T>{} + Int<T>(kw));
    }
    void meet(Best<T>& best, Vec<T> v, Ints<T> inside, index_t kw) const {
        best.meet(inside ? rectified<Relu, T>(v) : splat(-T(__builtin_inf())), Ints<T>{} + Int<T>(kw));
    }
    void keep(const Best<T>& best, index_t at) const {
        store(value + at, best.value);
        if (Keep) __builtin_memcpy(column + at, &best.cell, sizeof best.cell);
    }
    Best<T> kept(index_t at) const { return {load(value + at), Keep ? load_ints<T>(column + at) : Ints<T>{}}; }
    Best<T> in_row(const Best<T>& best, index_t kh) const { return {best.value, best.cell + Int<T>(kh * K_w)}; }
    void join(Best<T>& best, const Best<T>& next) const { best.meet(next.value, next.cell); }
    void begin_windows(index_t) const {}
    void finish(const Best<T>& best, index_t out, index_t) const {
        store_before(y + out, best.value, y_end);
        if (Keep) store_cells<T>(cells + out, remembered<Relu>(best), cells_end);
    }
};

}  // namespace minicnn::TARGET::max_pool2d_vector

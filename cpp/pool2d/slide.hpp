// The forward pass in vectors of windows: slide a row of windows over the image.
//
// The pixels under one kernel cell at neighbouring windows are `stride` apart: a strided load, straight from the
// image. Where a window leaves the image on the left or right, the load brings in pixels of the neighbouring
// row, and a mask made beforehand replaces these by padding; kernel rows outside the image are skipped. So
// a border needs no copy of the image. Only where a load would leave the array itself, at its first and last
// rows, are the pixels fetched one by one; also for strides that have no strided load.
#pragma once

#include "buffers.hpp"
#include "pool2d/strided.hpp"

namespace minicnn::TARGET {

template <class T>
inline Ints<T> load_ints(const Int<T>* p) {
    Ints<T> v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

/// Which windows of a row have kernel column kw inside the image.
template <class T>
struct Border {
    const Int<T>* inside_all;  // (K_w, pitch): -1 (all bits) or 0
    const bool* clear_all;     // of each vector of windows: whether all of them have all their columns inside
    index_t pitch;

    const Int<T>* inside(index_t kw, index_t wo) const { return inside_all + kw * pitch + wo; }
    bool clear(index_t wo) const { return clear_all[wo / lanes<T>]; }
};
template <class T>
class BorderTable {
public:
    explicit BorderTable(const Pool2dShape& s)
        : pitch_(round_up(s.W_out, lanes<T>)), inside_(s.K_w * pitch_), clear_(pitch_ / lanes<T>) {
        fill(clear_.data(), pitch_ / lanes<T>, true);
        for (index_t wo = 0; wo < pitch_; ++wo) {
            const KernelRange cols = wo < s.W_out ? s.cols_inside(wo) : KernelRange{0, s.K_w};
            for (index_t kw = 0; kw < s.K_w; ++kw)
                inside_.data()[kw * pitch_ + wo] = -Int<T>(cols.begin <= kw && kw < cols.end);
            clear_.data()[wo / lanes<T>] &= cols.size() == s.K_w;
        }
    }
    Border<T> border() const { return {inside_.data(), clear_.data(), pitch_}; }

private:
    index_t pitch_;
    Workspace<Int<T>> inside_;
    Workspace<bool> clear_;
};

/// A row of windows, whose kernel rows rows.begin .. rows.end - 1 are inside the image.
template <class T>
struct SlideRow {
    const T* x;
    index_t corner;    // index into x of the pixel under cell (rows.begin, 0) of window 0: maybe outside the image
    index_t row_step;  // from one kernel row to the next
    KernelRange rows;
    T padding;
};

/// The `count` pixels `stride` apart from x[at] on that are inside, one by one.
template <class T>
[[gnu::noinline]] Vec<T> load_one_by_one(const T* x, index_t at, index_t stride, const Int<T>* inside, index_t count,
                                         T padding) {
    Vec<T> v = splat(padding);
    for (index_t i = 0; i < count; ++i)
        if (inside[i]) v[i] = x[at + i * stride];
    return v;
}

/// The windows from `wo` on, when their pixels have no strided load or that would leave the array.
template <class T, class Begin, class End>
[[gnu::noinline]] void slide_one_by_one(const Pool2dShape& s, const Border<T>& border, const SlideRow<T>& row, index_t wo,
                                        const Begin& begin, const End& end) {
    const index_t count = min<index_t>(lanes<T>, s.W_out - wo);
    auto state = begin(wo);
    index_t at = row.corner + wo * s.stride[1];
    for (index_t kh = row.rows.begin; kh < row.rows.end; ++kh, at += row.row_step) {
        for (index_t kw = 0; kw < s.K_w; ++kw) {
            const index_t cell_at = at + kw * s.dilation[1];
            state.meet(load_one_by_one(row.x, cell_at, s.stride[1], border.inside(kw, wo), count, row.padding),
                       kh * s.K_w + kw);
        }
        state.end_row();
    }
    end(wo, state);
}

/// Show one kernel row to `state`: K is the kernel's width, or 0 for any.
template <int S, int K, bool Clear, class T, class State>
inline void meet_row(const Pool2dShape& s, const Border<T>& border, const T* from, T padding, index_t kh, index_t wo,
                     State& state) {
    const index_t K_w = K > 0 ? K : s.K_w;
    MINICNN_UNROLL
    for (index_t kw = 0; kw < K_w; ++kw) {
        Vec<T> v = load_strided<S>(from + kw * s.dilation[1]);
        if constexpr (!Clear) {
            force_load<T>(v);
            v = load_ints<T>(border.inside(kw, wo)) ? v : splat(padding);
        }
        state.meet(v, kh * K_w + kw);
    }
    state.end_row();
}
template <int S, int K, bool Clear, class T, class State>
inline void meet_rows(const Pool2dShape& s, const Border<T>& border, const SlideRow<T>& row, index_t wo, State& state) {
    const T* from = row.x + row.corner + wo * S;
    if (K > 0 && row.rows.size() == K) {
        MINICNN_UNROLL
        for (index_t kh = 0; kh < K; ++kh, from += row.row_step)
            meet_row<S, K, Clear>(s, border, from, row.padding, kh, wo, state);
    } else {
        for (index_t kh = row.rows.begin; kh < row.rows.end; ++kh, from += row.row_step)
            meet_row<S, K, Clear>(s, border, from, row.padding, kh, wo, state);
    }
}

/// For each vector of windows of row `ho` of a plane: `begin(wo)` makes a state, which meets the pixels under
/// each kernel cell in order, and `end(wo, state)` takes the result. S is the stride, or 0 for any; K the kernel's
/// height and width, or 0 for any.
template <int S, int K, class T, class Begin, class End>
inline void slide_row(const Pool2dShape& s, const Border<T>& border, const T* x, index_t plane, index_t ho, T padding,
                      const Begin& begin, const End& end) {
    const KernelRange rows = s.rows_inside(ho);
    const index_t row_step = s.dilation[0] * s.W_in;
    const index_t corner = plane * s.pixels() + s.input_row(ho, rows.begin) * s.W_in - s.padding[1];
    const SlideRow<T> row{x, corner, row_step, rows, padding};
    if constexpr (S == 0) {
        for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) slide_one_by_one(s, border, row, wo, begin, end);
        return;
    }
    // windows whose loads begin at or after x and end in it
    const index_t reach = (rows.size() - 1) * row_step + (s.K_w - 1) * s.dilation[1] + S * lanes<T>;
    const index_t most = s.planes() * s.pixels() - corner - reach;
    for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
        if (__builtin_expect(corner + wo * S < 0 || wo * S > most, 0)) {
            slide_one_by_one(s, border, row, wo, begin, end);
            continue;
        }
        auto state = begin(wo);
        if (border.clear(wo))
            meet_rows<S == 0 ? 1 : S, K, true>(s, border, row, wo, state);
        else
            meet_rows<S == 0 ? 1 : S, K, false>(s, border, row, wo, state);
        end(wo, state);
    }
}

}  // namespace minicnn::TARGET

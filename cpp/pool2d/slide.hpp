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

/// Which windows of a row have kernel column kw inside the image: inside(kw)[wo] is -1 (all bits) or 0.
template <class T>
class Border {
public:
    explicit Border(const Pool2dShape& s)
        : pitch_(round_up(s.W_out, lanes<T>)), inside_(s.K_w * pitch_), clear_(pitch_ / lanes<T>) {
        fill(clear_.data(), pitch_ / lanes<T>, true);
        for (index_t wo = 0; wo < pitch_; ++wo) {
            const KernelRange cols = wo < s.W_out ? s.cols_inside(wo) : KernelRange{0, s.K_w};
            for (index_t kw = 0; kw < s.K_w; ++kw)
                inside_.data()[kw * pitch_ + wo] = -Int<T>(cols.begin <= kw && kw < cols.end);
            clear_.data()[wo / lanes<T>] &= cols.size() == s.K_w;
        }
    }
    Ints<T> inside(index_t kw, index_t wo) const {
        Ints<T> mask;
        __builtin_memcpy(&mask, inside_.data() + kw * pitch_ + wo, sizeof mask);
        return mask;
    }
    /// Whether all windows of the vector at `wo` have all their columns inside the image.
    bool clear(index_t wo) const { return clear_.data()[wo / lanes<T>]; }

private:
    index_t pitch_;
    Workspace<Int<T>> inside_;
    Workspace<bool> clear_;
};

/// One vector of windows: the image, and where kernel cell (0, 0) of the first window is in it (maybe outside).
template <class T>
struct VectorOfWindows {
    const T* x;
    index_t size;   // of x: no index below 0 or from here on may be read
    index_t count;  // windows that belong to this row
    T padding;
};

/// The pixels `stride` apart from x[at] on, one by one where `mask` says that they are inside.
template <class T>
Vec<T> load_one_by_one(const VectorOfWindows<T>& w, index_t at, index_t stride, Ints<T> mask) {
    Vec<T> v = splat(w.padding);
    for (index_t i = 0; i < w.count; ++i)
        if (mask[i]) v[i] = w.x[at + i * stride];
    return v;
}

/// Show one kernel row to `state`. S is the stride, or 0 for any; K the kernel's width, or 0 for any.
template <int S, int K, bool Clear, class T, class State>
inline void meet_row(const Pool2dShape& s, const Border<T>& border, const VectorOfWindows<T>& w, index_t at,
                     index_t kh, index_t wo, State& state) {
    const index_t K_w = K > 0 ? K : s.K_w, dilation = s.dilation[1], reach = (K_w - 1) * dilation + S * lanes<T>;
    const bool readable = S > 0 && at >= 0 && at + reach <= w.size;
    MINICNN_UNROLL
    for (index_t kw = 0; kw < K_w; ++kw) {
        Vec<T> v;
        if (__builtin_expect(readable, S > 0)) {
            v = load_strided<S == 0 ? 1 : S>(w.x + at + kw * dilation);
            if constexpr (!Clear) v = border.inside(kw, wo) ? v : splat(w.padding);
        } else {
            v = load_one_by_one(w, at + kw * dilation, s.stride[1], border.inside(kw, wo));
        }
        state.meet(v, kh * K_w + kw);
    }
    state.end_row();
}

/// For each vector of windows of row `ho` of a plane: `begin(wo)` makes a state, which meets the pixels under
/// each kernel cell in order, and `end(wo, state)` takes the result.
template <int S, int K, class T, class Begin, class End>
inline void slide_row(const Pool2dShape& s, const Border<T>& border, const T* x, index_t plane, index_t ho, T padding,
                      const Begin& begin, const End& end) {
    const KernelRange rows = s.rows_inside(ho);
    const index_t size = s.planes() * s.pixels(), row_step = s.dilation[0] * s.W_in;
    const index_t corner = plane * s.pixels() + s.input_row(ho, rows.begin) * s.W_in - s.padding[1];
    for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
        const VectorOfWindows<T> w{x, size, min<index_t>(lanes<T>, s.W_out - wo), padding};
        auto state = begin(wo);
        index_t at = corner + wo * s.stride[1];
        if (border.clear(wo) && K > 0 && rows.size() == K) {
            MINICNN_UNROLL
            for (index_t kh = 0; kh < K; ++kh, at += row_step) meet_row<S, K, true>(s, border, w, at, kh, wo, state);
        } else if (K > 0 && rows.size() == K) {
            MINICNN_UNROLL
            for (index_t kh = 0; kh < K; ++kh, at += row_step) meet_row<S, K, false>(s, border, w, at, kh, wo, state);
        } else {
            for (index_t kh = rows.begin; kh < rows.end; ++kh, at += row_step)
                meet_row<S, K, false>(s, border, w, at, kh, wo, state);
        }
        end(wo, state);
    }
}

}  // namespace minicnn::TARGET

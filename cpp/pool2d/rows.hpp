// The forward pass in vectors of windows: first each row of the image along the windows, then these rows together.
//
// A row of the image is reduced once to one value for each column of windows, and that is used for every window that
// covers the row: K_w + K_h operations for a window, and not K_w * K_h. The reduced rows wait in a ring as long as
// some window needs them.
//
// The pixels under one kernel column at neighbouring windows are `stride` apart: a strided load, straight from the
// image. Where a window leaves the image on the left or right, the load brings in pixels of the neighbouring
// row, and a mask made beforehand replaces these by padding. So a border needs no copy of the image. Only where a
// load would leave the array itself, at its first and last rows, are the pixels fetched one by one; also for
// strides that have no strided load.
#pragma once

#include "buffers.hpp"
#include "pool2d/strided.hpp"

namespace minicnn::TARGET {

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

/// The `count` pixels `stride` apart from x[at] on that are inside, one by one.
template <class T>
[[gnu::noinline]] Vec<T> load_one_by_one(const T* x, index_t at, index_t stride, const Int<T>* inside, index_t count) {
    Vec<T> v{};
    for (index_t i = 0; i < count; ++i)
        if (inside[i]) v[i] = x[at + i * stride];
    return v;
}

/// Reduce the pixels under the windows of one image row: row[wo] for every column of windows. S is the stride, or 0
/// for any; K the kernel's width, or 0 for any. `corner` is the index into x of the pixel under kernel column 0 of
/// window 0: maybe outside the image.
template <int S, int K, class T, class Kind>
inline void reduce_row(const Pool2dShape& s, const Border<T>& border, const T* x, index_t corner, const Kind& kind,
                       index_t row) {
    const index_t K_w = K > 0 ? K : s.K_w, stride = S > 0 ? S : s.stride[1];
    // windows whose loads begin at or after x and end in it
    const index_t reach = (K_w - 1) * s.dilation[1] + stride * lanes<T>;
    const index_t most = S > 0 ? s.planes() * s.pixels() - corner - reach : -1;
    for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
        const bool one_by_one = corner + wo * stride < 0 || wo * stride > most;
        auto state = kind.begin(wo);
        if (__builtin_expect(one_by_one, 0)) {
            const index_t count = min<index_t>(lanes<T>, s.W_out - wo);
            for (index_t kw = 0; kw < K_w; ++kw) {
                const Int<T>* const inside = border.inside(kw, wo);
                const index_t at = corner + wo * stride + kw * s.dilation[1];
                kind.meet(state, load_one_by_one(x, at, stride, inside, count), load_ints<T>(inside), kw);
            }
        } else if (border.clear(wo)) {
            const T* const from = x + corner + wo * stride;
            MINICNN_UNROLL
            for (index_t kw = 0; kw < K_w; ++kw)
                kind.meet_inside(state, load_strided<(S > 0 ? S : 1)>(from + kw * s.dilation[1]), kw);
        } else {
            const T* const from = x + corner + wo * stride;
            MINICNN_UNROLL
            for (index_t kw = 0; kw < K_w; ++kw) {
                Vec<T> v = load_strided<(S > 0 ? S : 1)>(from + kw * s.dilation[1]);
                force_load<T>(v);
                kind.meet(state, v, load_ints<T>(border.inside(kw, wo)), kw);
            }
        }
        kind.keep(state, row + wo);
    }
}

/// Where the reduced rows of one worker wait: `ring(s)` of them, `pitch` values each.
inline index_t ring(const Pool2dShape& s) { return min(s.extent(0), s.H_in); }

/// Pool the planes. `kind` holds the rows and says what reducing means: `begin`, `meet` pixels (of which some are
/// outside), `keep` the result, get it back as `kept`, `join` the rows of a window, `finish` it. K is the kernel's height and width, or 0.
template <int S, int K, class T, class Kind>
void pool_planes(const Pool2dShape& shape, Border<T> border, const T* x, index_t first, index_t last, Kind kind) {
    const Pool2dShape s = shape;  // a copy of our own: the compiler knows that no store changes it
    const index_t slots = ring(s), pitch = border.pitch;
    for (index_t plane = first; plane < last; ++plane) {
        index_t next = 0;  // the first image row that is not reduced yet
        for (index_t ho = 0; ho < s.H_out; ++ho) {
            const KernelRange rows = s.rows_inside(ho);
            const index_t top = s.input_row(ho, rows.begin), bottom = s.input_row(ho, rows.end - 1);
            // from the window's first row, though a dilated one may skip it: a later window may not
            for (index_t hi = max(next, s.input_row(ho, 0)); hi <= bottom && rows.size() > 0; ++hi) {
                const index_t corner = plane * s.pixels() + hi * s.W_in - s.padding[1];
                reduce_row<S, K>(s, border, x, corner, kind, hi % slots * pitch);
                next = hi + 1;
            }
            kind.begin_windows(ho);
            for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
                auto state = rows.size() > 0 ? kind.kept(top % slots * pitch + wo, rows.begin) : kind.nothing();
                for (index_t kh = rows.begin + 1, hi = top + s.dilation[0]; kh < rows.end; ++kh, hi += s.dilation[0])
                    kind.join(state, kind.kept(hi % slots * pitch + wo, kh));
                kind.finish(state, (plane * s.H_out + ho) * s.W_out + wo, wo);
            }
        }
    }
}

/// `run(S, K)` as compile-time constants for the stride and kernel of this shape.
template <int N>
struct Constant {
    static constexpr int value = N;
};
template <class Run>
void for_stride_and_kernel(const Pool2dShape& s, const Run& run) {
    const bool square = s.K_h == 3 && s.K_w == 3;
    if (s.stride[1] == 1) return square ? run(Constant<1>{}, Constant<3>{}) : run(Constant<1>{}, Constant<0>{});
    if (s.stride[1] == 2) return square ? run(Constant<2>{}, Constant<3>{}) : run(Constant<2>{}, Constant<0>{});
    if (s.stride[1] == 3) return square ? run(Constant<3>{}, Constant<3>{}) : run(Constant<3>{}, Constant<0>{});
    run(Constant<0>{}, Constant<0>{});
}

}  // namespace minicnn::TARGET

// The forward pass in vectors of windows: first each row of the image along the windows, then these rows together.
//
// A row of the image is reduced once to one value for each column of windows, and that is used for every window that
// covers the row: K_w + K_h operations for a window, and not K_w * K_h. The reduced rows wait in a ring as long as
// some window needs them; those of 3x3 windows, the most common of all that overlap, wait in registers.
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

/// The pixels of one image row under windows wo, wo + 1, ..., reduced: a vector of them. S is the stride, or 0 for
/// any; K the kernel's width, or 0 for any. `at` is the index into x of the pixel under kernel column 0 of window wo:
/// maybe outside the image.
template <int S, int K, class T, class Kind>
inline auto reduce(const Pool2dShape& s, const Border<T>& border, const T* x, index_t at, const Kind& kind,
                   index_t wo) {
    const index_t K_w = K > 0 ? K : s.K_w, stride = S > 0 ? S : s.stride[1];
    auto state = kind.begin(wo);
    const index_t reach = (K_w - 1) * s.dilation[1] + stride * lanes<T>;
    if (__builtin_expect(S == 0 || at < 0 || at > s.planes() * s.pixels() - reach, 0)) {  // loads would leave x
        const index_t count = min<index_t>(lanes<T>, s.W_out - wo);
        for (index_t kw = 0; kw < K_w; ++kw) {
            const Int<T>* const inside = border.inside(kw, wo);
            const Vec<T> v = load_one_by_one(x, at + kw * s.dilation[1], stride, inside, count);
            kind.meet(state, v, load_ints<T>(inside), kw);
        }
    } else if (border.clear(wo)) {
        MINICNN_UNROLL
        for (index_t kw = 0; kw < K_w; ++kw)
            kind.meet_inside(state, load_strided<(S > 0 ? S : 1)>(x + at + kw * s.dilation[1]), kw);
    } else {
        MINICNN_UNROLL
        for (index_t kw = 0; kw < K_w; ++kw) {
            Vec<T> v = load_strided<(S > 0 ? S : 1)>(x + at + kw * s.dilation[1]);
            force_load<T>(v);
            kind.meet(state, v, load_ints<T>(border.inside(kw, wo)), kw);
        }
    }
    return state;
}

constexpr index_t small_plane = 4096;  // pixels that L1 keeps while the columns of windows are taken one by one

/// Pool small planes with 3x3 windows of stride S, vector by vector from top to bottom. From right to left, since a
/// row's last vector may reach into the next row. `kind` says what reducing means: `begin`, `meet` pixels (of which some
/// are outside), `in_row` kh of a window, `join` the rows of a window, `finish` it.
template <int S, class T, class Kind>
void pool_planes_by_three(const Pool2dShape& shape, Border<T> border, const T* x, index_t first, index_t last,
                          Kind kind) {
    const Pool2dShape s = shape;  // a copy of our own: the compiler knows that no store changes it
    for (index_t plane = first; plane < last; ++plane)
    for (index_t wo = (s.W_out - 1) / lanes<T> * lanes<T>; wo >= 0; wo -= lanes<T>) {
        decltype(kind.nothing()) row[3];
        for (index_t ho = 0; ho < s.H_out; ++ho) {
            const index_t top = ho * S - s.padding[0];
            const index_t at = plane * s.pixels() + top * s.W_in + wo * S - s.padding[1];
            kind.begin_windows(ho);
            auto state = kind.nothing();
            MINICNN_UNROLL
            for (int kh = 0; kh < 3; ++kh) {
                if (kh + S < 3 && ho > 0)
                    row[kh] = row[(kh + S) % 3];  // the window above met it
                else if (0 <= top + kh && top + kh < s.H_in)
                    row[kh] = reduce<S, 3>(s, border, x, at + kh * s.W_in, kind, wo);
                if (top + kh < 0 || top + kh >= s.H_in) continue;
                if (kh == 0 || top + kh == 0)
                    state = kind.in_row(row[kh], kh);
                else
                    kind.join(state, kind.in_row(row[kh], kh));
            }
            kind.finish(state, (plane * s.H_out + ho) * s.W_out + wo, wo);
        }
    }
}

/// Where the reduced rows of one worker wait: `ring(s)` of them, `pitch` values each. A power of two, so that the place
/// of row hi, hi modulo the ring, needs no division.
inline index_t ring(const Pool2dShape& s) {
    index_t slots = 1;
    while (slots < min(s.extent(0), s.H_in)) slots *= 2;
    return slots;
}

/// The same with any planes and windows; S is the stride, or 0 for any, K the kernel's height and width, or 0. `kind`
/// also holds the rows: `keep` one, and get it back as `kept`.
template <int S, int K, class T, class Kind>
void pool_planes_by_rows(const Pool2dShape& shape, Border<T> border, const T* x, index_t first, index_t last,
                         Kind kind) {
    const Pool2dShape s = shape;  // a copy of our own: the compiler knows that no store changes it
    const index_t last_slot = ring(s) - 1, pitch = border.pitch;
    for (index_t plane = first; plane < last; ++plane) {
        index_t next = 0;  // the first image row that is not reduced yet
        for (index_t ho = 0; ho < s.H_out; ++ho) {
            const KernelRange rows = s.rows_inside(ho);
            const index_t top = s.input_row(ho, rows.begin), bottom = s.input_row(ho, rows.end - 1);
            // from the window's first row, though a dilated one may skip it: a later window may not
            for (index_t hi = max(next, s.input_row(ho, 0)); hi <= bottom && rows.size() > 0; ++hi) {
                const index_t corner = plane * s.pixels() + hi * s.W_in - s.padding[1];
                for (index_t wo = 0; wo < s.W_out; wo += lanes<T>)
                    kind.keep(reduce<S, K>(s, border, x, corner + wo * s.stride[1], kind, wo),
                              (hi & last_slot) * pitch + wo);
                next = hi + 1;
            }
            kind.begin_windows(ho);
            for (index_t wo = 0; wo < s.W_out; wo += lanes<T>) {
                auto state = rows.size() > 0 ? kind.in_row(kind.kept((top & last_slot) * pitch + wo), rows.begin)
                                             : kind.nothing();
                for (index_t kh = rows.begin + 1, hi = top + s.dilation[0]; kh < rows.end; ++kh, hi += s.dilation[0])
                    kind.join(state, kind.in_row(kind.kept((hi & last_slot) * pitch + wo), kh));
                kind.finish(state, (plane * s.H_out + ho) * s.W_out + wo, wo);
            }
        }
    }
}

/// Pool the planes by the function above that is for this shape.
template <int S, class T, class Kind>
void pool_planes_at(const Pool2dShape& s, const Border<T>& border, const T* x, index_t first, index_t last,
                    const Kind& kind) {
    if (s.K_h != 3 || s.K_w != 3) return pool_planes_by_rows<S, 0>(s, border, x, first, last, kind);
    if (S > 0 && s.stride[0] == S && s.dilation == Size2{1, 1} && s.pixels() <= small_plane)
        return pool_planes_by_three<S>(s, border, x, first, last, kind);
    pool_planes_by_rows<S, 3>(s, border, x, first, last, kind);
}
template <class T, class Kind>
void pool_planes(const Pool2dShape& s, const Border<T>& border, const T* x, index_t first, index_t last,
                 const Kind& kind) {
    if (s.stride[1] == 1) return pool_planes_at<1>(s, border, x, first, last, kind);
    if (s.stride[1] == 2) return pool_planes_at<2>(s, border, x, first, last, kind);
    if (s.stride[1] == 3) return pool_planes_at<3>(s, border, x, first, last, kind);
    pool_planes_at<0>(s, border, x, first, last, kind);
}

}  // namespace minicnn::TARGET

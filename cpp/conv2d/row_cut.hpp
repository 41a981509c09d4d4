// One row of pixels under a kernel column, zeros where they lie outside of the image.
#pragma once

#include <type_traits>

#include "conv2d/shape.hpp"
#include "targets/strided.hpp"

namespace minicnn::TARGET {

/// Lanes first .. last of v, zeros in the others: the bits are masked, so a NaN outside of them leaves no trace.
template <class T>
Vec<T> keep_lanes(Vec<T> v, index_t first, index_t last) {
    typedef decltype(v < v) Mask;  // the vector of integers of this width
    typedef std::remove_reference_t<decltype(Mask{}[0])> Lane;
    Mask lane;
    for (int i = 0; i < lanes<T>; ++i) lane[i] = Lane(i);
    const Mask inside = (lane >= Lane(first)) & (lane < Lane(last));
    return reinterpret_cast<Vec<T>>(reinterpret_cast<Mask>(v) & inside);
}

/// The pixels that output columns wo .. wo + length meet under kernel column kw.
template <class T>
struct RowCut {
    RowCut(const Conv2dShape& s, index_t wo, index_t length_, index_t kw)
        : wi(s.input_col(wo, kw)), step(s.stride[1]), length(length_) {
        // position i reads column wi + i * step: inside the image for begin <= i < end
        const index_t room = s.W_in - wi;
        begin = wi >= 0 ? 0 : min(length, step == 1 ? -wi : blocks_of(-wi, step));
        end = room <= 0 ? begin : max(begin, min(length, step == 1 ? room : blocks_of(room, step)));
    }
    index_t wi, step, length, begin, end;

    /// Copy them from an image row that begins at `row`; all of x is [x, x_end). Writes whole vectors: up to one of
    /// them past the end, which whatever comes next there overwrites.
    void copy(const T* row, const T* x, const T* x_end, T* to) const {
        constexpr index_t L = lanes<T>;
        const T* const from = row + wi;  // may lie outside of the row, and of x
        const index_t reach = step * round_up(length, L);
        if (step > 2 || from < x || from + reach > x_end) return copy_singly(from, to);
        for (index_t i = 0; i < length; i += L) {
            Vec<T> v = step == 1 ? load(from + i) : load_strided<2>(from + 2 * i);
            if (i < begin || i + L > end) v = keep_lanes<T>(v, begin - i, end - i);
            store(to + i, v);
        }
    }
    void copy_singly(const T* from, T* to) const {
        for (index_t i = 0; i < begin; ++i) to[i] = T(0);
        for (index_t i = begin; i < end; ++i) to[i] = from[i * step];
        for (index_t i = end; i < length; ++i) to[i] = T(0);
    }
    void zeros(T* to) const {
        for (index_t i = 0; i < length; i += lanes<T>) store(to + i, Vec<T>{});
    }
};

}  // namespace minicnn::TARGET

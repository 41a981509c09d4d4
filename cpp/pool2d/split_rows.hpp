// The forward pass's way to vectors of windows: padded rows, split by the stride.
//
// Neighbouring windows are `stride` pixels apart, but a vector load wants neighbours. So each padded row is
// stored as `stride` short rows, called phases: phase r holds the padded columns r, r + stride, r + 2 * stride, ...
//
//     stride 2:   a b c d e f g h   ->   a c e g . | b d f h .
//
// Then the pixels under one kernel cell at neighbouring windows are neighbours, whatever the stride, the
// dilation and the padding, and a window at the border needs no code of its own.
#pragma once

#include "pool2d/strided.hpp"

namespace minicnn::TARGET {

constexpr index_t strip_values = 4096;  // split rows kept at a time: half of a first-level cache
constexpr index_t max_split_cells = 254;

/// How one strip of split rows lies in memory.
struct SplitRows {
    struct Phase {
        index_t begin, end;  // places inside the image; padding on both sides
        index_t column;      // input column at `begin`
    };
    index_t phases;                     // that the kernel reads
    index_t pitch;                      // values in a phase
    index_t row;                        // values in a row
    index_t height;                     // output rows that one strip serves
    index_t offset[max_split_cells];    // from the pixel under cell (0, 0) to the one under cell kh * K_w + kw
    Phase first_phases[3];

    explicit SplitRows(const Pool2dShape& s)
        : phases(min(s.stride[1], s.extent(1))), pitch(s.W_out + (s.extent(1) - 1) / s.stride[1]), row(phases * pitch) {
        const index_t fitting = (strip_values / row - s.extent(0)) / s.stride[0] + 1;
        // strips overlap by the kernel's extent: not lower than that, or most rows would be split twice
        height = min(s.H_out, max(fitting, blocks_of(s.extent(0), s.stride[0])));
        for (index_t k = 0; k < s.K_h * s.K_w; ++k) {
            const index_t column = k % s.K_w * s.dilation[1];
            offset[k] = k / s.K_w * s.dilation[0] * row + column % s.stride[1] * pitch + column / s.stride[1];
        }
        for (index_t r = 0; r < 3; ++r) first_phases[r] = make_phase(s, r);
    }
    /// Padded rows under `count` rows of windows.
    static index_t rows(const Pool2dShape& s, index_t count) { return (count - 1) * s.stride[0] + s.extent(0); }
    /// Values that a strip needs, with room for the vector that reaches past the end.
    index_t size(const Pool2dShape& s) const { return rows(s, height) * row + lanes<float>; }

    Phase phase(const Pool2dShape& s, index_t r) const { return r < 3 ? first_phases[r] : make_phase(s, r); }

private:
    /// Place j of phase r is padded column j * stride + r, input column j * stride + r - padding.
    Phase make_phase(const Pool2dShape& s, index_t r) const {
        const index_t S = s.stride[1], before = s.padding[1] - r, past = before + s.W_in;
        const index_t begin = min(pitch, before > 0 ? (before - 1) / S + 1 : 0);
        const index_t end = max(begin, min(pitch, past > 0 ? (past - 1) / S + 1 : 0));
        return {begin, end, begin * S - before};
    }
};

/// Whether the split rows of this shape are worth having: a kernel of moderate size that fits in the padded image.
inline bool can_split(const Pool2dShape& s) {
    return s.K_h <= max_split_cells && s.K_w <= max_split_cells && s.K_h * s.K_w <= max_split_cells &&
           s.extent(0) <= s.H_in + 2 * s.padding[0] && s.extent(1) <= s.W_in + 2 * s.padding[1];
}

template <class T>
inline void fill(T* to, index_t n, T value) {
    for (index_t i = 0; i < n; ++i) to[i] = value;
}

/// Split one row of the image, or a row of padding if `row` is null.
template <class T>
void split_row(const Pool2dShape& s, const SplitRows& split, const T* row, const T* x_end, T padding, T* to) {
    if (!row) return fill(to, split.row, padding);
    for (index_t r = 0; r < split.phases; ++r, to += split.pitch) {
        const SplitRows::Phase p = split.phase(s, r);
        fill(to, p.begin, padding);
        if (p.begin < p.end) copy_strided(row + p.column, s.stride[1], p.end - p.begin, x_end, to + p.begin);
        fill(to + p.end, split.pitch - p.end, padding);  // also over what the copy wrote past its end
    }
}

/// Split the rows of a plane that output rows ho .. ho + count - 1 look at.
template <class T>
void split_strip(const Pool2dShape& s, const SplitRows& split, const T* plane, const T* x_end, index_t ho,
                 index_t count, T padding, T* to) {
    const index_t top = s.input_row(ho, 0), rows = SplitRows::rows(s, count);
    for (index_t hi = top; hi < top + rows; ++hi, to += split.row) {
        const bool inside = 0 <= hi && hi < s.H_in;
        split_row(s, split, inside ? plane + hi * s.W_in : nullptr, x_end, padding, to);
    }
}

}  // namespace minicnn::TARGET

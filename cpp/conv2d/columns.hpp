// Panels of the im2col matrix, made when they are needed and never kept.
//
// A panel is a strip of neighbouring positions (n, ho, wo) of the whole batch, in memory order of the
// output: panel[k][i] is the pixel under kernel cell k = (c, kh, kw) at position p0 + i. A panel may
// cross from one row, or one image, into the next; each stretch inside one output row is a run.
#pragma once

#include "conv2d/row_cut.hpp"
#include "conv2d/shape.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET {

/// Positions at .. at + length of a panel, which lie in one output row.
struct Run {
    index_t at, length;
    index_t n, ho, wo;  // of its first position
};

/// Cut positions [p0, p0 + count) of the batch into runs; return how many there are (at most `count`).
inline index_t cut_into_runs(const Conv2dShape& s, index_t p0, index_t count, Run* runs) {
    index_t used = 0;
    for (index_t at = 0; at < count;) {
        const index_t row = (p0 + at) / s.W_out, wo = (p0 + at) % s.W_out;
        const index_t length = min(count - at, s.W_out - wo);
        runs[used++] = {at, length, row / s.H_out, row % s.H_out, wo};
        at += length;
    }
    return used;
}

/// Kernel cells [first, last) of a group, in the order (c, kh, kw) of the weight's memory.
struct TapRange {
    index_t first, last;
};

/// panel[k - taps.first][i], `width` values from one k to the next, for the runs of one panel of group `g`.
/// The panel needs room for one vector more than it holds.
template <class T>
void pack_columns(const Conv2dShape& s, const T* x, index_t g, TapRange taps, const Run* runs, index_t run_count,
                  T* panel, index_t width) {
    const index_t plane = s.H_in * s.W_in, C_group = s.C_in / s.groups;
    const T* const x_end = x + s.N * s.C_in * plane;
    index_t kw = taps.first % s.K_w, kh = taps.first / s.K_w % s.K_h, c = taps.first / s.K_w / s.K_h;
    for (index_t k = taps.first; k < taps.last; ++k, panel += width) {
        for (index_t r = 0; r < run_count; ++r) {
            const Run& run = runs[r];
            const index_t hi = s.input_row(run.ho, kh);
            const RowCut<T> cut(s, run.wo, run.length, kw);
            if (hi < 0 || hi >= s.H_in)
                cut.zeros(panel + run.at);
            else
                cut.copy(x + ((run.n * s.C_in + g * C_group + c) * s.H_in + hi) * s.W_in, x, x_end, panel + run.at);
        }
        if (++kw < s.K_w) continue;
        kw = 0;
        if (++kh < s.K_h) continue;
        kh = 0;
        ++c;
    }
}

}  // namespace minicnn::TARGET

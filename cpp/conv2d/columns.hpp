// Panels of the im2col matrix, made when they are needed and never kept.
//
// A panel is a strip of neighbouring positions (n, ho, wo) of the whole batch, in memory order of the
// output: panel[k][i] is the pixel under kernel cell k = (c, kh, kw) at position p0 + i. A panel may
// cross from one row, or one image, into the next; each stretch inside one output row is a run.
#pragma once

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

/// Copy one run's pixels under kernel cell (kh, kw): zeros where the window leaves the image.
/// Writes up to a vector past the run's end, which the next run overwrites.
template <class T>
void copy_run(const Conv2dShape& s, const Run& run, const T* plane, const T* x_end, index_t kh, index_t kw, T* to) {
    const index_t hi = s.input_row(run.ho, kh), wi = s.input_col(run.wo, kw), step = s.stride[1];
    if (hi < 0 || hi >= s.H_in) return fill_zero(to, run.length);
    // position i reads column wi + i * step: inside the image for begin <= i < end
    const index_t begin = min(run.length, wi >= 0 ? 0 : blocks_of(-wi, step));
    const index_t end = max(begin, min(run.length, wi >= s.W_in ? 0 : blocks_of(s.W_in - wi, step)));
    const T* row = plane + hi * s.W_in + wi;
    for (index_t i = 0; i < begin; ++i) to[i] = T(0);
    if (step == 1) {
        index_t i = begin;
        for (; i < end && row + i + lanes<T> <= x_end; i += lanes<T>) store(to + i, load(row + i));
        for (; i < end; ++i) to[i] = row[i];
    } else {
        for (index_t i = begin; i < end; ++i) to[i] = row[i * step];
    }
    for (index_t i = end; i < run.length; ++i) to[i] = T(0);
}

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
            const T* from = x + (runs[r].n * s.C_in + g * C_group + c) * plane;
            copy_run(s, runs[r], from, x_end, kh, kw, panel + runs[r].at);
        }
        if (++kw < s.K_w) continue;
        kw = 0;
        if (++kh < s.K_h) continue;
        kh = 0;
        ++c;
    }
}

}  // namespace minicnn::TARGET

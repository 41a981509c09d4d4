// Strips: the column matrix of im2col with most of its copies left out.
//
// A strip holds the part of one image that some rows of the output need: for each channel c and kernel column
// kw, the input rows cut to the pixels under kw at each output column:
//
//     strip[c][kw][phase][u][wo] = x[c, (first + u) * stride + phase - padding, input_col(wo, kw)]
//
// The pixels under kernel row kh = (shift, phase), where kh * dilation = shift * stride + phase, are then the
// same rows `shift` further down: one run of memory for all the strip's positions, at a fixed offset from the
// positions themselves. So K_w copies of the input serve all K_h * K_w kernel cells, for any stride and
// dilation, and no width of the image wastes a lane.
#pragma once

#include "conv2d/row_cut.hpp"
#include "conv2d/shape.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET {

struct StripPlan {
    /// Strips of about `positions` output positions, of whole rows.
    StripPlan(const Conv2dShape& shape, index_t positions)
        : s(shape), C(s.C_in / s.groups), rows(blocks_of(s.H_out, blocks_of(s.H_out, max<index_t>(1, positions / s.W_out)))),
          phases(min(s.stride[0], s.dilation[0] * (s.K_h - 1) + 1)),
          phase_size((rows + s.dilation[0] * (s.K_h - 1) / s.stride[0]) * s.W_out),
          plane(phases * phase_size) {}

    const Conv2dShape& s;
    const index_t C;           // input channels of a group
    const index_t rows;        // output rows of a full strip
    const index_t phases;      // input rows by their number modulo the stride
    const index_t phase_size;  // values of one phase
    const index_t plane;       // values for one channel and kernel column

    index_t strips() const { return blocks_of(s.H_out, rows); }
    index_t rows_of(index_t strip) const { return min(rows, s.H_out - strip * rows); }
    /// A vector more than the values: the last row may be written a little further than it goes.
    template <class T>
    index_t size() const {
        return C * s.K_w * plane + lanes<T>;
    }
    /// offset[k]: from a position to the pixel under kernel cell k = (c, kh, kw) there.
    void fill_offsets(index_t* offset) const {
        for (index_t c = 0; c < C; ++c)
        for (index_t kh = 0; kh < s.K_h; ++kh)
        for (index_t kw = 0; kw < s.K_w; ++kw) {
            const index_t down = kh * s.dilation[0], shift = down / s.stride[0], phase = down % s.stride[0];
            *offset++ = (c * s.K_w + kw) * plane + phase * phase_size + shift * s.W_out;
        }
    }
};

/// Fill strip number `strip` of group g of image n.
template <class T>
void pack_strip(const StripPlan& plan, const T* x, index_t n, index_t g, index_t strip, T* to) {
    const Conv2dShape& s = plan.s;
    const index_t plane = s.H_in * s.W_in, first = strip * plan.rows;
    const T* const from = x + (n * s.C_in + g * plan.C) * plane;
    const T* const x_end = x + s.N * s.C_in * plane;
    const index_t rows = plan.phase_size / s.W_out - plan.rows + plan.rows_of(strip);
    for (index_t c = 0; c < plan.C; ++c)
    for (index_t kw = 0; kw < s.K_w; ++kw) {
        const RowCut<T> cut(s, 0, s.W_out, kw);
        for (index_t phase = 0; phase < plan.phases; ++phase) {
            T* row = to + (c * s.K_w + kw) * plan.plane + phase * plan.phase_size;
            for (index_t u = 0; u < rows; ++u, row += s.W_out) {
                const index_t hi = (first + u) * s.stride[0] + phase - s.padding[0];
                if (hi < 0 || hi >= s.H_in)
                    cut.zeros(row);
                else
                    cut.copy(from + c * plane + hi * s.W_in, x, x_end, row);
            }
        }
    }
}

}  // namespace minicnn::TARGET

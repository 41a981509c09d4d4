// Crops and flips of many small images, and their bytes made into numbers: one pass from the dataset to the batch.
//
// A byte has 256 values, so whatever is done to a pixel alone (scaling, normalisation) is a table of 256 numbers for
// each channel, which the caller makes by the same operations as for single images: the results have the same bits.
// What is left is one load from the table for each value; there is nothing in it for vectors to do, so this is compiled
// once and not for each instruction set.
#pragma once

#include <algorithm>
#include <cstdint>

#include "parallel.hpp"
#include "types.hpp"

namespace minicnn::augment {

/// Which input row (or column) an output row shows: `start + step * i`, outside of the image if it is not in it.
struct Line {
    std::int64_t start, step;  // step is 1, or -1 where the image is flipped
};

struct Shape {
    index_t N, C, H_in, W_in, H_out, W_out;
    index_t image_stride, row_stride, column_stride, channel_stride;  // bytes, any sign
};

constexpr index_t images_per_task = 8;

/// One output row of one channel; `row` is the input row that it shows.
inline void forward_row(const Shape& s, const std::uint8_t* row, Line columns, const float* table, float outside,
                        float* y) {
    for (index_t wo = 0; wo < s.W_out; ++wo) {
        const index_t wi = columns.start + columns.step * wo;
        y[wo] = 0 <= wi && wi < s.W_in ? table[row[wi * s.column_stride]] : outside;
    }
}

/// y[n, c, ho, wo] = table[c, x[indices[n], hi, wi, c]], or table[c, fill] where (hi, wi) is outside of the image.
inline void forward(const Shape& s, const std::uint8_t* x, const std::int64_t* indices, const Line* rows,
                    const Line* columns, const float* tables, std::uint8_t fill, float* y) {
    parallel_for((s.N + images_per_task - 1) / images_per_task, num_threads(), [&](index_t task, int) {
        const index_t last = std::min(s.N, (task + 1) * images_per_task);
        for (index_t n = task * images_per_task; n < last; ++n)
        for (index_t c = 0; c < s.C; ++c)
        for (index_t ho = 0; ho < s.H_out; ++ho) {
            const index_t hi = rows[n].start + rows[n].step * ho;
            const float* const table = tables + 256 * c;
            float* const out = y + ((n * s.C + c) * s.H_out + ho) * s.W_out;
            if (hi < 0 || hi >= s.H_in)
                std::fill(out, out + s.W_out, table[fill]);
            else
                forward_row(s, x + indices[n] * s.image_stride + hi * s.row_stride + c * s.channel_stride, columns[n],
                            table, table[fill], out);
        }
    });
}

}  // namespace minicnn::augment

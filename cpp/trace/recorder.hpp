// A watch that keeps what it sees. A register cannot be read while it is summed into; but a tile sums its terms in
// ascending order, so the kernel's own tile, run again on the same packed operands and stopped after k terms, leaves
// what the register held then: same instructions, same bits.
#pragma once

#include <time.h>

#include "gemm/microkernel.hpp"
#include "gemm/watch.hpp"
#include "trace/trace.hpp"

namespace minicnn::TARGET {

template <class T>
struct Recorder {
    ProductTrace<T>* trace;
    bool waits = false;  // after each tile, until a thread that slept has come for its share of the tasks, as it would
                         // have in a layer of real size: what can be traced is over in a few microseconds

    void operator()(const WatchedTile<T>& t) const {
        const index_t order = __atomic_fetch_add(&trace->count, index_t(1), __ATOMIC_RELAXED);
        trace->tiles[order] = {t.task, t.worker, t.row, t.rows, t.column, t.columns, t.K};
        for (index_t k = 0; k < t.K; ++k) {
            run(t, k, k + 1, trace->products);
            run(t, 0, k + 1, trace->sums);
        }
        const timespec moment{0, 200 * 1000};  // in ns
        if (waits) nanosleep(&moment, nullptr);
    }

    /// Keep at term `last - 1` what the tile makes of the terms first .. last.
    void run(const WatchedTile<T>& t, index_t first, index_t last, T* to) const {
        T tile[max_rows * panel_width<T>];
        tile_columns(t.rows, t.columns, last - first, t.a + first * t.rows, t.b + first * t.b_stride, t.b_stride, tile,
                     panel_width<T>, TileEnd<T>{});
        for (index_t i = 0; i < t.rows; ++i)
        for (index_t j = 0; j < t.columns; ++j)
            to[((t.row + i) * trace->N + t.column + j) * trace->K + t.k + last - 1] = tile[i * panel_width<T> + j];
    }
};

}  // namespace minicnn::TARGET

// Step 3 of the ladder, gradient of the weights: gW (C_out, taps) = gY (C_out, positions) X^T (positions, taps).
//
// Here the long dimension, the positions of the whole batch, is summed over. The images are cut into chunks
// whose number follows from the shape; each chunk has a gW of its own, and these are added in order at the
// end. Tasks are (chunk, group of channels, panel of kernel cells), so large weights keep all threads busy too.
#pragma once

#include "conv2d/step3_tiled.hpp"

namespace minicnn::TARGET::tiled {

constexpr index_t strip_positions = 256;  // positions packed at a time
constexpr index_t task_panels = 4;        // panels of kernel cells in one task: gY is packed once for them

/// Add in order: sum[i] = parts[0][i] + parts[1][i] + ...
template <class T>
void add_parts(const T* parts, index_t count, index_t size, T* sum) {
    constexpr index_t block = 4096;
    parallel_for(blocks_of(size, block), num_threads(), [&](index_t task, int) {
        for (index_t i = task * block; i < min(size, (task + 1) * block); ++i) {
            T total = parts[i];
            for (index_t p = 1; p < count; ++p) total += parts[p * size + i];
            sum[i] = total;
        }
    });
}

template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    constexpr index_t NR = panel_width<T>;
    const index_t C_out = s.C_out / s.groups, taps = s.taps(), positions = s.positions(), size = s.C_out * taps;
    if (s.N == 0) return fill_zero(grad_w, size);
    const int workers = num_threads();
    const index_t chunks = max<index_t>(1, min(min(s.N, max_image_chunks), partial_limit / size));
    const index_t panels = blocks_of(taps, NR), tap_tasks = blocks_of(panels, task_panels), MR = tile_rows(C_out);
    const index_t strip = min(positions, strip_positions), room = (strip + lanes<T>) * NR;
    const Workspace<T> parts(chunks * size);
    const PerWorker<T> rows(workers, C_out * strip), cells(workers, room), turned(workers, room);

    parallel_for(chunks * s.groups * tap_tasks, workers, [&](index_t task, int worker) {
        const index_t chunk = task / (s.groups * tap_tasks), g = task / tap_tasks % s.groups;
        const index_t k_first = task % tap_tasks * task_panels * NR, k_last = min(taps, k_first + task_panels * NR);
        T* const gw = parts.data() + chunk * size + g * C_out * taps;
        T* const gy_rows = rows[worker];
        T* const panel = cells[worker];
        T* const panel_t = turned[worker];
        const index_t n_first = s.N * chunk / chunks, n_last = s.N * (chunk + 1) / chunks;
        PacedPoll poll;
        for (index_t n = n_first; n < n_last; ++n)
        for (index_t p0 = 0; p0 < positions; p0 += strip) {
            const index_t P = min(strip, positions - p0);
            poll.after(P * C_out * (k_last - k_first));
            Run runs[strip_positions];
            const index_t run_count = cut_into_runs(s, n * positions + p0, P, runs);
            pack_rows(grad_y + (n * s.groups + g) * C_out * positions + p0, positions, 1, C_out, P, gy_rows);
            for (index_t k = k_first; k < k_last; k += NR) {
                const index_t K = min(NR, k_last - k);
                pack_columns(s, x, g, {k, k + K}, runs, run_count, panel, strip + lanes<T>);
                pack(panel, strip + lanes<T>, 1, K, P, panel_t, NR);  // (taps, positions) -> (positions, taps)
                const TileEnd<T> end{nullptr, n > n_first || p0 > 0, false};
                for (index_t m = 0; m < C_out; m += MR)
                    tile_columns(min(MR, C_out - m), K, P, gy_rows + m * P, panel_t, NR, gw + m * taps + k, taps, end);
            }
        }
    });
    add_parts(parts.data(), chunks, size, grad_w);
}

}  // namespace minicnn::TARGET::tiled

// Step 3 of the GEMM ladder: C in registers, A and B packed for it, all cores.
//
// What changed since step 2: the innermost loop is the register tile of microkernel.hpp, so C is touched
// once for each chunk of k and not for each k. For that, A is packed in strips of MR rows and B in panels
// of NR columns. A chunk of k is chosen so that a panel of B and a strip of A stay in the caches.
//
//     for each chunk of k (at most 384):                        B's chunk is packed by all threads
//         for each block of A's rows and group of B's panels:   one task: packs its block of A
//             for each panel, for each strip of rows:           one tile
//
// Cost: 2 M N K flops at nearly the rate of the multiply-add units; packing copies A and B once or twice.
// Threads share tiles of C and never a sum: each element is summed chunk by chunk in ascending k.
#pragma once

#include "buffers.hpp"
#include "gemm/microkernel.hpp"
#include "gemm/pack.hpp"
#include "gemm/shape.hpp"
#include "gemm/watch.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET {

constexpr index_t max_chunk = 384;      // values of k summed in registers before C is touched
constexpr index_t max_block = 144;      // rows of A packed at a time: 144 x 384 floats are 216 KB, half of an L2
constexpr index_t max_columns = 4096;   // columns of B packed at a time: 4096 x 384 floats are 6 MB

/// C = op(A) op(B), and `watch(tile)` after each tile.
template <class T, class Watch>
void watched_gemm_packed(const GemmShape& s, const T* A, const T* B, T* C, const Watch& watch) {
    constexpr index_t NR = panel_width<T>;
    if (s.M == 0 || s.N == 0) return;
    if (s.K == 0) {
        if (!s.accumulate) fill_zero(C, s.M * s.N);
        return;
    }
    const int workers = num_threads();
    const index_t chunk = blocks_of(s.K, blocks_of(s.K, max_chunk));
    const index_t MR = tile_rows(s.M);
    const index_t block = round_up(blocks_of(s.M, blocks_of(s.M, max_block)), MR), blocks = blocks_of(s.M, block);
    const index_t columns = min(round_up(s.N, NR), max_columns / NR * NR);
    const Workspace<T> packed_b(columns * chunk);
    const PerWorker<T> packed_a(workers, block * chunk);

    for (index_t n0 = 0; n0 < s.N; n0 += columns)
    for (index_t k0 = 0; k0 < s.K; k0 += chunk) {
        const index_t N = min(columns, s.N - n0), K = min(chunk, s.K - k0), panels = blocks_of(N, NR);
        // enough tasks for an even share, few enough that A is not packed often; how many changes no sum
        const index_t tasks_wanted = workers == 1 ? 1 : 4 * workers;
        const index_t group = blocks_of(panels, blocks_of(tasks_wanted, blocks)), groups = blocks_of(panels, group);
        const TileEnd<T> end{nullptr, s.accumulate || k0 > 0, false};

        parallel_for(panels, workers, [&](index_t p, int) {
            const T* b = B + k0 * s.b_row() + (n0 + p * NR) * s.b_col();
            pack(b, s.b_col(), s.b_row(), min(NR, N - p * NR), K, packed_b.data() + p * NR * chunk, NR);
        });
        parallel_for(blocks * groups, workers, [&](index_t task, int worker) {
            const index_t m0 = task / groups * block, M = min(block, s.M - m0);
            T* const a = packed_a[worker];
            for (index_t m = 0; m < M; m += MR) {
                const index_t rows = min(MR, M - m);
                pack(A + (m0 + m) * s.a_row() + k0 * s.a_col(), s.a_row(), s.a_col(), rows, K, a + m * chunk, rows);
            }
            const index_t p0 = task % groups * group;
            PacedPoll poll;  // one thread has a single task for all panels
            for (index_t p = p0; p < min(p0 + group, panels); ++p)
            for (index_t m = 0; m < M; m += MR) {
                const WatchedTile<T> t{task, worker, m0 + m, min(MR, M - m), n0 + p * NR, min(NR, N - p * NR), k0, K,
                                       a + m * chunk, packed_b.data() + p * NR * chunk, NR};
                tile_columns(t.rows, t.columns, K, t.a, t.b, NR, C + t.row * s.N + t.column, s.N, end);
                watch(t);
                poll.after(MR * K * NR);
            }
        });
    }
}

template <class T>
void gemm_packed(const GemmShape& s, const T* A, const T* B, T* C) {
    watched_gemm_packed(s, A, B, C, Unwatched{});
}

}  // namespace minicnn::TARGET

// Step 4 of the GEMM ladder: few rows, as in a Linear layer, where packing the large matrix is not worth it.
//
// What changed since step 3: with M rows, an element of B is used M times, and packing it costs as much as some
// ten of those uses. So B, the weights, is read where it lies:
//
//     C = op(A) B       a tile's lines are rows of B itself; A's strips are columns or rows of A itself
//     C = op(A) B^T     the product is turned: C^T = B op(A)^T, so that rows of B are the tile's rows, and
//                       only the small op(A)^T is packed; C^T is turned back at the end
//
// Cost: the same flops, and one trip of B through the cache for each 8 rows.
// Threads share columns of C (rows of C^T); every element is one sum, chunk by chunk in ascending k.
#pragma once

#include "gemm/step3_packed.hpp"

namespace minicnn::TARGET {

/// C = op(A) B: tasks are panels of columns.
template <class T>
void skinny_columns(const GemmShape& s, const T* A, const T* B, T* C) {
    constexpr index_t NR = panel_width<T>;
    const int workers = num_threads();
    const index_t chunk = blocks_of(s.K, blocks_of(s.K, max_chunk)), MR = tile_rows(s.M);
    const PerWorker<T> copies(workers, NR * chunk);  // of a last panel, which may not be read past its end
    parallel_for(blocks_of(s.N, NR), workers, [&](index_t panel, int worker) {
        const index_t n = panel * NR, columns = min(NR, s.N - n);
        for (index_t k = 0; k < s.K; k += chunk) {
            const index_t K = min(chunk, s.K - k);
            const TileEnd<T> end{nullptr, k > 0, false};
            Lines<T> lines{B + k * s.N + n, s.N};
            if (columns % lanes<T> != 0) {
                T* const copy = copies[worker];
                pack(lines.data, 1, s.N, columns, K, copy, NR);
                lines = {copy, NR};
            }
            for (index_t m = 0; m < s.M; m += MR) {
                const index_t rows = min(MR, s.M - m);
                const T* const a = A + m * s.a_row() + k * s.a_col();
                T* const c = C + m * s.N + n;
                if (s.transpose_a)
                    whole_tile<T, Columns<T>>(rows, columns, K, {a, s.M}, lines, c, s.N, end);
                else
                    whole_tile<T, Rows<T>>(rows, columns, K, {a, s.K}, lines, c, s.N, end);
            }
        }
    });
}

/// to[k * to_stride + i] = from[i * from_stride + k] for i < n, k < K; from has whole vectors of k.
template <class T>
void turn_back(const T* from, index_t from_stride, index_t n, index_t K, T* to, index_t to_stride) {
    constexpr index_t L = lanes<T>;
    for (index_t k = 0; k < K; k += L)
    for (index_t i = 0; i < n; i += L) {
        const index_t lines = min(L, K - k), values = min(L, n - i);
        Vec<T> square[L];
        for (index_t r = 0; r < L; ++r) square[r] = r < values ? load(from + (i + r) * from_stride + k) : Vec<T>{};
        transpose<T>(square);
        for (index_t r = 0; r < lines; ++r) {
            T* const line = to + (k + r) * to_stride + i;
            if (values == L)
                store(line, square[r]);
            else
                for (index_t j = 0; j < values; ++j) line[j] = square[r][j];
        }
    }
}

/// C^T = B op(A)^T, with B stored (N, K): tasks are strips of rows of B.
template <class T>
void skinny_turned(const GemmShape& s, const T* A, const T* B, T* C) {
    constexpr index_t NR = panel_width<T>, strip = 4 * max_rows;
    const int workers = num_threads();
    const index_t chunk = blocks_of(s.K, blocks_of(s.K, max_chunk)), chunks = blocks_of(s.K, chunk);
    const index_t panels = blocks_of(s.M, NR), width = round_up(s.M, lanes<T>);
    const Workspace<T> packed(panels * NR * s.K), turned(s.N * width);
    parallel_for(panels * chunks, workers, [&](index_t task, int) {
        const index_t m = task / chunks * NR, k = task % chunks * chunk, K = min(chunk, s.K - k);
        pack(A + m * s.a_row() + k * s.a_col(), s.a_row(), s.a_col(), min(NR, s.M - m), K,
             packed.data() + m * s.K + k * NR, NR);
    });
    parallel_for(blocks_of(s.N, strip), workers, [&](index_t task, int) {
        const index_t first = task * strip, last = min(s.N, first + strip);
        for (index_t k = 0; k < s.K; k += chunk)
        for (index_t m = 0; m < s.M; m += NR)
        for (index_t n = first; n < last; n += max_rows)
            tile_of<T, Rows<T>>(min<index_t>(max_rows, last - n), min<index_t>(max_vecs, (width - m) / lanes<T>))(
                min(chunk, s.K - k), {B + n * s.K + k, s.K}, {packed.data() + m * s.K + k * NR, NR},
                turned.data() + n * width + m, width, TileEnd<T>{nullptr, k > 0, false});
        turn_back(turned.data() + first * width, width, last - first, s.M, C + first, s.N);
    });
}

template <class T>
void gemm_skinny(const GemmShape& s, const T* A, const T* B, T* C) {
    if (s.M == 0 || s.N == 0 || s.K == 0 || s.accumulate) return gemm_packed(s, A, B, C);
    if (s.transpose_b) return skinny_turned(s, A, B, C);
    skinny_columns(s, A, B, C);
}

}  // namespace minicnn::TARGET

// The innermost loop of the library: an MR x NR tile of C held in vector registers.
//
//     C (MR x NR) = A (MR x K) * B (K x NR)
//
// B lies in rows of NR values, A in columns of MR values (packed for that, or as it lies in memory), so
// each turn of the loop loads NR values of B and multiplies them by each of MR values of A: MR * NR
// multiply-adds for MR + NR loads. With 8 x 48 floats, 24 of the 32 registers of AVX-512 hold C.
//
// Every element is one sum over k in ascending order, whatever the size of the tile: so a tile at the
// border of C, which has fewer rows or columns, gives the bits that a whole one would.
//
// Source: Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008;
// Van Zee & van de Geijn, "BLIS", ACM TOMS 41(3), 2015.
#pragma once

#include <type_traits>

#include "targets/simd.hpp"

namespace minicnn::TARGET {

constexpr int max_rows = VECTOR_REGISTERS == 32 ? 8 : 6;  // MR
constexpr int max_vecs = VECTOR_REGISTERS == 32 ? 3 : 2;  // NR in vectors: MR * NV + NV + 1 registers are in use
template <class T>
constexpr int panel_width = max_vecs * lanes<T>;  // NR

/// What happens to a tile between its sum and its store, in this order.
template <class T>
struct TileEnd {
    const T* bias = nullptr;      // one value for each row of the tile, added
    bool accumulate = false;      // C += instead of C = (before the bias)
    bool relu = false;            // negative values become 0 (a NaN stays), last of all
    const T* mean = nullptr;      // v = (v - mean) * scale + shift, one value of each for each row; null for none
    const T* scale = nullptr;
    const T* shift = nullptr;
    const T* residual = nullptr;  // added: C[i, j] at `c` takes residual[c - origin]; null for none
    const T* origin = nullptr;
};

/// The end of a tile that is only stored: nothing to ask about at each vector, and nothing worth prefetching.
template <class T>
struct StoreOnly {};

/// Where a tile finds its operands. A[i, k] stands at a(k)[a.row(i)]; the columns of A lie at equal distances (packed
/// strips have those of MR values), ...
template <class T>
struct Columns {
    const T* data;
    index_t stride;
    const T* operator()(index_t k) const { return data + k * stride; }
    index_t row(index_t i) const { return i; }
};
/// ... or its rows do ...
template <class T>
struct Rows {
    const T* data;
    index_t stride;
    const T* operator()(index_t k) const { return data + k; }
    index_t row(index_t i) const { return i * stride; }
};
/// ... or each of its values stands anywhere: at data[offset[k] + place[i]].
template <class T>
struct Scattered {
    const T* data;
    const index_t *offset, *place;
    const T* operator()(index_t k) const { return data + offset[k]; }
    index_t row(index_t i) const { return place[i]; }
};
/// Rows of B at equal distances: B[k, j] stands at data[k * stride + j].
template <class T>
struct Lines {
    const T* data;
    index_t stride;
    const T* operator()(index_t k) const { return data + k * stride; }
};
/// Rows of B anywhere: B[k, j] stands at data[offset[k] + j].
template <class T>
struct ScatteredLines {
    const T* data;
    const index_t* offset;
    const T* operator()(index_t k) const { return data + offset[k]; }
};

/// What `end` asks for, row by row; from copies of its members, which no store to C can change.
template <class T, int MR, int NV>
inline void finish(Vec<T> (&sum)[MR][NV], const T* c, index_t c_stride, const TileEnd<T>& end) {
    const T *const bias = end.bias, *const mean = end.mean, *const scale = end.scale, *const shift = end.shift;
    const T* const residual = end.residual ? end.residual + (c - end.origin) : nullptr;
    const bool accumulate = end.accumulate, relu = end.relu;
    MINICNN_UNROLL
    for (int i = 0; i < MR; ++i) {
        if (accumulate)
            MINICNN_UNROLL
            for (int j = 0; j < NV; ++j) sum[i][j] += load(c + i * c_stride + j * lanes<T>);
        if (bias)
            MINICNN_UNROLL
            for (int j = 0; j < NV; ++j) sum[i][j] += splat(bias[i]);
        if (mean)
            MINICNN_UNROLL
            for (int j = 0; j < NV; ++j) sum[i][j] = (sum[i][j] - splat(mean[i])) * splat(scale[i]) + splat(shift[i]);
        if (residual)
            MINICNN_UNROLL
            for (int j = 0; j < NV; ++j) sum[i][j] += load(residual + i * c_stride + j * lanes<T>);
        if (relu)
            MINICNN_UNROLL
            for (int j = 0; j < NV; ++j) sum[i][j] = sum[i][j] < Vec<T>{} ? Vec<T>{} : sum[i][j];
    }
}

/// C[i, j] stands at c[i * c_stride + j].
template <class T, int MR, int NV, class A, class B, class End>
void tile(index_t K, const A& a, const B& b, T* c, index_t c_stride, const End& end) {
    constexpr bool plain = std::is_same_v<End, StoreOnly<T>>;
    constexpr int L = lanes<T>;
    const A columns = a;  // copies, so that their members can stay in registers
    const B lines = b;
    Vec<T> sum[MR][NV];  // every loop over it is unrolled: an index at run time would put it in memory
    MINICNN_UNROLL
    for (int i = 0; i < MR; ++i)
    MINICNN_UNROLL
    for (int j = 0; j < NV; ++j) {
        sum[i][j] = Vec<T>{};
        if constexpr (!plain) __builtin_prefetch(c + i * c_stride + j * L, 1);  // C will have come after the sums
    }
    for (index_t k = 0; k < K; ++k) {
        const T *const column = columns(k), *const from = lines(k);
        Vec<T> line[NV];
        MINICNN_UNROLL
        for (int j = 0; j < NV; ++j) line[j] = load(from + j * L);
        MINICNN_UNROLL
        for (int i = 0; i < MR; ++i) {
            const Vec<T> value = splat(column[columns.row(i)]);
            MINICNN_UNROLL
            for (int j = 0; j < NV; ++j) sum[i][j] += value * line[j];
        }
    }
    if constexpr (!plain) finish<T, MR, NV>(sum, c, c_stride, end);
    MINICNN_UNROLL
    for (int i = 0; i < MR; ++i)
        MINICNN_UNROLL
        for (int j = 0; j < NV; ++j) store(c + i * c_stride + j * L, sum[i][j]);
    (void)end;
}

template <class T, class A, class B, class End>
using Tile = void (*)(index_t K, const A& a, const B& b, T* c, index_t c_stride, const End&);

template <class T, class A, class B, class End, int... MR>
inline Tile<T, A, B, End> tile_of(int rows, int vecs, std::integer_sequence<int, MR...>) {
    static constexpr Tile<T, A, B, End> by_size[max_vecs][max_rows] = {
        {tile<T, MR + 1, 1, A, B, End>...},
        {tile<T, MR + 1, 2, A, B, End>...},
#if VECTOR_REGISTERS == 32
        {tile<T, MR + 1, 3, A, B, End>...},
#endif
    };
    return by_size[vecs - 1][rows - 1];
}
/// The tile of this many rows (1..max_rows) and vectors (1..max_vecs).
template <class T, class A = Columns<T>, class B = Lines<T>, class End = TileEnd<T>>
inline Tile<T, A, B, End> tile_of(index_t rows, index_t vecs) {
    return tile_of<T, A, B, End>(int(rows), int(vecs), std::make_integer_sequence<int, max_rows>{});
}

/// Cut M rows into tiles as even as possible: 10 rows are 5 + 5, not 8 + 2.
constexpr index_t tile_rows(index_t M) { return M == 0 ? 1 : blocks_of(M, blocks_of(M, max_rows)); }

/// The end of a tile at c that is computed in a buffer of rows of `width` values; `room` takes its part of the residual.
template <class T>
TileEnd<T> buffered(TileEnd<T> end, index_t rows, index_t columns, const T* c, index_t c_stride, const T* buffer,
                    index_t width, T* room) {
    if (!end.residual) return end;
    for (index_t i = 0; i < rows; ++i)
        copy(end.residual + (c - end.origin) + i * c_stride, columns, room + i * width);
    end.residual = room, end.origin = buffer;
    return end;
}

/// One tile of which `columns` (at most panel_width) are wanted: a last, partial vector goes through a buffer.
template <class T, class A>
void whole_tile(index_t rows, index_t columns, index_t K, const A& a, const Lines<T>& b, T* c, index_t c_stride,
                const TileEnd<T>& end) {
    const index_t vecs = blocks_of(columns, lanes<T>);
    const auto f = tile_of<T, A>(rows, vecs);
    if (columns == vecs * lanes<T>) return f(K, a, b, c, c_stride, end);
    constexpr index_t NR = panel_width<T>;
    alignas(64) T whole[max_rows * NR], residual[max_rows * NR];
    if (end.accumulate)
        for (index_t i = 0; i < rows; ++i) copy(c + i * c_stride, columns, whole + i * NR);
    f(K, a, b, whole, NR, buffered(end, rows, columns, c, c_stride, whole, NR, residual));
    for (index_t i = 0; i < rows; ++i) copy(whole + i * NR, columns, c + i * c_stride);
}

/// The same with packed A.
template <class T>
void tile_columns(index_t rows, index_t columns, index_t K, const T* a, const T* b, index_t b_stride, T* c,
                  index_t c_stride, const TileEnd<T>& end) {
    whole_tile<T, Columns<T>>(rows, columns, K, {a, rows}, {b, b_stride}, c, c_stride, end);
}

}  // namespace minicnn::TARGET

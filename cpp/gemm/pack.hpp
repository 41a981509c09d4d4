// Packing: copy a strip of a matrix into the order in which the micro-kernel reads it.
//
//     to[k][i] = from[i * i_stride + k * k_stride]      0 <= i < n,  0 <= k < K
//
// with `width` >= n values from one k to the next and zeros between n and the next whole vector.
// The copy costs one load and one store for each element that is then used M or N times.
#pragma once

#include "targets/simd.hpp"

namespace minicnn::TARGET {

/// `from` is contiguous along k: turn squares of lanes x lanes values in registers.
template <class T>
void pack_transposed(const T* from, index_t i_stride, index_t n, index_t K, T* to, index_t width) {
    constexpr index_t L = lanes<T>;
    index_t k = 0;
    for (; k + L <= K; k += L)
    for (index_t i = (n - 1) / L * L; i >= 0; i -= L) {  // the last columns first, since they write into the next line
        Vec<T> square[L];
        MINICNN_UNROLL
        for (int r = 0; r < L; ++r) square[r] = i + r < n ? load(from + (i + r) * i_stride + k) : Vec<T>{};
        transpose<T>(square);
        for (int r = 0; r < L; ++r) {
            // a whole vector, even where the line is shorter: the next lines overwrite the rest; the last has none
            T* const line = to + (k + r) * width + i;
            if (line + L <= to + K * width)
                store(line, square[r]);
            else
                for (index_t j = 0; j < width - i; ++j) line[j] = square[r][j];
        }
    }
    for (; k < K; ++k) {
        for (index_t i = 0; i < n; ++i) to[k * width + i] = from[i * i_stride + k];
        for (index_t i = n; i < width; ++i) to[k * width + i] = T(0);
    }
}

template <class T>
void pack(const T* from, index_t i_stride, index_t k_stride, index_t n, index_t K, T* to, index_t width) {
    if (k_stride == 1 && K >= lanes<T>) return pack_transposed(from, i_stride, n, K, to, width);
    if (i_stride == 1 && n == width && width % lanes<T> == 0) {  // a whole panel: rows of whole vectors
        for (index_t k = 0; k < K; ++k, to += width)
            for (index_t i = 0; i < width; i += lanes<T>) store(to + i, load(from + k * k_stride + i));
        return;
    }
    for (index_t k = 0; k < K; ++k, to += width) {
        const T* f = from + k * k_stride;
        if (i_stride == 1)
            copy(f, n, to);
        else
            for (index_t i = 0; i < n; ++i) to[i] = f[i * i_stride];
        for (index_t i = n; i < width; ++i) to[i] = T(0);
    }
}

}  // namespace minicnn::TARGET

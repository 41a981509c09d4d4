// Step 2 of the GEMM ladder: the same loops over blocks that fit the cache, and in a better order.
//
// What changed since step 1: a block of B (64 x 256 values, 64 KB in float32) is used for every row of A
// before the next block is touched, so it is read from memory once and not M times; and the innermost loop
// runs along rows of B and C, which are contiguous, so the compiler can use vector instructions.
// Cost: the same flops; C is read and written K / 64 times. Next: step3_packed.hpp keeps C in registers.
//
// Source: Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
// ACM Transactions on Mathematical Software 34(3), 2008, section 4.
#pragma once

#include <algorithm>

#include "gemm/shape.hpp"
#include "interrupt.hpp"

namespace minicnn::gemm_blocked {

inline constexpr index_t block_n = 256, block_k = 64;

template <class T>
void gemm(const GemmShape& s, const T* A, const T* B, T* C) {
    if (!s.accumulate) std::fill_n(C, s.M * s.N, T(0));
    for (index_t n0 = 0; n0 < s.N; n0 += block_n)
    for (index_t k0 = 0; k0 < s.K; k0 += block_k)
    for (index_t m = 0; m < s.M; ++m) {
        if (m % 64 == 0) poll_interrupt();
        for (index_t k = k0; k < std::min(k0 + block_k, s.K); ++k) {
            const T a = A[m * s.a_row() + k * s.a_col()];
            const T* b = B + k * s.b_row();
            T* c = C + m * s.N;
            const index_t n1 = std::min(n0 + block_n, s.N);
            if (s.transpose_b)
                for (index_t n = n0; n < n1; ++n) c[n] += a * b[n * s.K];
            else
                for (index_t n = n0; n < n1; ++n) c[n] += a * b[n];
        }
    }
}

}  // namespace minicnn::gemm_blocked

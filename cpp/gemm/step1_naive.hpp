// Step 1 of the GEMM ladder: the definition, C[m, n] = sum over k of A[m, k] * B[k, n].
//
// Cost: 2 M N K flops, and for each of them a load of A and of B. The loop over k reads a column of B:
// each step jumps a whole row ahead, so nearly every load waits for a cache line of which it uses one value.
// Next: step2_blocked.hpp keeps the pieces in use in cache.
#pragma once

#include "gemm/shape.hpp"
#include "interrupt.hpp"

namespace minicnn::gemm_naive {

template <class T>
void gemm(const GemmShape& s, const T* A, const T* B, T* C) {
    for (index_t m = 0; m < s.M; ++m)
    for (index_t n = 0; n < s.N; ++n) {
        if (n % 64 == 0) poll_interrupt();
        T sum = s.accumulate ? C[m * s.N + n] : T(0);
        for (index_t k = 0; k < s.K; ++k) sum += A[m * s.a_row() + k * s.a_col()] * B[k * s.b_row() + n * s.b_col()];
        C[m * s.N + n] = sum;
    }
}

}  // namespace minicnn::gemm_naive

// The sizes of one matrix product C (M x N) = op(A) (M x K) * op(B) (K x N), all row-major.
#pragma once

#include "types.hpp"

namespace minicnn {

struct GemmShape {
    index_t M, N, K;
    bool transpose_a = false;  // A is stored (K, M)
    bool transpose_b = false;  // B is stored (N, K)
    bool accumulate = false;   // C += instead of C =

    // op(A)[m, k] stands at A[m * a_row() + k * a_col()], and likewise for B.
    index_t a_row() const { return transpose_a ? 1 : K; }
    index_t a_col() const { return transpose_a ? M : 1; }
    index_t b_row() const { return transpose_b ? 1 : N; }
    index_t b_col() const { return transpose_b ? K : 1; }
};

}  // namespace minicnn

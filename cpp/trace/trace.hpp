// What a traced kernel leaves behind, for minicnn.microscope: every sum term by term, and every tile in its order.
#pragma once

#include "types.hpp"

namespace minicnn {

/// One tile of C: rows x columns cells that one thread summed together in registers.
struct TileRecord {
    index_t task, worker, row, rows, column, columns, terms;
};

/// Of a product C (M x N) with K terms in each sum.
template <class T>
struct ProductTrace {
    index_t N, K;
    T* products;        // (M, N, K): each term alone
    T* sums;            // (M, N, K): the sum after each term, as it stood in a register
    TileRecord* tiles;  // room for M * N; in the order in which they were done
    index_t count;      // of them
};

/// Fewer terms than any kernel sums in registers before it touches C: so each sum is one.
constexpr index_t max_traced_terms = 256;

}  // namespace minicnn

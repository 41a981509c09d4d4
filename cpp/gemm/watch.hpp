// How one may watch a kernel compute: after each tile it calls `watch` with a WatchedTile. The library passes Unwatched,
// of which the compiler leaves nothing; cpp/trace/ has a watch that keeps what it sees.
#pragma once

#include "types.hpp"

namespace minicnn::TARGET {

/// C[row + i, column + j], i < rows, j < columns, has got the terms k .. k + K of its sums, from packed operands:
/// a[t * rows + i] and b[t * b_stride + j], t < K.
template <class T>
struct WatchedTile {
    index_t task;  // of the kernel's parallel loop
    int worker;    // the thread that did it
    index_t row, rows, column, columns, k, K;
    const T* a;
    const T* b;
    index_t b_stride;
};

struct Unwatched {
    template <class T>
    [[gnu::always_inline]] void operator()(const WatchedTile<T>&) const {}
};

}  // namespace minicnn::TARGET

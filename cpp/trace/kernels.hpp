// The traced kernels' row in the table of each instruction set.
#pragma once

#include "conv2d/kernels.hpp"
#include "gemm/shape.hpp"
#include "trace/trace.hpp"

namespace minicnn {

template <class T>
struct TraceKernels {
    index_t tile_rows, tile_columns, lanes;  // the largest tile, and the values in one register
    void (*gemm_packed)(const GemmShape&, const T* A, const T* B, T* C, ProductTrace<T>&);
    void (*conv2d_tiled)(const Conv2dShape&, const T* x, const T* w, const Epilogue<T>&, T* y, ProductTrace<T>&);
};

}  // namespace minicnn

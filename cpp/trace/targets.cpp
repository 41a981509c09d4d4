// Compiled once per instruction set: the kernels that a microscope can look into, with a watch that keeps what it sees.
#include "conv2d/step3_tiled.hpp"
#include "gemm/step3_packed.hpp"
#include "trace/kernels.hpp"
#include "trace/recorder.hpp"

namespace minicnn::TARGET {
namespace {

template <class T>
void trace_gemm_packed(const GemmShape& s, const T* A, const T* B, T* C, ProductTrace<T>& trace) {
    watched_gemm_packed(s, A, B, C, Recorder<T>{&trace});
}

template <class T>
void trace_conv2d_tiled(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& epilogue, T* y,
                        ProductTrace<T>& trace) {
    tiled::watched_forward(s, x, w, epilogue, y, Recorder<T>{&trace, true});
}

}  // namespace

template <class T>
TraceKernels<T> trace_kernels() {
    return {max_rows, panel_width<T>, lanes<T>, trace_gemm_packed<T>, trace_conv2d_tiled<T>};
}
template TraceKernels<float> trace_kernels();
template TraceKernels<double> trace_kernels();

}  // namespace minicnn::TARGET

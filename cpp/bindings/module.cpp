// The Python extension module minicnn._core: one bind_* function for each op.
#include <pybind11/pybind11.h>

namespace minicnn {
void bind_system(pybind11::module_& m);
void bind_gemm(pybind11::module_& m);
void bind_conv2d(pybind11::module_& m);
void bind_batch_norm(pybind11::module_& m);
void bind_optimizer(pybind11::module_& m);
void bind_cross_entropy(pybind11::module_& m);
void bind_dropout(pybind11::module_& m);
void bind_relu(pybind11::module_& m);
void bind_add(pybind11::module_& m);
void bind_augment(pybind11::module_& m);
void bind_max_pool2d(pybind11::module_& m);
void bind_avg_pool2d(pybind11::module_& m);
void bind_trace(pybind11::module_& m);
void bind_uninterrupted(pybind11::module_& m);
}  // namespace minicnn

PYBIND11_MODULE(_core, m) {
    m.doc() = "C++ kernels of minicnn. Call them through minicnn.ops.";
    minicnn::bind_system(m);
    minicnn::bind_gemm(m);
    minicnn::bind_conv2d(m);
    minicnn::bind_batch_norm(m);
    minicnn::bind_optimizer(m);
    minicnn::bind_cross_entropy(m);
    minicnn::bind_dropout(m);
    minicnn::bind_relu(m);
    minicnn::bind_add(m);
    minicnn::bind_augment(m);
    minicnn::bind_max_pool2d(m);
    minicnn::bind_avg_pool2d(m);
    minicnn::bind_trace(m);
    minicnn::bind_uninterrupted(m);
}

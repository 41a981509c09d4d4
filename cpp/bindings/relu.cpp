// Python bindings of cpp/relu.
#include "bindings/bindings.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {
namespace {

template <class T>
Array<T> forward(const Array<T>& x) {
    auto y = new_array<T>(shape_of(x));
    T* const out = y.mutable_data();
    const ReleaseGil release;
    kernels().of<T>().relu.forward(x.size(), x.data(), out);
    return y;
}

template <class T>
Array<T> backward(const Array<T>& grad_y, const Array<T>& y) {
    require_same_shape("relu", "grad_y", grad_y, "y", y);
    auto grad_x = new_array<T>(shape_of(y));
    T* const out = grad_x.mutable_data();
    const ReleaseGil release;
    kernels().of<T>().relu.backward(y.size(), grad_y.data(), y.data(), out);
    return grad_x;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("relu_forward", forward<T>, arg("x").noconvert());
    m.def("relu_backward", backward<T>, arg("grad_y").noconvert(), arg("y").noconvert());
}

}  // namespace

void bind_relu(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
}

}  // namespace minicnn

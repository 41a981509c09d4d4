// Python bindings of cpp/dropout.
#include "bindings/bindings.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {
namespace {

template <class T>
py::tuple forward(const Array<T>& x, std::uint64_t key, double p, double scale) {
    auto y = new_array<T>(shape_of(x));
    auto keep = new_array<std::uint8_t>(shape_of(x));
    T* const out = y.mutable_data();
    std::uint8_t* const kept = keep.mutable_data();
    {
        const ReleaseGil release;
        kernels().of<T>().dropout.forward(x.size(), x.data(), key, p, T(scale), out, kept);
    }
    return py::make_tuple(y, keep);
}

template <class T>
Array<T> backward(const Array<T>& grad_y, const Array<std::uint8_t>& keep, double scale) {
    require_same_shape("dropout", "grad_y", grad_y, "keep", keep);
    auto grad_x = new_array<T>(shape_of(grad_y));
    T* const out = grad_x.mutable_data();
    const ReleaseGil release;
    kernels().of<T>().dropout.backward(grad_y.size(), grad_y.data(), keep.data(), T(scale), out);
    return grad_x;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("dropout_forward", forward<T>, arg("x").noconvert(), arg("key"), arg("p"), arg("scale"));
    m.def("dropout_backward", backward<T>, arg("grad_y").noconvert(), arg("keep").noconvert(), arg("scale"));
}

}  // namespace

void bind_dropout(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
}

}  // namespace minicnn

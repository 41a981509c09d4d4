// Python bindings of cpp/add.
#include "bindings/bindings.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {
namespace {

template <class T>
Array<T> forward(const Array<T>& a, const Array<T>& b) {
    require_same_shape("add", "b", b, "a", a);
    auto y = new_array<T>(shape_of(a));
    T* const out = y.mutable_data();
    const ReleaseGil release;
    kernels().of<T>().add.forward(a.size(), a.data(), b.data(), out);
    return y;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("add_forward", forward<T>, arg("a").noconvert(), arg("b").noconvert());
}

}  // namespace

void bind_add(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
}

}  // namespace minicnn

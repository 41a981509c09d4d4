// Python bindings of cpp/cross_entropy.
#include "bindings/bindings.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {
namespace {

const char* const op = "cross_entropy";

using Labels = Array<std::int64_t>;

CrossEntropyShape shape(const py::array& x, const Labels& labels, std::int64_t ignored) {
    if (x.ndim() != 2 || labels.ndim() != 1 || x.shape(0) != labels.shape(0) || x.shape(1) < 1)
        throw std::invalid_argument(std::string(op) + ": input must have shape (N, C) and target (N,), got " +
                                    shape_text(x) + " and " + shape_text(labels));
    return {x.shape(0), x.shape(1), ignored};
}

/// The number of samples that count; -1 if a label is no class.
index_t count(const CrossEntropyShape& s, const std::int64_t* labels) {
    index_t counted = 0;
    for (index_t n = 0; n < s.N; ++n) {
        if (labels[n] == s.ignored) continue;
        if (labels[n] < 0 || labels[n] >= s.C) return -1;
        ++counted;
    }
    return counted;
}

/// Return (sum of the losses, number of samples that count, softmax of x), or None if a label is no class.
template <class T>
py::object forward(const Array<T>& x, const Labels& labels, std::int64_t ignored) {
    const CrossEntropyShape s = shape(x, labels, ignored);
    const index_t counted = count(s, labels.data());
    if (counted < 0) return py::none();
    auto p = new_array<T>({s.N, s.C});
    T* const out = p.mutable_data();
    double total;
    {
        const ReleaseGil release;
        total = kernels().of<T>().cross_entropy.forward(s, x.data(), labels.data(), out);
    }
    return py::make_tuple(total, counted, p);
}

template <class T>
Array<T> backward(const Array<T>& p, const Labels& labels, std::int64_t ignored, double scale) {
    const CrossEntropyShape s = shape(p, labels, ignored);
    if (count(s, labels.data()) < 0) throw std::invalid_argument("cross_entropy: the labels have changed");
    auto grad_x = new_array<T>({s.N, s.C});
    T* const out = grad_x.mutable_data();
    const ReleaseGil release;
    kernels().of<T>().cross_entropy.backward(s, p.data(), labels.data(), T(scale), out);
    return grad_x;
}

template <class T>
Array<T> exp(const Array<T>& x) {
    auto y = new_array<T>(shape_of(x));
    kernels().of<T>().cross_entropy.exp(x.size(), x.data(), y.mutable_data());
    return y;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("cross_entropy_forward", forward<T>, arg("x").noconvert(), arg("labels").noconvert(), arg("ignored"));
    m.def("cross_entropy_backward", backward<T>, arg("p").noconvert(), arg("labels").noconvert(), arg("ignored"),
          arg("scale"));
    m.def("exp", exp<T>, arg("x").noconvert());
}

}  // namespace

void bind_cross_entropy(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
}

}  // namespace minicnn

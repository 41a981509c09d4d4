// Python bindings of cpp/augment.
#include "augment/augment.hpp"

#include "bindings/bindings.hpp"

namespace minicnn {
namespace {

using Bytes = py::array_t<std::uint8_t>;  // of any strides
using Integers = Array<std::int64_t>;

[[noreturn]] void refuse(const std::string& problem) { throw std::invalid_argument("augment: " + problem); }

void require_lines(const char* name, const Integers& a, index_t N) {
    if (a.ndim() != 2 || a.shape(0) != N || a.shape(1) != 2)
        refuse(std::string(name) + " must have shape (" + std::to_string(N) + ", 2), got " + shape_text(a));
    for (index_t n = 0; n < N; ++n) {
        const std::int64_t start = a.data()[2 * n], step = a.data()[2 * n + 1];
        if (std::max(start, -start) > (std::int64_t(1) << 40) || (step != 1 && step != -1))
            refuse(std::string(name) + " must be starts up to 2^40 and steps of 1 or -1, got " +
                   std::to_string(start) + " and " + std::to_string(step));
    }
}

Array<float> forward(const Bytes& x, const Integers& indices, const Integers& rows, const Integers& columns,
                     Size2 size, const Array<float>& tables, std::uint8_t fill) {
    if (x.ndim() != 4) refuse("x must have shape (N, H, W, C), got " + shape_text(x));
    for (const index_t side : size)
        if (side < 1 || side > (index_t(1) << 24)) refuse("size must be 1 to 2^24 pixels, got " + std::to_string(side));
    if (indices.ndim() != 1) refuse("indices must have one axis, got " + shape_text(indices));
    const index_t N = indices.shape(0), C = x.shape(3);
    require_lines("rows", rows, N);
    require_lines("columns", columns, N);
    if (tables.ndim() != 2 || tables.shape(0) != C || tables.shape(1) != 256)
        refuse("tables must have shape (" + std::to_string(C) + ", 256), got " + shape_text(tables));
    for (index_t n = 0; n < N; ++n)
        if (indices.data()[n] < 0 || indices.data()[n] >= x.shape(0))
            refuse("indices must be in [0, " + std::to_string(x.shape(0)) + "), got " +
                   std::to_string(indices.data()[n]));
    const augment::Shape s{N,         C,           x.shape(1),  x.shape(2),  size[0],    size[1],
                           x.strides(0), x.strides(1), x.strides(2), x.strides(3)};
    auto y = new_array<float>({N, C, s.H_out, s.W_out});
    float* const out = y.mutable_data();
    const auto lines = [](const Integers& a) { return reinterpret_cast<const augment::Line*>(a.data()); };
    const ReleaseGil release;
    augment::forward(s, x.data(), indices.data(), lines(rows), lines(columns), tables.data(), fill, out);
    return y;
}

}  // namespace

void bind_augment(py::module_& m) {
    using py::arg;
    m.def("augment_forward", forward, arg("x").noconvert(), arg("indices").noconvert(), arg("rows").noconvert(),
          arg("columns").noconvert(), arg("size"), arg("tables").noconvert(), arg("fill"));
}

}  // namespace minicnn

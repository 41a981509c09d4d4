// Python bindings of cpp/trace, and of the parts of the kernels that minicnn.microscope shows one by one.
#include "trace/trace.hpp"

#include <optional>

#include "avg_pool2d/kernels.hpp"
#include "bindings/bindings.hpp"
#include "conv2d/conv2d.hpp"

namespace minicnn {
namespace {

/// Room for the trace of an (M, N) product of K terms, and what Python gets of it.
template <class T>
class TraceRoom {
public:
    TraceRoom(index_t M, index_t N, index_t K) : tiles_(checked_mul("trace", "the product", M, N)) {
        if (K > max_traced_terms)
            throw std::invalid_argument("trace: a sum must have at most " + std::to_string(max_traced_terms) +
                                        " terms, got " + std::to_string(K));
        check_array_size("trace", "the size of the trace", {M, N, K, 1});
        products_ = new_array<T>({M, N, K});
        sums_ = new_array<T>({M, N, K});
        trace = {N, K, products_.mutable_data(), sums_.mutable_data(), tiles_.data(), 0};
    }
    ProductTrace<T> trace;

    /// `result`, products, sums, and a row (task, worker, row, rows, column, columns, terms) for each tile.
    py::tuple with(const Array<T>& result) const {
        static_assert(sizeof(TileRecord) == 7 * sizeof(std::int64_t));
        const Array<std::int64_t> tiles({trace.count, index_t(7)}, reinterpret_cast<const std::int64_t*>(trace.tiles));
        return py::make_tuple(result, products_, sums_, tiles);
    }

private:
    std::vector<TileRecord> tiles_;
    Array<T> products_, sums_;
};

template <class T>
py::tuple gemm(const Array<T>& a, const Array<T>& b, bool transpose_a, bool transpose_b) {
    if (a.ndim() != 2 || b.ndim() != 2 || a.shape(!transpose_a) != b.shape(transpose_b))
        throw std::invalid_argument("trace: a and b must be matrices that fit, got " + shape_text(a) + " and " +
                                    shape_text(b));
    const GemmShape s{a.shape(transpose_a), b.shape(!transpose_b), a.shape(!transpose_a), transpose_a, transpose_b};
    TraceRoom<T> room(s.M, s.N, s.K);
    auto c = new_array<T>({s.M, s.N});
    T* const out = c.mutable_data();
    {
        const ReleaseGil release;
        kernels().of<T>().trace.gemm_packed(s, a.data(), b.data(), out, room.trace);
    }
    return room.with(c);
}

template <class T>
py::tuple conv2d_tiled(const Array<T>& x, const Array<T>& weight, const std::optional<Array<T>>& bias, Size2 stride,
                       Size2 padding, Size2 dilation, index_t groups, bool relu) {
    const auto s = conv2d_shape(shape4("trace", "x", x), shape4("trace", "weight", weight), stride, padding, dilation,
                                groups);
    if (bias && (bias->ndim() != 1 || bias->shape(0) != s.C_out))
        throw std::invalid_argument("trace: bias must have shape (" + std::to_string(s.C_out) + ",), got " +
                                    shape_text(*bias));
    TraceRoom<T> room(s.C_out, checked_mul("trace", "positions", s.N, s.positions()), s.taps());
    auto y = new_array<T>({s.N, s.C_out, s.H_out, s.W_out});
    T* const out = y.mutable_data();
    const Epilogue<T> epilogue{bias ? bias->data() : nullptr, relu};
    {
        const ReleaseGil release;
        kernels().of<T>().trace.conv2d_tiled(s, x.data(), weight.data(), epilogue, out, room.trace);
    }
    return room.with(y);
}

template <class T>
Array<T> columns(const Array<T>& x, const Shape4& weight_shape, Size2 stride, Size2 padding, Size2 dilation,
                 index_t groups) {
    const auto s = conv2d_shape(shape4("trace", "x", x), weight_shape, stride, padding, dilation, groups);
    const im2col_gemm::GroupSize d(s);
    check_array_size("trace", "the size of the columns", {s.N, s.groups, d.columns, 1});
    auto all = new_array<T>({s.N, s.groups, d.taps, d.positions});
    T* to = all.mutable_data();
    im2col_gemm::for_each_image_group(s, [&](index_t ix, index_t, index_t, index_t) {
        im2col(s, d.C_in, x.data() + ix, to);
        to += d.columns;
    });
    return all;
}

/// The image, and for each column cell what its pixel held once the cell was added (0 for cells in the padding).
template <class T>
py::tuple scatter(const Array<T>& columns, const Shape4& x_shape, const Shape4& weight_shape, Size2 stride,
                  Size2 padding, Size2 dilation, index_t groups) {
    const auto s = conv2d_shape(x_shape, weight_shape, stride, padding, dilation, groups);
    const im2col_gemm::GroupSize d(s);
    require_shape("trace", "columns", columns, {s.N, s.groups, d.taps, d.positions});
    auto image = new_array<T>({x_shape.begin(), x_shape.end()});
    auto after = new_array<T>(shape_of(columns));
    std::fill_n(image.mutable_data(), image.size(), T(0));
    std::fill_n(after.mutable_data(), after.size(), T(0));
    const T* from = columns.data();
    T* to = after.mutable_data();
    im2col_gemm::for_each_image_group(s, [&](index_t ix, index_t, index_t, index_t) {
        col2im(s, d.C_in, from, image.mutable_data() + ix, [=](index_t cell, T value) { to[cell] = value; });
        from += d.columns, to += d.columns;
    });
    return py::make_tuple(image, after);
}

/// Rows and columns of the largest tile of the instruction set in use, and how many values a register holds.
template <class T>
py::tuple tile_size(const Array<T>&) {
    const auto& trace = kernels().of<T>().trace;
    return py::make_tuple(trace.tile_rows, trace.tile_columns, trace.lanes);
}

/// The input row under each kernel row at each output row, (H_out, K_h), and likewise for columns.
template <class Shape>
py::tuple places(const Shape& s) {
    auto rows = new_array<std::int64_t>({s.H_out, s.K_h}), cols = new_array<std::int64_t>({s.W_out, s.K_w});
    for (index_t ho = 0; ho < s.H_out; ++ho)
        for (index_t kh = 0; kh < s.K_h; ++kh) rows.mutable_at(ho, kh) = s.input_row(ho, kh);
    for (index_t wo = 0; wo < s.W_out; ++wo)
        for (index_t kw = 0; kw < s.K_w; ++kw) cols.mutable_at(wo, kw) = s.input_col(wo, kw);
    return py::make_tuple(rows, cols);
}

/// What each window of an average pooling is divided by, (H_out, W_out).
Array<double> divisors(const Shape4& x_shape, Size2 kernel_size, Size2 stride, Size2 padding, bool ceil_mode,
                       bool count_include_pad, std::optional<index_t> divisor_override) {
    const auto s = pool2d_shape("trace", x_shape, kernel_size, stride, padding, {1, 1}, ceil_mode);
    const Divisor divisor{divisor_override.value_or(0), count_include_pad};
    auto all = new_array<double>({s.H_out, s.W_out});
    for (index_t ho = 0; ho < s.H_out; ++ho)
        for (index_t wo = 0; wo < s.W_out; ++wo) all.mutable_at(ho, wo) = divisor.rows(s, ho) * divisor.cols(s, wo);
    return all;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("trace_gemm", gemm<T>, arg("a").noconvert(), arg("b").noconvert(), py::kw_only(), arg("transpose_a") = false,
          arg("transpose_b") = false);
    m.def("trace_conv2d_tiled", conv2d_tiled<T>, arg("x").noconvert(), arg("weight").noconvert(),
          arg("bias").noconvert(), py::kw_only(), arg("stride"), arg("padding"), arg("dilation"), arg("groups"),
          arg("relu"));
    m.def("trace_im2col", columns<T>, arg("x").noconvert(), py::kw_only(), arg("weight_shape"), arg("stride"),
          arg("padding"), arg("dilation"), arg("groups"));
    m.def("trace_col2im", scatter<T>, arg("columns").noconvert(), py::kw_only(), arg("x_shape"), arg("weight_shape"),
          arg("stride"), arg("padding"), arg("dilation"), arg("groups"));
    m.def("trace_tile_size", tile_size<T>, arg("like").noconvert());
}

}  // namespace

void bind_trace(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
    using py::arg;
    m.def(
        "trace_conv2d_places",
        [](const Shape4& x, const Shape4& weight, Size2 stride, Size2 padding, Size2 dilation, index_t groups) {
            return places(conv2d_shape(x, weight, stride, padding, dilation, groups));
        },
        arg("x_shape"), arg("weight_shape"), py::kw_only(), arg("stride"), arg("padding"), arg("dilation"),
        arg("groups"));
    m.def(
        "trace_pool2d_places",
        [](const std::string& op, const Shape4& x, Size2 kernel_size, Size2 stride, Size2 padding, Size2 dilation,
           bool ceil_mode) { return places(pool2d_shape(op, x, kernel_size, stride, padding, dilation, ceil_mode)); },
        arg("op"), arg("x_shape"), py::kw_only(), arg("kernel_size"), arg("stride"), arg("padding"), arg("dilation"),
        arg("ceil_mode"));
    m.def("trace_avg_pool2d_divisors", divisors, arg("x_shape"), py::kw_only(), arg("kernel_size"), arg("stride"),
          arg("padding"), arg("ceil_mode"), arg("count_include_pad"), arg("divisor_override"));
}

}  // namespace minicnn

// Python bindings of the threads, the buffers and the choice of instruction set.
#include <chrono>
#include <exception>
#include <new>

#include "bindings/bindings.hpp"
#include "cpu.hpp"
#include "parallel.hpp"
#include "targets/kernels.hpp"

namespace minicnn {
namespace {

/// Multiply-adds per second, times 2, of the best of `tries` short runs on one core.
double fma_peak_gflops(int tries) {
    double best = 0;
    for (int i = 0; i < tries; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const double multiply_adds = kernels().fma_peak(200000);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        best = std::max(best, 2e-9 * multiply_adds / seconds.count());
    }
    return best;
}

}  // namespace

void bind_system(py::module_& m) {
    using py::arg;
    py::register_local_exception_translator([](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const std::bad_alloc&) {  // its own text is a C++ type's name
            PyErr_SetString(PyExc_MemoryError, "minicnn: not enough memory for a result or a workspace of this call");
        }
    });
    m.attr("__version__") = MINICNN_VERSION;
    m.attr("COMPILER") = MINICNN_COMPILER;
    m.attr("FLAGS") = MINICNN_FLAGS;
    m.def("num_threads", num_threads);
    m.def("set_num_threads", set_num_threads, arg("threads"));
    m.def("available_targets", available_targets);
    m.def("active_target", active_target);
    m.def("set_target", set_target, arg("name"));
    m.def("fma_peak_gflops", fma_peak_gflops, arg("tries") = 20, py::call_guard<ReleaseGil>());
    m.def("buffer_stats", [] {
        const BufferStats s = buffer_stats();
        py::dict d;
        d["in_use"] = s.in_use;
        d["kept"] = s.kept;
        d["peak"] = s.peak;
        d["limit"] = s.limit;
        return d;
    });
    m.def("empty_buffers", empty_buffers);
    m.def("set_buffer_limit", set_buffer_limit, arg("limit"));
}

}  // namespace minicnn

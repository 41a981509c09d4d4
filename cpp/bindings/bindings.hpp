// What every binding needs: NumPy arrays in, kernel shapes out. No arithmetic here.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "buffers.hpp"
#include "interrupt.hpp"
#include "types.hpp"

namespace minicnn {

namespace py = pybind11;

/// Lets other Python threads run while a kernel does, to its end. If the interpreter is shutting down when the kernel is
/// done (this is then a daemon thread), the thread stops here for good: taking the GIL would end it by unwinding through
/// C++ frames that must not be unwound, which aborts the process.
class ReleaseGilToTheEnd {
public:
    ReleaseGilToTheEnd() : state_(PyEval_SaveThread()) {}
    ~ReleaseGilToTheEnd() { take_gil(); }
    ReleaseGilToTheEnd(const ReleaseGilToTheEnd&) = delete;
    ReleaseGilToTheEnd& operator=(const ReleaseGilToTheEnd&) = delete;

protected:
    void take_gil() {
        while (finalizing()) std::this_thread::sleep_for(std::chrono::hours(1));
        PyEval_RestoreThread(state_);
    }

private:
    static bool finalizing() {
#if PY_VERSION_HEX >= 0x030D0000
        return Py_IsFinalizing();
#else
        return _Py_IsFinalizing();
#endif
    }
    PyThreadState* state_;
};

/// The same for a kernel that may be interrupted: it takes the GIL for a moment now and then and lets Python run the
/// handlers of signals that have come. If one raises, as that of Ctrl-C does, the kernel ends with that exception.
class ReleaseGil : public ReleaseGilToTheEnd {
public:
    ReleaseGil() : watch_(run_handlers, this) {}

private:
    static bool run_handlers(void* self) {
        static_cast<ReleaseGil*>(self)->take_gil();
        std::optional<py::error_already_set> raised;
        bool again = true;
        try {
            again = in_main_thread();
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        } catch (const py::error_already_set& error) {
            raised = error;
        }
        PyEval_SaveThread();
        if (raised) throw py::error_already_set(*raised);
        return again;
    }
    /// Python runs handlers in this thread only.
    static bool in_main_thread() {
        const auto threading = py::module_::import("threading");
        const py::object here = threading.attr("get_ident")(), main = threading.attr("main_thread")().attr("ident");
        return here.equal(main);
    }
    TimedWatch watch_;
};

/// A C-contiguous array of exactly T: bound with `py::arg().noconvert()`, so that a wrong dtype or layout is an
/// error here and never a silent copy. minicnn/_checks.py words that error for callers.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <class T>
Shape4 shape4(const char* op, const char* name, const Array<T>& a) {
    if (a.ndim() != 4)
        throw std::invalid_argument(std::string(op) + ": " + name + " must have 4 dimensions, got " +
                                    std::to_string(a.ndim()));
    return {a.shape(0), a.shape(1), a.shape(2), a.shape(3)};
}

/// Kernels trust their shapes, so a wrong one must stop here and not read past an array.
template <class T>
void require_shape(const char* op, const char* name, const Array<T>& a, const Shape4& expected) {
    if (shape4(op, name, a) != expected)
        throw std::invalid_argument(std::string(op) + ": " + name + " must have shape " + to_string(expected) +
                                    ", got " + to_string(shape4(op, name, a)));
}

template <class T>
std::vector<index_t> shape_of(const Array<T>& a) {
    return {a.shape(), a.shape() + a.ndim()};
}
inline std::string shape_text(const py::array& a) { return py::str(a.attr("shape")).cast<std::string>(); }

inline void require_same_shape(const char* op, const char* name, const py::array& a, const char* other,
                               const py::array& b) {
    if (a.ndim() != b.ndim() || !std::equal(a.shape(), a.shape() + a.ndim(), b.shape()))
        throw std::invalid_argument(std::string(op) + ": " + name + " must have the shape of " + other + ", " +
                                    shape_text(b) + ", got " + shape_text(a));
}

/// The step of this name in a table that ends with the fastest ("auto"); throw listing the names if there is none.
template <class Steps>
const auto& find_step(const char* op, const Steps& steps, const std::string& name) {
    if (name == "auto") return steps.back();
    for (const auto& step : steps)
        if (name == step.name) return step;
    std::string names = "'auto'";
    for (const auto& step : steps) names += ", '" + std::string(step.name) + "'";
    throw std::invalid_argument(std::string(op) + ": algorithm must be one of " + names + ", got '" + name + "'");
}

/// Their names, in the order of the table.
template <class Steps>
py::tuple step_names(const Steps& steps) {
    py::list names;
    for (const auto& step : steps) names.append(step.name);
    return py::tuple(names);
}

/// A new array in memory of the reusing allocator; contents are arbitrary, since kernels overwrite their output.
template <class T>
Array<T> new_array(const std::vector<index_t>& shape) {
    index_t count = 1;
    for (const index_t size : shape) count *= size;
    void* data = acquire_buffer(sizeof(T) * static_cast<std::size_t>(count));
    const py::capsule owner(data, release_buffer);
    return Array<T>(shape, static_cast<T*>(data), owner);
}

}  // namespace minicnn

// Python's `with _core.Uninterrupted():`, for changes in place that must be done as a whole.
//
// Kernels end early when Ctrl-C comes, and their results are thrown away; an optimizer's step would leave some
// parameters old and some new. Python's own means do not suffice: it runs a signal's handler between any two
// instructions, and a mask of blocked signals is one thread's alone.
#include <csignal>
#include <unistd.h>

#include <atomic>

#include "bindings/bindings.hpp"

namespace minicnn {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM};
constexpr int count = 2;

int depth = 0;  // blocks that are being executed, of all threads; guarded by the GIL
struct sigaction before[count];
std::atomic<bool> came[count];

void note(int signal) {
    for (int i = 0; i < count; ++i)
        if (signals[i] == signal) came[i].store(true);
}

void handle_signals() {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

void hold() {
    handle_signals();  // what came earlier is raised before anything changes
    if (depth++ > 0) return;
    for (int i = 0; i < count; ++i) {
        sigaction(signals[i], nullptr, &before[i]);
        if (before[i].sa_handler == SIG_DFL || before[i].sa_handler == SIG_IGN) continue;  // nothing of Python's to defer
        struct sigaction noting = {};
        noting.sa_handler = note;
        sigemptyset(&noting.sa_mask);
        sigaction(signals[i], &noting, nullptr);
    }
}

void release() {
    if (--depth > 0) return;
    for (int i = 0; i < count; ++i) {
        sigaction(signals[i], &before[i], nullptr);
        if (came[i].exchange(false)) kill(getpid(), signals[i]);  // again, and it wakes a main thread that waits
    }
    handle_signals();
}

struct Uninterrupted {};

}  // namespace

void bind_uninterrupted(py::module_& m) {
    py::class_<Uninterrupted>(m, "Uninterrupted",
                              "Inside this block, Ctrl-C and SIGTERM wait; their handlers, if any, run at its end.")
        .def(py::init())
        .def("__enter__", [](const Uninterrupted&) { hold(); })
        .def("__exit__", [](const Uninterrupted&, const py::args&) { release(); });
}

}  // namespace minicnn

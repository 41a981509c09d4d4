// The clock that is read before each task is the cheapest there is: on Linux, a look at memory.
#include "interrupt.hpp"

#include <time.h>

#include <limits>

namespace minicnn {
namespace {

constexpr long long interval = 20'000'000;  // nanoseconds

thread_local Watch* current = nullptr;

long long now() {
    timespec t;
#if defined(CLOCK_MONOTONIC_COARSE)
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
#else
    clock_gettime(CLOCK_MONOTONIC, &t);
#endif
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

}  // namespace

Watch::Watch() : outer_(current) { current = this; }
Watch::~Watch() { current = outer_; }

TimedWatch::TimedWatch(Check check, void* data) : check_(check), data_(data), due_(now() + interval) {}

void TimedWatch::poll() {
    if (now() < due_) return;
    due_ = check_(data_) ? now() + interval : std::numeric_limits<long long>::max();
}

void poll_interrupt() {
    if (current) current->poll();
}

}  // namespace minicnn

// How a kernel ends early: whoever waits for it may press Ctrl-C.
//
// A kernel runs in tasks (parallel.hpp). Before each, a thread polls its watch. That of the thread that called the
// kernel asks every 20 ms whether to go on, and the answer no is an exception; that of the team's other threads tells
// them to drop what tasks are left. Outputs are left half written: the caller throws them away.
#pragma once

#include "types.hpp"

namespace minicnn {

/// Watches the kernels that this thread runs while it lives.
class Watch {
public:
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// Throw to end the kernel.
    virtual void poll() = 0;

protected:
    Watch();
    ~Watch();

private:
    Watch* const outer_;  // a signal's handler may run a kernel inside of a kernel
};

/// Calls `check(data)` every 20 ms, which throws to end the kernel, and returns whether it wants to be called again.
class TimedWatch final : public Watch {
public:
    using Check = bool (*)(void* data);
    TimedWatch(Check check, void* data);
    void poll() override;

private:
    const Check check_;
    void* const data_;
    long long due_;  // in nanoseconds
};

/// Go on, or throw if this kernel shall end. The team calls it before each task; a task that may take more than some
/// milliseconds, and a loop that is not cut into tasks, call it as they go. Memory they hold must be a destructor's.
void poll_interrupt();

/// Polls in a loop whose rounds may be short: after about every million multiplications.
class PacedPoll {
public:
    void after(index_t multiplications) {
        work_ += multiplications;
        if (work_ < index_t(1) << 20) return;
        work_ = 0;
        poll_interrupt();
    }

private:
    index_t work_ = 0;
};

}  // namespace minicnn

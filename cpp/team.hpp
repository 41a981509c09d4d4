// The team: workers sleep on a condition variable, after spinning for a moment, because within a training
// step the next kernel comes in a few microseconds while waking a sleeper costs tens of them, and on a
// virtual machine, whose idle core must be given back by its host, hundreds.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "parallel.hpp"

namespace minicnn {

inline constexpr int max_threads = 256;

/// Cores that the control group of this folder allows by its quota (cgroup v2, then v1); max_threads if it sets none.
double quota_cores(const std::string& folder);

inline constexpr auto spin_time = std::chrono::microseconds(300);

inline void cpu_relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

/// Spin until `done()`, but not for long, and with a yield now and then: with more threads than cores, the one
/// that is waited for may need this very core.
template <class Done>
bool spin_until(const Done& done) {
    const auto end = std::chrono::steady_clock::now() + spin_time;
    do {
        for (int i = 0; i < 256; ++i) {
            if (done()) return true;
            cpu_relax();
        }
        std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < end);
    return false;
}

inline int current_core() {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

/// Move this thread elsewhere if it woke up on `core`, where the caller computes. Linux takes the sleeping
/// core of a virtual machine for one that its host has taken away, wakes the worker beside its caller, and
/// leaves both there.
inline void leave_core(int core) {
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getcpu() != core || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    cpu_set_t others = allowed;
    CPU_CLR(core, &others);
    if (CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0)
        sched_setaffinity(0, sizeof allowed, &allowed);  // moved; it may go anywhere again
#else
    (void)core;
#endif
}

/// While it lives, this thread and those it starts take no signals, which are for the threads that can act on them:
/// those of the program. What a thread does wrong itself still ends it with a report.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t others;
        sigfillset(&others);
        for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) sigdelset(&others, own);
        pthread_sigmask(SIG_BLOCK, &others, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_;
};

/// One parallel call. Each worker's next task stands in a cache line of its own.
struct Job {
    struct alignas(64) Range {
        std::atomic<index_t> next{0};
        index_t end = 0;
    };
    TaskFunction function = nullptr;
    const void* body = nullptr;
    int workers = 0;
    std::atomic<bool> failed{false};
    std::exception_ptr error;  // of the first worker that failed; read when all have left
    Range ranges[max_threads];

    void start(index_t tasks, int count, TaskFunction f, const void* b) {
        function = f, body = b, workers = count;
        failed.store(false, std::memory_order_relaxed);
        error = nullptr;
        for (int w = 0; w < count; ++w) {
            ranges[w].next.store(tasks / count * w + std::min<index_t>(w, tasks % count), std::memory_order_relaxed);
            ranges[w].end = tasks / count * (w + 1) + std::min<index_t>(w + 1, tasks % count);
        }
    }
    void work(int worker) noexcept {
        try {
            for (int i = 0; i < workers; ++i) {
                Range& range = ranges[(worker + i) % workers];
                for (index_t t; (t = range.next.fetch_add(1, std::memory_order_relaxed)) < range.end;) {
                    if (failed.load(std::memory_order_relaxed)) return;
                    poll_interrupt();
                    function(body, t, worker);
                }
            }
        } catch (...) {
            if (!failed.exchange(true)) error = std::current_exception();
        }
    }
};

/// Ends the tasks of a worker when another has failed.
class FailureWatch final : public Watch {
public:
    explicit FailureWatch(const Job& job) : job_(job) {}
    void poll() override {
        struct Dropped {};
        if (job_.failed.load(std::memory_order_relaxed)) throw Dropped{};
    }

private:
    const Job& job_;
};

inline thread_local bool inside_task = false;
inline int forks = 0;  // of this process's ancestors, since they loaded this library

class Team {
    static constexpr unsigned open = 1u << 16;  // more than there are workers
    static constexpr unsigned stopping = ~0u;  // a number that no call has

public:
    explicit Team(int threads) : size_(threads) {
        threads_.reserve(threads);
        const SignalsBlocked blocked;
        try {
            for (int w = 1; w < threads; ++w) threads_.emplace_back([this, w] { loop(w); });
        } catch (const std::system_error&) {  // the system starts no more: those that run do the tasks of all
        }
    }
    ~Team() {
        {
            const std::lock_guard lock(mutex_);
            call_.store(stopping);
        }
        wake_.notify_all();
        for (auto& t : threads_) t.join();
    }
    int size() const { return size_; }
    /// In a forked child: leave the rest of the call that the parent's copy is busy with.
    void drop() { job_.failed.store(true); }

    void run(index_t tasks, int workers, TaskFunction function, const void* body) {
        job_.start(tasks, workers, function, body);
        callers_core_.store(current_core(), std::memory_order_relaxed);
        gate_.store(open, std::memory_order_release);
        {
            const std::lock_guard lock(mutex_);  // a worker must not miss the call between its test and its sleep
            call_.store((call_.load(std::memory_order_relaxed) + 1) % stopping, std::memory_order_release);
        }
        wake_.notify_all();
        const int forks_before = forks;
        inside_task = true;
        job_.work(0);
        inside_task = false;
        if (forks != forks_before)  // a signal's handler did it: the other workers, and what they had begun, are gone
            throw std::runtime_error("minicnn: this process was forked inside a kernel, which cannot be finished here");
        gate_.fetch_sub(open, std::memory_order_acq_rel);  // a worker that is still waking up is not waited for
        const auto all_left = [this] { return gate_.load(std::memory_order_acquire) == 0; };
        if (!spin_until(all_left)) {
            std::unique_lock lock(mutex_);
            done_.wait(lock, all_left);
        }
        if (job_.error) std::rethrow_exception(std::exchange(job_.error, nullptr));
    }

private:
    void loop(int worker) {
        const FailureWatch watch(job_);
        inside_task = true;
        for (unsigned seen = 0;;) {
            const auto called = [&] { return call_.load(std::memory_order_acquire) != seen; };
            if (!spin_until(called)) {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, called);
            }
            seen = call_.load(std::memory_order_acquire);  // perhaps a later call than the one that woke us,
            if (seen == stopping) return;                  // or the end
            leave_core(callers_core_.load(std::memory_order_relaxed));
            if (!enter()) continue;
            if (worker < job_.workers) job_.work(worker);
            if (gate_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                { const std::lock_guard lock(mutex_); }  // the caller is now either before its test or asleep
                done_.notify_one();
            }
        }
    }

    /// Count this worker in, unless the call is over.
    bool enter() {
        unsigned gate = gate_.load(std::memory_order_relaxed);
        while (gate >= open)
            if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel)) return true;
        return false;
    }

    const int size_;
    Job job_;
    alignas(64) std::atomic<unsigned> call_{0};  // in a cache line of its own: workers spin on it
    alignas(64) std::atomic<unsigned> gate_{0};  // how many workers are inside, plus `open` while more may come
    std::atomic<int> callers_core_{-1};
    std::mutex mutex_;
    std::condition_variable wake_, done_;
    std::vector<std::thread> threads_;
};

}  // namespace minicnn

// The team: workers sleep on a condition variable, after spinning for a moment, because within a training
// step the next kernel comes in a few microseconds while waking a sleeper costs tens of them, and on a
// virtual machine, whose idle core must be given back by its host, hundreds.
#include "parallel.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace minicnn {
namespace {

constexpr int max_threads = 256;
constexpr auto spin_time = std::chrono::microseconds(300);

void cpu_relax() {
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

int current_core() {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

/// Move this thread elsewhere if it woke up on `core`, where the caller computes. Linux takes the sleeping
/// core of a virtual machine for one that its host has taken away, wakes the worker beside its caller, and
/// leaves both there.
void leave_core(int core) {
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

/// One parallel call. Each worker's next task stands in a cache line of its own.
struct Job {
    struct alignas(64) Range {
        std::atomic<index_t> next{0};
        index_t end = 0;
    };
    TaskFunction function = nullptr;
    const void* body = nullptr;
    int workers = 0;
    Range ranges[max_threads];

    void start(index_t tasks, int count, TaskFunction f, const void* b) {
        function = f, body = b, workers = count;
        for (int w = 0; w < count; ++w) {
            ranges[w].next.store(tasks / count * w + std::min<index_t>(w, tasks % count), std::memory_order_relaxed);
            ranges[w].end = tasks / count * (w + 1) + std::min<index_t>(w + 1, tasks % count);
        }
    }
    void work(int worker) {
        for (int i = 0; i < workers; ++i) {
            Range& range = ranges[(worker + i) % workers];
            for (index_t t; (t = range.next.fetch_add(1, std::memory_order_relaxed)) < range.end;)
                function(body, t, worker);
        }
    }
};

thread_local bool inside_task = false;

class Team {
    static constexpr unsigned open = 1u << 16;  // more than there are workers
    static constexpr unsigned stopping = ~0u;  // a number that no call has

public:
    explicit Team(int threads) : size_(threads) {
        threads_.reserve(threads);
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

    void run(index_t tasks, int workers, TaskFunction function, const void* body) {
        job_.start(tasks, workers, function, body);
        callers_core_.store(current_core(), std::memory_order_relaxed);
        gate_.store(open, std::memory_order_release);
        {
            const std::lock_guard lock(mutex_);  // a worker must not miss the call between its test and its sleep
            call_.store((call_.load(std::memory_order_relaxed) + 1) % stopping, std::memory_order_release);
        }
        wake_.notify_all();
        inside_task = true;
        job_.work(0);
        inside_task = false;
        gate_.fetch_sub(open, std::memory_order_acq_rel);  // a worker that is still waking up is not waited for
        const auto all_left = [this] { return gate_.load(std::memory_order_acquire) == 0; };
        if (!spin_until(all_left)) {
            std::unique_lock lock(mutex_);
            done_.wait(lock, all_left);
        }
    }

private:
    void loop(int worker) {
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

std::mutex team_mutex;  // held by the thread whose call the team is running
Team* team = nullptr;   // never destroyed at exit: a worker may still be asleep when statics go
std::atomic<int> wanted{0};

/// A forked child has the memory of the team but none of its threads: forget it, and start anew when needed.
void forget_team_after_fork() {
    team = nullptr;
    new (&team_mutex) std::mutex;
    inside_task = false;
}

/// Cores that the control group allows by its quota (cgroup v2, then v1); a large number if it sets none.
double quota_cores() {
    double quota = 0, period = 0;
    std::string first;
    if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> first >> period && first != "max") {
        quota = std::atof(first.c_str());
    } else {
        std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> quota;
        std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
    }
    return quota > 0 && period > 0 ? quota / period : max_threads;
}

int initial_threads() {
    if (const char* text = std::getenv("MINICNN_NUM_THREADS")) {
        const long n = std::strtol(text, nullptr, 10);
        if (n >= 1 && n <= max_threads) return static_cast<int>(n);
    }
    return available_cores();
}

}  // namespace

int available_cores() {
    int cores = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
    cores = std::min(cores, static_cast<int>(std::ceil(quota_cores())));
#endif
    return std::clamp(cores, 1, max_threads);
}

int num_threads() {
    int n = wanted.load(std::memory_order_relaxed);
    if (n == 0) wanted.store(n = initial_threads(), std::memory_order_relaxed);
    return n;
}

void set_num_threads(index_t threads) {
    if (threads < 1 || threads > max_threads)
        throw std::invalid_argument("set_num_threads: threads must be between 1 and " + std::to_string(max_threads) +
                                    ", got " + std::to_string(threads));
    wanted.store(static_cast<int>(threads), std::memory_order_relaxed);
}

void run_tasks(index_t tasks, int workers, TaskFunction function, const void* body) {
    workers = static_cast<int>(std::min<index_t>(workers, tasks));
    if (workers > 1 && !inside_task) {
        static const int registered = pthread_atfork(nullptr, nullptr, forget_team_after_fork);
        (void)registered;
        if (std::unique_lock lock(team_mutex, std::try_to_lock); lock.owns_lock()) {
            // neither fewer threads than this call wants nor more than are allowed: idle ones would spin for a core
            const int size = std::max(workers, num_threads());
            if (!team || team->size() != size) {
                delete team;
                team = new Team(size);
            }
            team->run(tasks, workers, function, body);
            return;
        }
    }
    for (index_t t = 0; t < tasks; ++t) function(body, t, 0);
}

}  // namespace minicnn

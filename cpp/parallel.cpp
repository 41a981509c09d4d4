// Who runs a parallel call: the team, or the calling thread alone; and how many threads there may be.
#include "parallel.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "team.hpp"

namespace minicnn {
namespace {

std::atomic<bool> team_is_busy{false};  // with some thread's call
Team* team = nullptr;                   // never destroyed at exit: a worker may still be asleep when statics go
std::atomic<int> wanted{0};

/// A forked child has the memory of the team but none of its threads: forget it, and start anew when needed.
void forget_team_after_fork() {
    if (team) team->drop();
    team = nullptr;
    team_is_busy.store(false);
    inside_task = false;
    ++forks;
}

int initial_threads() {
    if (const char* text = std::getenv("MINICNN_NUM_THREADS")) {
        const long n = std::strtol(text, nullptr, 10);
        if (n >= 1 && n <= max_threads) return static_cast<int>(n);
    }
    return available_cores();
}

}  // namespace

double quota_cores(const std::string& folder) {
    double quota = 0, period = 0;
    std::string first;
    if (std::ifstream v2(folder + "/cpu.max"); v2 >> first >> period && first != "max") {
        quota = std::atof(first.c_str());
    } else {
        std::ifstream(folder + "/cpu/cpu.cfs_quota_us") >> quota;
        std::ifstream(folder + "/cpu/cpu.cfs_period_us") >> period;
    }
    return quota > 0 && period > 0 ? quota / period : max_threads;
}

int available_cores() {
    int cores = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
    cores = std::min(cores, static_cast<int>(std::ceil(quota_cores("/sys/fs/cgroup"))));
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
        if (!team_is_busy.exchange(true, std::memory_order_acquire)) {
            const std::unique_ptr<std::atomic<bool>, void (*)(std::atomic<bool>*)> leave(
                &team_is_busy, [](std::atomic<bool>* busy) { busy->store(false, std::memory_order_release); });
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
    for (index_t t = 0; t < tasks; ++t) {
        poll_interrupt();
        function(body, t, 0);
    }
}

}  // namespace minicnn

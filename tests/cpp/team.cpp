// The team of threads and the buffers under load: every task is done once, by one worker at a time, whoever calls, however
// often the team is replaced, and whatever a task throws.
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>

#include "buffers.hpp"
#include "checks.hpp"
#include "interrupt.hpp"
#include "team.hpp"

#if defined(MINICNN_COVERAGE)
extern "C" void __gcov_dump();
#endif

namespace minicnn::tests {
namespace {

using std::chrono::steady_clock;

/// One call; each task and each worker writes to memory of its own without any lock, so that a thread sanitizer sees
/// two of them that overlap.
void run_once(index_t tasks, int workers) {
    std::vector<int> done(tasks), of_worker(workers);
    parallel_for(tasks, workers, [&](index_t task, int worker) {
        ++done[task];
        ++of_worker[worker];
    });
    index_t sum = 0;
    for (const int count : done) check(count == 1, "a task is done once");
    for (const int count : of_worker) sum += count;
    check(sum == tasks, "tasks of all workers");
}

void test_calls(unsigned seed, int rounds) {
    std::mt19937 draw(seed);
    for (int i = 0; i < rounds; ++i) {
        if (draw() % 8 == 0) set_num_threads(1 + draw() % 5);
        run_once(draw() % 40, 1 + draw() % 6);
        if (draw() % 200 == 0) std::this_thread::sleep_for(std::chrono::microseconds(500));  // so that workers fall asleep
    }
}

void test_callers_at_once(int rounds) {
    std::vector<std::thread> callers;
    for (unsigned caller = 0; caller < 4; ++caller) callers.emplace_back([=] { test_calls(caller, rounds); });
    for (auto& caller : callers) caller.join();
}

void test_nested_calls() {
    set_num_threads(3);
    std::vector<int> done(30);
    parallel_for(5, 3, [&](index_t outer, int) {
        parallel_for(6, 3, [&](index_t inner, int worker) {
            check(worker == 0, "a call from inside a task runs in its thread alone");
            ++done[outer * 6 + inner];
        });
    });
    for (const int count : done) check(count == 1, "a task of a nested call");
}

void test_tasks_that_throw(int rounds) {
    std::mt19937 draw(7);
    for (int i = 0; i < rounds; ++i) {
        const index_t tasks = 1 + draw() % 30, bad = draw() % tasks;
        const int workers = 1 + draw() % 4;
        set_num_threads(1 + draw() % 4);
        bool caught = false;
        std::vector<int> of_worker(workers);
        try {
            parallel_for(tasks, workers, [&](index_t task, int worker) {
                ++of_worker[worker];
                if (task == bad) throw std::out_of_range("task " + std::to_string(task));
            });
        } catch (const std::out_of_range& error) {
            caught = error.what() == "task " + std::to_string(bad);
        }
        check(caught, "the exception of a task");
        run_once(tasks, workers);  // the team is whole again
    }
}

struct Stop {};

/// A watch ends a call: at once between short tasks, and in the middle of a long one that polls.
void test_watches(int rounds) {
    for (int i = 0; i < rounds; ++i) {
        set_num_threads(1 + i % 3);
        std::atomic<bool> stop{false};
        TimedWatch watch([](void* flag) -> bool {
            if (static_cast<std::atomic<bool>*>(flag)->load()) throw Stop{};
            return true;
        }, &stop);
        std::thread other([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            stop.store(true);
        });
        bool caught = false;
        const auto start = steady_clock::now();
        try {
            parallel_for(1 + i % 5, 3, [&](index_t, int) {
                for (;;) poll_interrupt();
            });
        } catch (const Stop&) {
            caught = true;
        }
        other.join();
        check(caught && steady_clock::now() - start < std::chrono::seconds(10), "a watch ends a call");
    }
}

/// A child has none of its parent's threads, whatever these were doing: it starts a team of its own.
void test_forks(int rounds) {
#if defined(__SANITIZE_THREAD__)  // which follows no process that has forked while it had threads
    rounds = 0;
#endif
    std::atomic<bool> stop{false}, started{false};
    std::thread busy([&] {
        int done[20] = {};
        while (!stop.load()) {
            parallel_for(20, 3, [&](index_t task, int) { ++done[task]; });
            started.store(true);  // a sanitizer's own locks, as that of starting a thread, do not survive a fork
        }
    });
    while (!started.load()) std::this_thread::yield();
    for (int i = 0; i < rounds; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            run_once(20, 3);
#if defined(MINICNN_COVERAGE)
            __gcov_dump();  // what ends like this loses its counts
#endif
            _exit(0);
        }
        int status = -1;
        check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a forked child computes");
    }
    stop.store(true);
    busy.join();
}

void write_file(const std::string& path, const char* text) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    check(file && std::fputs(text, file) >= 0 && std::fclose(file) == 0, path);
}

/// What a container may use is written in files, which differ between the two versions of control groups.
void test_quotas() {
    char folder[] = "/tmp/minicnn-quota-XXXXXX";
    check(mkdtemp(folder) != nullptr, "mkdtemp");
    const std::string at = folder, v2 = at + "/cpu.max", v1 = at + "/cpu";
    check(quota_cores(at) == max_threads, "no control group");
    write_file(v2, "150000 100000\n");
    check(quota_cores(at) == 1.5, "a quota of version 2");
    write_file(v2, "max 100000\n");
    check(quota_cores(at) == max_threads, "no quota");
    check(mkdir(v1.c_str(), 0700) == 0, "mkdir");
    write_file(v1 + "/cpu.cfs_quota_us", "-1\n");
    write_file(v1 + "/cpu.cfs_period_us", "100000\n");
    check(quota_cores(at) == max_threads, "no quota, as version 1 says it");
    write_file(v1 + "/cpu.cfs_quota_us", "300000\n");
    check(quota_cores(at) == 3, "a quota of version 1");
    for (const char* name : {"/cpu.max", "/cpu/cpu.cfs_quota_us", "/cpu/cpu.cfs_period_us"})
        check(unlink((at + name).c_str()) == 0, "unlink");
    check(rmdir(v1.c_str()) == 0 && rmdir(folder) == 0, "rmdir");
}

}  // namespace

void test_team() {
    test_quotas();
    test_calls(1, 5000);
    test_callers_at_once(500);
    test_nested_calls();
    std::printf("team: calls\n");
    test_tasks_that_throw(500);
    test_watches(12);
    std::printf("team: exceptions\n");
    test_forks(100);
    std::printf("team: all calls\n");
}

void test_buffers() {
    const std::size_t before = buffer_stats().in_use;
    std::vector<std::thread> users;
    for (unsigned user = 0; user < 4; ++user)
        users.emplace_back([=] {
            std::mt19937 draw(user);
            for (int i = 0; i < 2000; ++i) {
                const index_t size = draw() % 5000;
                const Workspace<unsigned> mine(size);
                for (index_t k = 0; k < size; ++k) mine.data()[k] = user;
                for (index_t k = 0; k < size; ++k) check(mine.data()[k] == user, "a buffer has one user");
                if (draw() % 100 == 0) empty_buffers();
            }
        });
    for (auto& user : users) user.join();
    check(buffer_stats().in_use == before, "buffers that were given back");
    empty_buffers();
    std::printf("buffers: all users\n");
}

}  // namespace minicnn::tests

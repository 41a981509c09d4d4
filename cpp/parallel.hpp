// One team of threads for every kernel: started at the first parallel call, kept until the process ends.
//
// A kernel cuts its work into tasks whose borders depend on the shapes only. The team decides who
// computes a task, never how: so results do not depend on the number of threads.
#pragma once

#include "interrupt.hpp"
#include "types.hpp"

namespace minicnn {

/// Threads that the next parallel call may use, the caller included.
int num_threads();

/// Set the number of threads; throw `std::invalid_argument` if it is not in 1..256.
void set_num_threads(index_t threads);

/// Cores that this process may use: its affinity mask, cut down to its control group's quota.
int available_cores();

using TaskFunction = void (*)(const void* body, index_t task, int worker);
void run_tasks(index_t tasks, int workers, TaskFunction function, const void* body);

/// Call `body(task, worker)` for each task in [0, tasks), with 0 <= worker < workers.
///
/// No two tasks that run at the same time have the same `worker`, so a kernel gives each worker a
/// workspace of its own. Worker w starts with the w-th contiguous range of tasks (a core that keeps
/// its range keeps its cache) and takes tasks of other ranges only when its own is done. A call from
/// inside a task, or while another thread has the team, runs in the calling thread alone.
/// If a task throws, or the watch of the calling thread does (interrupt.hpp), the rest is dropped and the exception
/// goes on to the caller once no task is running any more.
template <class Body>
void parallel_for(index_t tasks, int workers, const Body& body) {
    run_tasks(
        tasks, workers,
        [](const void* b, index_t task, int worker) { (*static_cast<const Body*>(b))(task, worker); }, &body);
}

}  // namespace minicnn

// Kept buffers wait in lists by size class: sixteen classes to a power of two, so at most a seventeenth is wasted and
// a buffer that comes back fits the next request of about that size.
#include "buffers.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

namespace minicnn {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t classes = 32;  // of which the upper half is used for each power of two, but the first

struct alignas(alignment) Header {  // stands before each buffer
    std::size_t size_class;
    Header* next;  // of the same class, while it is kept
};

/// A quarter of this machine's memory, at least 1 GiB: a training step's activations should fit.
std::size_t initial_limit() {
    const long pages = std::max(sysconf(_SC_PHYS_PAGES), 0L), page = std::max(sysconf(_SC_PAGESIZE), 0L);  // -1: unknown
    return std::max(std::size_t(pages) * std::size_t(page) / 4, std::size_t{1} << 30);
}

struct Pool {
    std::mutex mutex;
    Header* kept[classes * 64] = {};  // the first of each class
    BufferStats stats{0, 0, 0, initial_limit()};
};

/// Never destroyed: arrays may outlive the static objects of this library.
Pool& pool() {
    static Pool* const p = [] {
        auto* fresh = new Pool;
        // fork() copies the mutex: hold it meanwhile, so that the child gets it free.
        pthread_atfork([] { pool().mutex.lock(); }, [] { pool().mutex.unlock(); }, [] { pool().mutex.unlock(); });
        return fresh;
    }();
    return *p;
}

/// Bytes of class c = classes * e + q: (1 + q) * 2^e, where e is at least 6 (a cache line) and q at least 16 beyond it.
std::size_t class_bytes(std::size_t c) { return (1 + c % classes) << (c / classes); }

/// The smallest class of at least `bytes`.
std::size_t size_class(std::size_t bytes) {
    if (bytes > (std::size_t{1} << 62)) throw std::bad_alloc();
    const std::size_t last = std::max<std::size_t>(bytes, 1) - 1;
    std::size_t e = 6;
    while (last >> e >= classes) ++e;
    return classes * e + (last >> e);
}

/// The kept buffers of this class, or of the next larger one up to about twice its size that has any; null if none has.
/// (With exact classes only, a step's buffers of many sizes would wait for each other's while all stay resident.)
Header** smallest_kept(Pool& p, std::size_t c) {
    for (const std::size_t last = size_class(2 * class_bytes(c)); c <= last; ++c)
        if (p.kept[c]) return &p.kept[c];
    return nullptr;
}

void free_all(Pool& p) {
    for (Header*& first : p.kept)
        while (first) std::free(std::exchange(first, first->next));
    p.stats.kept = 0;
}

}  // namespace

void* acquire_buffer(std::size_t bytes) {
    const std::size_t c = size_class(bytes);
    std::size_t size = class_bytes(c);
    Pool& p = pool();
    Header* header = nullptr;
    {
        const std::lock_guard lock(p.mutex);
        if (Header** const fitting = smallest_kept(p, c)) {
            header = *fitting;
            *fitting = header->next;
            p.stats.kept -= size = class_bytes(header->size_class);
        }
        p.stats.in_use += size;
    }
    if (!header) {
        const std::size_t whole = (sizeof(Header) + size + alignment - 1) / alignment * alignment;  // as C asks for
        header = static_cast<Header*>(std::aligned_alloc(alignment, whole));
        if (!header) {
            const std::lock_guard lock(p.mutex);
            p.stats.in_use -= size;
            throw std::bad_alloc();
        }
        header->size_class = c;
    }
    const std::lock_guard lock(p.mutex);  // only now is it certain that there was so much memory
    if (p.stats.in_use > p.stats.peak) p.stats.peak = p.stats.in_use;
    return header + 1;
}

void release_buffer(void* buffer) noexcept {
    if (!buffer) return;
    Header* header = static_cast<Header*>(buffer) - 1;
    Pool& p = pool();
    const std::size_t size = class_bytes(header->size_class);
    {
        const std::lock_guard lock(p.mutex);
        p.stats.in_use -= size;
        if (p.stats.kept + size <= p.stats.limit) {
            header->next = std::exchange(p.kept[header->size_class], header);
            p.stats.kept += size;
            return;
        }
    }
    std::free(header);
}

BufferStats buffer_stats() {
    const std::lock_guard lock(pool().mutex);
    return pool().stats;
}

void empty_buffers() {
    const std::lock_guard lock(pool().mutex);
    free_all(pool());
    pool().stats.peak = pool().stats.in_use;
}

void set_buffer_limit(std::size_t bytes) {
    const std::lock_guard lock(pool().mutex);
    pool().stats.limit = bytes;
    if (pool().stats.kept > bytes) free_all(pool());
}

}  // namespace minicnn

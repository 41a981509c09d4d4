// Memory for outputs and workspaces, reused: the first touch of a fresh page costs more than the arithmetic
// that most layers do on it, and a training step asks for the same sizes again and again.
#pragma once

#include "types.hpp"

namespace minicnn {

/// At least `bytes` of memory at a 64-byte boundary (a cache line, a vector register). Contents are arbitrary.
/// Throws `std::bad_alloc`.
void* acquire_buffer(std::size_t bytes);

/// Give memory from `acquire_buffer` back, to be kept for the next caller up to the limit.
void release_buffer(void* buffer) noexcept;

struct BufferStats {
    std::size_t in_use;  // bytes handed out now
    std::size_t kept;    // bytes kept for reuse
    std::size_t peak;    // most bytes handed out at one time
    std::size_t limit;   // bytes that may be kept
};
BufferStats buffer_stats();

/// Return every kept buffer to the system, and count `peak` anew from what is in use.
void empty_buffers();

/// Keep at most this many bytes for reuse.
void set_buffer_limit(std::size_t bytes);

/// Scratch memory for `count` values of T while this object lives.
template <class T>
class Workspace {
public:
    explicit Workspace(index_t count) : data_(acquire_buffer(sizeof(T) * static_cast<std::size_t>(count))) {}
    ~Workspace() { release_buffer(data_); }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    T* data() const { return static_cast<T*>(data_); }

private:
    void* data_;
};

/// Scratch memory for `count` values of T for each worker, apart from each other: a core's prefetchers read on past the
/// end of what it works on, and would take cache lines from the neighbour that is writing to them, again and again.
template <class T>
class PerWorker {
public:
    PerWorker(index_t workers, index_t count) : stride_(count + gap / index_t(sizeof(T))), all_(workers * stride_) {}
    T* operator[](index_t worker) const { return all_.data() + worker * stride_; }

private:
    static constexpr index_t gap = 1 << 16;  // bytes: with a page of 4096, two threads still took 1.5x as long at times
    index_t stride_;
    Workspace<T> all_;
};

}  // namespace minicnn

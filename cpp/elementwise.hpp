// One loop for every kernel that treats each element alone: in parallel blocks, by vectors, then the rest singly.
#pragma once

#include "parallel.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET {

/// How the body of such a loop reads and writes: single values ...
template <class T>
struct ValueAccess {
    static T load(const T* p) { return *p; }
    static void store(T* p, T v) { *p = v; }
    static T zero() { return T(0); }
    static T all(T x) { return x; }
    static T where(bool condition, T yes, T no) { return condition ? yes : no; }
    static float square_root(float v) { return __builtin_sqrtf(v); }
    static double square_root(double v) { return __builtin_sqrt(v); }
};
/// ... or whole vectors: the same operations in the same order, so an element's bits do not depend on its place.
template <class T>
struct VectorAccess {
    static Vec<T> load(const T* p) { return TARGET::load(p); }
    static void store(T* p, Vec<T> v) { TARGET::store(p, v); }
    static Vec<T> zero() { return Vec<T>{}; }
    static Vec<T> all(T x) { return splat(x); }
    template <class Mask>
    static Vec<T> where(Mask condition, Vec<T> yes, Vec<T> no) {
        return condition ? yes : no;
    }
    static Vec<T> square_root(Vec<T> v) {
        for (int i = 0; i < lanes<T>; ++i) v[i] = ValueAccess<T>::square_root(v[i]);  // becomes one instruction
        return v;
    }
};

constexpr index_t elements_per_task = 16384;

/// Call `body(i, access)` so that every element of [first, last) is covered once.
template <class T, class Body>
void for_each_vector(index_t first, index_t last, const Body& body) {
    index_t i = first;
    for (; i + lanes<T> <= last; i += lanes<T>) body(i, VectorAccess<T>{});
    for (; i < last; ++i) body(i, ValueAccess<T>{});
}
template <class T, class Body>
void for_each_vector(index_t n, const Body& body) {
    const index_t tasks = blocks_of(n, elements_per_task);
    parallel_for(tasks, num_threads(), [&](index_t task, int) {
        for_each_vector<T>(task * elements_per_task, min(n, (task + 1) * elements_per_task), body);
    });
}

}  // namespace minicnn::TARGET

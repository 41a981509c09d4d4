// What all update rules share: the loop over a group's parameters, and the gradient that they start from.
//
// All parameters of a group are one range of tasks, so that a net of many small arrays wakes the threads once.
#pragma once

#include "elementwise.hpp"
#include "optimizer/kernels.hpp"

namespace minicnn::TARGET::optimizer {

/// Call `body(slot, i, access)` for every element of every slot.
template <class T, class Body>
void for_each_parameter(const Slot<T>* slots, index_t count, const Body& body) {
    index_t tasks = 0;
    for (index_t s = 0; s < count; ++s) tasks += blocks_of(slots[s].size, elements_per_task);
    parallel_for(tasks, num_threads(), [&](index_t task, int) {
        index_t s = 0;
        for (; task >= blocks_of(slots[s].size, elements_per_task); ++s) task -= blocks_of(slots[s].size, elements_per_task);
        const Slot<T>& slot = slots[s];
        for_each_vector<T>(task * elements_per_task, min(slot.size, (task + 1) * elements_per_task),
                           [&](index_t i, auto io) { body(slot, i, io); });
    });
}

/// The gradient, uphill if so wished, plus the L2 penalty's.
template <class T, class Access>
auto gradient(const Slot<T>& s, index_t i, Access io, bool maximize, T decay) {
    auto g = io.load(s.grad + i);
    if (maximize) g = -g;
    if (decay != T(0)) g = g + io.all(decay) * io.load(s.p + i);
    return g;
}

/// A running mean after one more value, in the form mean + rest * (value - mean), where rest is 1 - what stays.
template <class T, class Access, class V>
V averaged(T* mean, index_t i, Access io, T rest, V value) {
    const V before = io.load(mean + i), after = before + io.all(rest) * (value - before);
    io.store(mean + i, after);
    return after;
}

/// A running mean of squares after one more value.
template <class T, class Access, class V>
V averaged_square(T* mean, index_t i, Access io, T kept, T rest, V value) {
    const V after = io.all(kept) * io.load(mean + i) + io.all(rest) * value * value;
    io.store(mean + i, after);
    return after;
}

}  // namespace minicnn::TARGET::optimizer

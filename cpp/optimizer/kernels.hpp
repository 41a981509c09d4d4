// The optimizers' update rules: one call for all parameters of a group.
#pragma once

#include "types.hpp"

namespace minicnn {

/// One parameter and what its optimizer remembers about it; arrays of `size` values, null where there is none.
template <class T>
struct Slot {
    index_t size;
    T* p;
    const T* grad;
    T *state1, *state2, *state3;  // SGD: momentum; Adam: mean, mean of squares, largest mean of squares
    bool fresh;                   // SGD: the momentum buffer is set and not averaged
    double step_size, root_bias;  // Adam: lr / (1 - beta1^t) and sqrt(1 - beta2^t)
};

struct SgdSettings {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
};

struct AdamSettings {
    double lr, beta1, beta2, eps, weight_decay;
    bool decoupled, maximize;
};

template <class T>
struct OptimizerKernels {
    void (*sgd)(const Slot<T>* slots, index_t count, const SgdSettings&);
    void (*adam)(const Slot<T>* slots, index_t count, const AdamSettings&);
};

}  // namespace minicnn

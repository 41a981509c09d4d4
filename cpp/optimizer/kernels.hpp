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
    T *state1, *state2, *state3;  // SGD: momentum; Adam: mean, mean of squares, largest mean of squares; ...
    bool fresh;                   // SGD: the momentum buffer is set and not averaged
    double step_size, root_bias;  // what depends on the parameter's own count of steps t: Adam's lr / (1 - beta1^t) and
                                  // sqrt(1 - beta2^t); the step size of Adagrad and Adamax, that of NAdam's gradient
    double mean_size;             // NAdam: the step size of the mean
};

struct SgdSettings {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
};

struct AdamSettings {
    double lr, beta1, beta2, eps, weight_decay;
    bool decoupled, maximize;
};

struct RmspropSettings {
    double lr, alpha, eps, weight_decay, momentum;
    bool maximize;
};

struct AdadeltaSettings {
    double lr, rho, eps, weight_decay;
    bool maximize;
};

struct AdagradSettings {
    double eps, weight_decay;
    bool maximize;
};

struct AdamaxSettings {
    double beta1, beta2, eps, weight_decay;
    bool maximize;
};

template <class T>
struct OptimizerKernels {
    template <class Settings>
    using Rule = void (*)(const Slot<T>* slots, index_t count, const Settings&);
    Rule<SgdSettings> sgd;
    Rule<AdamSettings> adam, nadam;
    Rule<RmspropSettings> rmsprop;
    Rule<AdadeltaSettings> adadelta;
    Rule<AdagradSettings> adagrad;
    Rule<AdamaxSettings> adamax;
};

}  // namespace minicnn

// Python bindings of cpp/optimizer: lists of arrays, changed in place by one kernel call.
#include "bindings/bindings.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {
namespace {

template <class T>
using Arrays = std::vector<Array<T>>;

/// The array of parameter i, or null where the list is empty; it must have the parameter's size and be writable.
template <class T>
T* state(const char* name, Arrays<T>& arrays, std::size_t i, index_t size) {
    if (arrays.empty()) return nullptr;
    if (arrays[i].size() != size)
        throw std::invalid_argument("optimizer: " + std::string(name) + "[" + std::to_string(i) + "] must have " +
                                    std::to_string(size) + " values like its parameter, got " +
                                    std::to_string(arrays[i].size()));
    return arrays[i].mutable_data();
}

template <class T>
void require_count(const char* name, std::size_t got, std::size_t expected, bool may_be_empty) {
    if (got != expected && !(may_be_empty && got == 0))
        throw std::invalid_argument("optimizer: " + std::string(name) + " must have one entry for each of " +
                                    std::to_string(expected) + " parameters, got " + std::to_string(got));
}

/// One list of state arrays with its name, for all parameters or (some may be) empty.
template <class T>
struct State {
    const char* name;
    Arrays<T>& arrays;
    bool may_be_empty = false;
};

template <class T>
std::vector<Slot<T>> slots_of(Arrays<T>& params, Arrays<T>& grads, const std::vector<State<T>>& states) {
    require_count<T>("grads", grads.size(), params.size(), false);
    for (const auto& s : states) require_count<T>(s.name, s.arrays.size(), params.size(), s.may_be_empty);
    std::vector<Slot<T>> slots;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const index_t size = params[i].size();
        if (grads[i].size() != size)
            throw std::invalid_argument("optimizer: grads[" + std::to_string(i) + "] must have " +
                                        std::to_string(size) + " values like its parameter, got " +
                                        std::to_string(grads[i].size()));
        T* found[3] = {nullptr, nullptr, nullptr};
        for (std::size_t k = 0; k < states.size(); ++k) found[k] = state(states[k].name, states[k].arrays, i, size);
        slots.push_back({size, params[i].mutable_data(), grads[i].data(), found[0], found[1], found[2], false, 0, 1, 0});
    }
    return slots;
}

/// Give each slot its own number.
template <class T>
void set_each(std::vector<Slot<T>>& slots, double Slot<T>::*member, const char* name,
              const std::vector<double>& values) {
    require_count<T>(name, values.size(), slots.size(), false);
    for (std::size_t i = 0; i < slots.size(); ++i) slots[i].*member = values[i];
}

template <class T, class Rule, class Settings>
void run(Rule rule, const std::vector<Slot<T>>& slots, const Settings& settings) {
    const ReleaseGilToTheEnd release;  // half a step would be neither the old nor the new parameters
    rule(slots.data(), index_t(slots.size()), settings);
}

template <class T>
const OptimizerKernels<T>& rules() {
    return kernels().of<T>().optimizer;
}

template <class T>
void sgd(Arrays<T> params, Arrays<T> grads, Arrays<T> momentum_buffers, const std::vector<bool>& fresh, double lr,
         double momentum, double dampening, double weight_decay, bool nesterov, bool maximize) {
    auto slots = slots_of<T>(params, grads, {{"momentum_buffers", momentum_buffers, true}});
    require_count<T>("fresh", fresh.size(), params.size(), momentum_buffers.empty());
    for (std::size_t i = 0; i < fresh.size(); ++i) slots[i].fresh = fresh[i];
    run(rules<T>().sgd, slots, SgdSettings{lr, momentum, dampening, weight_decay, nesterov, maximize});
}

template <class T>
void adam(Arrays<T> params, Arrays<T> grads, Arrays<T> exp_avgs, Arrays<T> exp_avg_sqs, Arrays<T> max_exp_avg_sqs,
          const std::vector<double>& step_sizes, const std::vector<double>& root_biases, double lr, double beta1,
          double beta2, double eps, double weight_decay, bool decoupled, bool maximize) {
    auto slots = slots_of<T>(params, grads,
                             {{"exp_avgs", exp_avgs},
                              {"exp_avg_sqs", exp_avg_sqs},
                              {"max_exp_avg_sqs", max_exp_avg_sqs, true}});
    set_each(slots, &Slot<T>::step_size, "step_sizes", step_sizes);
    set_each(slots, &Slot<T>::root_bias, "root_biases", root_biases);
    run(rules<T>().adam, slots, AdamSettings{lr, beta1, beta2, eps, weight_decay, decoupled, maximize});
}

template <class T>
void nadam(Arrays<T> params, Arrays<T> grads, Arrays<T> exp_avgs, Arrays<T> exp_avg_sqs,
           const std::vector<double>& step_sizes, const std::vector<double>& mean_sizes,
           const std::vector<double>& root_biases, double lr, double beta1, double beta2, double eps,
           double weight_decay, bool decoupled, bool maximize) {
    auto slots = slots_of<T>(params, grads, {{"exp_avgs", exp_avgs}, {"exp_avg_sqs", exp_avg_sqs}});
    set_each(slots, &Slot<T>::step_size, "step_sizes", step_sizes);
    set_each(slots, &Slot<T>::mean_size, "mean_sizes", mean_sizes);
    set_each(slots, &Slot<T>::root_bias, "root_biases", root_biases);
    run(rules<T>().nadam, slots, AdamSettings{lr, beta1, beta2, eps, weight_decay, decoupled, maximize});
}

template <class T>
void rmsprop(Arrays<T> params, Arrays<T> grads, Arrays<T> square_avgs, Arrays<T> grad_avgs, Arrays<T> momentum_buffers,
             double lr, double alpha, double eps, double weight_decay, double momentum, bool maximize) {
    const auto slots = slots_of<T>(params, grads,
                                   {{"square_avgs", square_avgs},
                                    {"grad_avgs", grad_avgs, true},
                                    {"momentum_buffers", momentum_buffers, true}});
    run(rules<T>().rmsprop, slots, RmspropSettings{lr, alpha, eps, weight_decay, momentum, maximize});
}

template <class T>
void adadelta(Arrays<T> params, Arrays<T> grads, Arrays<T> square_avgs, Arrays<T> acc_deltas, double lr, double rho,
              double eps, double weight_decay, bool maximize) {
    const auto slots = slots_of<T>(params, grads, {{"square_avgs", square_avgs}, {"acc_deltas", acc_deltas}});
    run(rules<T>().adadelta, slots, AdadeltaSettings{lr, rho, eps, weight_decay, maximize});
}

template <class T>
void adagrad(Arrays<T> params, Arrays<T> grads, Arrays<T> sums, const std::vector<double>& step_sizes, double eps,
             double weight_decay, bool maximize) {
    auto slots = slots_of<T>(params, grads, {{"sums", sums}});
    set_each(slots, &Slot<T>::step_size, "step_sizes", step_sizes);
    run(rules<T>().adagrad, slots, AdagradSettings{eps, weight_decay, maximize});
}

template <class T>
void adamax(Arrays<T> params, Arrays<T> grads, Arrays<T> exp_avgs, Arrays<T> exp_infs,
            const std::vector<double>& step_sizes, double beta1, double beta2, double eps, double weight_decay,
            bool maximize) {
    auto slots = slots_of<T>(params, grads, {{"exp_avgs", exp_avgs}, {"exp_infs", exp_infs}});
    set_each(slots, &Slot<T>::step_size, "step_sizes", step_sizes);
    run(rules<T>().adamax, slots, AdamaxSettings{beta1, beta2, eps, weight_decay, maximize});
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    const auto list = [](const char* name) { return arg(name).noconvert(); };
    const py::kw_only settings;
    m.def("sgd_step", sgd<T>, list("params"), list("grads"), list("momentum_buffers"), arg("fresh"), settings,
          arg("lr"), arg("momentum"), arg("dampening"), arg("weight_decay"), arg("nesterov"), arg("maximize"));
    m.def("adam_step", adam<T>, list("params"), list("grads"), list("exp_avgs"), list("exp_avg_sqs"),
          list("max_exp_avg_sqs"), arg("step_sizes"), arg("root_biases"), settings, arg("lr"), arg("beta1"),
          arg("beta2"), arg("eps"), arg("weight_decay"), arg("decoupled"), arg("maximize"));
    m.def("nadam_step", nadam<T>, list("params"), list("grads"), list("exp_avgs"), list("exp_avg_sqs"),
          arg("step_sizes"), arg("mean_sizes"), arg("root_biases"), settings, arg("lr"), arg("beta1"), arg("beta2"),
          arg("eps"), arg("weight_decay"), arg("decoupled"), arg("maximize"));
    m.def("rmsprop_step", rmsprop<T>, list("params"), list("grads"), list("square_avgs"), list("grad_avgs"),
          list("momentum_buffers"), settings, arg("lr"), arg("alpha"), arg("eps"), arg("weight_decay"),
          arg("momentum"), arg("maximize"));
    m.def("adadelta_step", adadelta<T>, list("params"), list("grads"), list("square_avgs"), list("acc_deltas"),
          settings, arg("lr"), arg("rho"), arg("eps"), arg("weight_decay"), arg("maximize"));
    m.def("adagrad_step", adagrad<T>, list("params"), list("grads"), list("sums"), arg("step_sizes"), settings,
          arg("eps"), arg("weight_decay"), arg("maximize"));
    m.def("adamax_step", adamax<T>, list("params"), list("grads"), list("exp_avgs"), list("exp_infs"),
          arg("step_sizes"), settings, arg("beta1"), arg("beta2"), arg("eps"), arg("weight_decay"), arg("maximize"));
}

}  // namespace

void bind_optimizer(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
}

}  // namespace minicnn

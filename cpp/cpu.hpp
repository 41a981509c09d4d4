// Which instruction set the kernels run on: chosen once from what this processor has, or forced by
// MINICNN_CPU=baseline|avx2|avx512 or `set_target`.
#pragma once

#include <string>
#include <vector>

namespace minicnn {

struct Kernels;

/// Names of the instruction sets that this build has and this processor can run, the best one last.
std::vector<std::string> available_targets();

/// Name of the one in use.
std::string active_target();

/// Use this instruction set; throw `std::invalid_argument` if it is not one of `available_targets()`.
void set_target(const std::string& name);

/// The kernels compiled for the instruction set in use.
const Kernels& kernels();

}  // namespace minicnn

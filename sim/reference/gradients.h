// Gradients of single operations, and updates of weights, in double precision.
#pragma once
#include <vector>

#include "sim/workload/graph.h"

namespace octet {

// Of an activation, a softmax or a norm: `dy` that of the result, `x` what the operation took (of relu what
// it made), `gamma` of a norm.
void gradient(const Operation& op, const double* dy, const double* x, const double* gamma,
              std::vector<double>& dx);

// axpy, moment, second_moment, adam with their inputs in order.
void weight_update(const Operation& op, const double* a, const double* b, const double* c,
                   std::vector<double>& y);

}  // namespace octet

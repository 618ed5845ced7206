// Gradients of docs/values.md for one row, step by step.
#pragma once
#include <functional>
#include <vector>

#include "models/arithmetic/vector_math.h"
#include "models/softmax/config.h"
#include "sim/workload/graph.h"

namespace octet::test {

using Row = std::vector<float>;

struct PlainUnit {
    const VectorMath& math;
    std::function<float(const Row&)> sum;  // of a row through the lanes
};

// `seen`: by column.
Row plain_softmax_backward(const PlainUnit& unit, const SoftmaxConfig& config, const Row& dy, Row x,
                           const std::vector<bool>& seen);
Row plain_norm_backward(const PlainUnit& unit, bool layernorm, double epsilon, const Row& dy, const Row& x,
                        const Row& gamma);
// Of keys `distance` behind (or, negative, before) the query, as the code of T5 puts it.
std::uint64_t plain_bucket(std::int64_t distance, std::uint64_t buckets, bool one_way);
float plain_slope(const VectorMath& math, OperationKind function, float dy, float x);
float plain_update(const VectorMath& math, const Operation& op, float a, float b, float c);

}  // namespace octet::test

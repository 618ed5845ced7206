// A transformer on a tape: what its description says, in the plainest way, and the gradients of its weights.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "sim/workload/description.h"
#include "tests/values/tape.h"

namespace octet::test {

struct TapeModel {
    TransformerDescription description;
    PhaseConfig phase;
    std::map<std::string, Matrix> tensors;  // weights and inputs by the name they have in a graph
    std::vector<std::uint64_t> tokens;

    // Cross-entropy with the labels (-1 in the column of each row's label), on average over rows; without
    // labels the sum of output_gradient * result.
    double loss() const;
    // Of every weight that is read.
    std::map<std::string, Matrix> gradients() const;
};

}  // namespace octet::test

// A graph on a machine with inputs of its own, held against the plain reference.
#pragma once
#include "models/accelerator/run.h"
#include "tests/values/plain_reference.h"
#include "tests/values/small_runs.h"

namespace octet::test {

struct Case {
    Graph graph;
    AcceleratorConfig machine;
    PlainInputs inputs;
};

// Synthetic inputs with outliers, masks that say something, tokens, scales by calibration.
Case make_case(Graph graph, const AcceleratorConfig& machine, std::uint64_t seed);

// Every operation's results, and what is left in DRAM, bit for bit.
void expect_values_of_reference(const Case& c, Fidelity fidelity = Fidelity::pass);

}  // namespace octet::test

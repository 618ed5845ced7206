#include "tests/values/reference_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "models/arithmetic/vector_math.h"
#include "sim/lower/blocks.h"
#include "sim/run/value_run.h"
#include "sim/workload/tokens.h"

namespace octet::test {

Case make_case(Graph graph, const AcceleratorConfig& machine, std::uint64_t seed) {
    add_block_copies(graph, formats_by_use(machine.pe.storage, machine.formats));
    Case c{std::move(graph), machine, {}};
    c.inputs.seed = seed;
    SyntheticInputs synthetic;
    synthetic.outlier_rate = 0.01;
    synthetic.outlier_scale = 20;
    c.inputs.sources = synthetic_tensors(c.graph, synthetic, seed);
    for (TensorId id = 0; id < c.graph.tensors.size(); ++id)  // masks that say something
        if (c.graph.tensors[id].name.find("mask") != std::string::npos)
            for (std::size_t i = 0; i < c.inputs.sources[id].size(); ++i)
                c.inputs.sources[id][i] = i % 5 == 3 ? -100 : i % 7 == 2 ? 0.75 : 0;
    for (const Operation& op : c.graph.operations)
        if (op.kind == OperationKind::embedding)
            for (std::uint64_t i = 0; i < op.batch * op.m; ++i)
                c.inputs.tokens.push_back(
                    synthetic_token(seed, c.inputs.tokens.size(), c.graph.tensors[op.inputs[0]].rows));
    const auto scaled = [](const std::string& format) {
        return find_format(format)->tensor_scale != nullptr;
    };
    if (std::ranges::any_of(c.graph.tensors, &Tensor::scaled) ||
        std::ranges::any_of(stored_formats(machine.pe.storage, machine.formats), scaled))
        c.inputs.scales = calibrate(c.graph, c.inputs.sources, c.inputs.tokens, machine, 1);
    return c;
}

namespace {

bool same(const std::vector<float>& a, const std::vector<float>& b, std::size_t& where) {
    for (where = 0; where < a.size() && where < b.size(); ++where)
        if (std::memcmp(&a[where], &b[where], sizeof(float)) != 0) return false;
    return a.size() == b.size();
}

}  // namespace

void expect_values_of_reference(const Case& c, Fidelity fidelity) {
    Program program(c.graph, c.machine, c.inputs.seed, c.inputs.scales, c.inputs.tokens);
    MachineValues values(value_config(c.machine, c.inputs.seed, c.graph.operations.size()));
    write_sources(values, program, c.graph, c.inputs.sources, c.inputs.scales);
    Collector seen(c.graph);
    values.observer = &seen;
    run_machine(c.machine, program, &values, fidelity);
    const auto wanted = plain_results(c.graph, c.machine, c.inputs);
    for (OperationId id = 0; id < c.graph.operations.size(); ++id) {
        std::size_t i = 0;
        ASSERT_TRUE(same(seen.results[id], wanted[id], i))
            << c.graph.operations[id].name << ", value " << i << " of " << wanted[id].size() << ": machine "
            << seen.results[id][i] << ", reference " << wanted[id][i];
    }
    // What is left in DRAM is what was seen.
    for (const Program::Stored& out : program.outputs()) {
        const Tensor& tensor = c.graph.tensors[out.tensor];
        auto stored = read_numbers(values.dram, out.place, *out.format);
        const VectorMath math(*find_accumulator(c.machine.vector.format));
        for (float& x : stored)  // as the vector unit sees it
            x = out.format->tensor_scale == nullptr ? math.round(double{x})
                                                    : math.multiply(x, c.inputs.scales[out.tensor].scale);
        for (OperationId id = 0; id < c.graph.operations.size(); ++id)
            if (c.graph.operations[id].output == out.tensor) {
                for (std::size_t i = 0; i < stored.size(); ++i) {
                    const float value = math.round(double{wanted[id][out.index * stored.size() + i]});
                    ASSERT_TRUE(stored[i] == value || (std::isnan(stored[i]) && std::isnan(value)))
                        << tensor.name << ' ' << i << ": " << stored[i] << " in DRAM, " << value << " wanted";
                }
            }
    }
}

}  // namespace octet::test

// A run with values: what lies in DRAM before it, and how far its results are from double precision.
#pragma once
#include <exception>
#include <memory>
#include <thread>

#include "models/machine_values.h"
#include "sim/config/experiment.h"
#include "sim/lower/program.h"
#include "sim/reference/evaluate.h"
#include "sim/run/comparison.h"
#include "sim/run/result.h"

namespace octet {

// How the machine computes; throws std::invalid_argument if it cannot with values.
ValueConfig value_config(const AcceleratorConfig& machine, std::uint64_t seed, std::size_t operations);

// Numbers in the places of a program's sources.
void write_sources(MachineValues& values, const Program& program, const Graph& graph,
                   const SourceTensors& sources, std::span<const float> scales, unsigned threads = 1);

// One for each tensor: largest magnitude / largest code. Activations are evaluated in double precision.
std::vector<float> calibrate(const Graph& graph, const SourceTensors& sources,
                             std::span<const std::uint64_t> tokens, const FormatInfo& storage,
                             unsigned threads);

class ValueRun {
  public:
    ValueRun(const ExperimentConfig& experiment, const Graph& graph);
    ~ValueRun();

    const std::vector<float>& scales() const { return scales_; }
    const std::vector<std::uint64_t>& tokens() const { return tokens_; }
    // Before the run: fills the memory and starts the reference, which works beside the machine.
    MachineValues& begin(const Program& program);
    // After it: waits for the reference.
    void end(Result& result);

  private:
    const Graph& graph_;
    unsigned threads_;
    SourceTensors sources_;
    std::vector<std::uint64_t> tokens_;
    std::vector<float> scales_;
    MachineValues values_;
    Comparison comparison_;
    std::thread reference_;
    std::exception_ptr failure_;
};

}  // namespace octet

// The operation graph as a program for one machine: tiling, residency, order, addresses. See
// docs/lowering.md.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/accelerator/command.h"
#include "models/accelerator/config.h"
#include "sim/lower/plan.h"
#include "sim/workload/graph.h"

namespace octet {

// What lowering decided for one kernel, for `--explain`.
struct KernelChoice {
    OperationId operation = 0;
    std::vector<OperationId> fused;
    std::uint64_t items = 1;      // matrices of a batch, each lowered alike
    bool matrix = false;          // a product; else vector work
    GemmPlan plan;                // of the first item, products only
    std::uint64_t row_block = 0;  // rows handled at once, vector work only
    bool output_resident = false;
};

class Program final : public CommandSource {
  public:
    // `seed` draws the token ids of embedding look-ups. Throws std::invalid_argument if the machine's
    // memories are too small for the graph.
    Program(const Graph& graph, const AcceleratorConfig& config, std::uint64_t seed);
    ~Program() override;

    bool next(Command& command) override;
    const std::vector<VectorProgram>& programs() const override;
    std::uint32_t operations() const override;

    // By operation: the one whose commands do its work (itself, unless it is fused into another).
    const std::vector<OperationId>& hosts() const;
    // Complete once `next` has returned false.
    const std::vector<KernelChoice>& choices() const;
    std::uint64_t sram_peak_bytes() const;
    std::uint64_t dram_bytes() const;
    std::uint64_t evictions() const;

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace octet

// The operation graph as a program for one machine: tiling, residency, order, addresses. See
// docs/lowering.md.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/accelerator/command.h"
#include "models/accelerator/config.h"
#include "models/codec/matrix_codes.h"
#include "sim/lower/plan.h"
#include "sim/workload/graph.h"

namespace octet {

// What lowering decided for one kernel, for `--explain`.
struct KernelChoice {
    OperationId operation = 0;
    std::vector<OperationId> fused;
    std::uint64_t items = 1;  // matrices of a batch, each lowered alike
    bool matrix = false;      // a product; else vector work
    bool encodes = false;     // vector work that encodes the results of the kernel before to blocks
    GemmPlan plan;            // of the first item, products on the array only
    bool on_lanes = false;    // a product of one vector on the vector unit
    std::uint64_t lanes_k = 0, lanes_n = 0;  // of it: reduction and results of a command
    bool matrix_resident = false;            // its matrix
    std::uint64_t rows = 0, columns = 0;     // vector work only: of one item
    std::uint64_t row_block = 0;             // rows handled at once
    bool output_resident = false;
};

class Program final : public CommandSource {
  public:
    // `scales`: of tensors of integer codes, by tensor; empty: 1. `tokens`: the ids of embedding look-ups,
    // one look-up and in it a sample after the other; empty: drawn by `seed`. Throws std::invalid_argument if
    // the machine's memories are too small for the graph.
    Program(const Graph& graph, const AcceleratorConfig& config, std::uint64_t seed,
            std::vector<TensorScale> scales = {}, std::vector<std::uint64_t> tokens = {});
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

    // A matrix of a tensor in DRAM.
    struct Stored {
        TensorId tensor = no_tensor;
        std::uint64_t index = 0;  // in the tensor's batch
        CodedMatrix place;        // of the matrix, or of its transpose
        bool transposed = false;
        const FormatInfo* format = nullptr;
    };
    std::vector<Stored> sources() const;  // weights and inputs, before the run
    std::vector<Stored> zeros() const;    // rows of them beside tables of words, before the run
    std::vector<Stored> outputs() const;  // what the graph calls output, after the run

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace octet

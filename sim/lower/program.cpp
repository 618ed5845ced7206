#include "sim/lower/program.h"

#include "sim/lower/lowering.h"

namespace octet {

class Program::State : public Lowering {
  public:
    using Lowering::Lowering;
};

Program::Program(const Graph& graph, const AcceleratorConfig& config, std::uint64_t seed)
    : state_(std::make_unique<State>(graph, config, seed)) {}

Program::~Program() = default;

bool Program::next(Command& command) {
    auto& commands = state_->emitter.commands();
    while (commands.empty())
        if (!state_->next_item()) return false;
    command = std::move(commands.front());
    commands.pop_front();
    return true;
}

const std::vector<VectorProgram>& Program::programs() const {
    return state_->programs;
}
std::uint32_t Program::operations() const {
    return static_cast<std::uint32_t>(state_->graph.operations.size());
}
const std::vector<OperationId>& Program::hosts() const {
    return state_->fused.host;
}
const std::vector<KernelChoice>& Program::choices() const {
    return state_->choices;
}
std::uint64_t Program::sram_peak_bytes() const {
    return state_->placement.sram().peak_used();
}
std::uint64_t Program::dram_bytes() const {
    return state_->placement.dram().used();
}
std::uint64_t Program::evictions() const {
    return state_->emitter.evictions();
}

}  // namespace octet

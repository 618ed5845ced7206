#include "sim/lower/program.h"

#include <algorithm>
#include <stdexcept>

#include "sim/lower/lowering.h"

namespace octet {

class Program::State : public Lowering {
  public:
    using Lowering::Lowering;
};

Program::Program(const Graph& graph, const AcceleratorConfig& config, std::uint64_t seed,
                 std::vector<float> scales, std::vector<std::uint64_t> tokens)
    : state_(std::make_unique<State>(graph, config, seed, std::move(scales), std::move(tokens))) {}

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
    return state_->workload_operations;
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
    return state_->placement.dram().used() - state_->placement.host_bytes();
}
std::uint64_t Program::evictions() const {
    return state_->emitter.evictions();
}

namespace {

std::vector<Program::Stored> stored(const Graph& graph, Placement& placement,
                                    std::initializer_list<TensorRole> roles) {
    std::vector<Program::Stored> list;
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& tensor = graph.tensors[id];
        if (std::find(roles.begin(), roles.end(), tensor.role) == roles.end()) continue;
        for (std::uint64_t i = 0; i < tensor.batch; ++i) {
            const Matrix& matrix = placement.matrix(id, i);
            if (!matrix.in_dram) throw std::logic_error("tensor '" + tensor.name + "' is not in DRAM");
            const Layout& layout = matrix.layout;
            Program::Stored s{id, i, {}, matrix.transposed, &layout.format()};
            s.place.rows = static_cast<std::uint32_t>(layout.rows());
            s.place.columns = static_cast<std::uint32_t>(layout.cols());
            s.place.pitch = layout.pitch();
            s.place.piece_columns = static_cast<std::uint32_t>(layout.piece_columns());
            const Pieces pieces = layout.pieces(matrix.dram, {0, layout.rows()}, {0, layout.cols()});
            s.place.strips = pieces.values;
            s.place.scales = pieces.scales;
            list.push_back(s);
        }
    }
    return list;
}

}  // namespace

std::vector<Program::Stored> Program::sources() const {
    return stored(state_->graph, state_->placement, {TensorRole::weight, TensorRole::input});
}
std::vector<Program::Stored> Program::outputs() const {
    return stored(state_->graph, state_->placement, {TensorRole::output, TensorRole::logits});
}

}  // namespace octet

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
                 std::vector<TensorScale> scales, std::vector<std::uint64_t> tokens)
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

// A matrix, or with its `layout` a part of one, at an address.
Program::Stored stored_at(const Lowering& state, TensorId id, std::uint64_t index, const Matrix& matrix,
                          const Layout& layout, Address address) {
    Program::Stored s{id, index, {}, matrix.transposed, &layout.format()};
    s.place.rows = static_cast<std::uint32_t>(layout.rows());
    s.place.columns = static_cast<std::uint32_t>(layout.cols());
    s.place.pitch = layout.pitch();
    s.place.piece_columns = static_cast<std::uint32_t>(layout.piece_columns());
    const Pieces pieces = layout.pieces(address, {0, layout.rows()}, {0, layout.cols()});
    s.place.strips = pieces.values;
    s.place.scales = pieces.scales;
    s.place.zero = state.zero_of(matrix);
    return s;
}

std::vector<Program::Stored> stored(Lowering& state, std::initializer_list<TensorRole> roles) {
    const Graph& graph = state.graph;
    std::vector<Program::Stored> list;
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& tensor = graph.tensors[id];
        if (std::find(roles.begin(), roles.end(), tensor.role) == roles.end()) continue;
        for (std::uint64_t i = 0; i < tensor.batch; ++i) {
            const Matrix& matrix = state.placement.matrix(id, i);
            if (!matrix.in_dram) throw std::logic_error("tensor '" + tensor.name + "' is not in DRAM");
            list.push_back(stored_at(state, id, i, matrix, matrix.layout, matrix.dram));
        }
    }
    return list;
}

}  // namespace

std::vector<Program::Stored> Program::sources() const {
    return stored(*state_, {TensorRole::weight, TensorRole::input});
}
std::vector<Program::Stored> Program::zeros() const {
    std::vector<Stored> list;
    for (const auto& [id, address] : state_->placement.zeros()) {
        const Matrix& table = state_->placement.matrix(id, 0);
        list.push_back(
            stored_at(*state_, id, 0, table, table.layout.part({0, 1}, {0, table.layout.cols()}), address));
    }
    return list;
}
std::vector<Program::Stored> Program::outputs() const {
    return stored(*state_, {TensorRole::output, TensorRole::logits});
}

}  // namespace octet

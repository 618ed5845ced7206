#include "sim/lower/placement.h"

#include <algorithm>
#include <numeric>

namespace octet {
Placement::Placement(const Graph& graph, const FusedGraph& fused, const MachineShape& machine,
                     std::uint64_t dram_alignment)
    : readers_(graph.tensors.size()), sram_(machine.sram_bytes, machine.sram_word), dram_(dram_alignment) {
    // Where tiles of an activation may begin; panels serve if that is the array's side everywhere.
    std::vector<std::uint64_t> unit(graph.tensors.size(), std::gcd(machine.rows, machine.cols));
    std::vector<bool> by_row(graph.tensors.size(), false);  // look-up tables and parameters
    std::vector<bool> turned(graph.tensors.size(),
                             false);  // a static weight that is used transposed is laid out so
    const auto narrow = [&](TensorId tensor, std::uint64_t blocks) {
        if (blocks > 0) unit[tensor] = std::gcd(unit[tensor], graph.tensors[tensor].cols / blocks);
    };
    for (const Operation& operation : graph.operations) {
        for (std::size_t i = 0; i < operation.inputs.size(); ++i)
            if (operation.kind == OperationKind::embedding || is_parameter(graph, operation, i)) {
                const TensorId id = operation.inputs[i];
                by_row[id] = true;
                // An epilogue takes a parameter tile by tile.
                unit[id] = is_parameter(graph, operation, i) ? machine.cols : graph.tensors[id].cols;
            }
        if (operation.kind != OperationKind::matmul) continue;
        narrow(operation.inputs[0], operation.a_blocks);
        narrow(operation.inputs[1], operation.b_blocks);
        narrow(operation.output, operation.out_blocks);
        turned[operation.inputs[1]] =
            operation.transpose_b && graph.tensors[operation.inputs[1]].role == TensorRole::weight;
    }
    // What an epilogue writes or adds is taken in the blocks of its product.
    for (const Kernel& kernel : fused.kernels) {
        const Operation& product = graph.operations[kernel.operation];
        if (product.kind == OperationKind::matmul) narrow(kernel.output, product.out_blocks);
    }
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& tensor = graph.tensors[id];
        first_.push_back(matrices_.size());
        Matrix matrix;
        matrix.tensor = id;
        const FormatInfo& format = fused.wide[id] ? *machine.vector : *machine.storage;
        if (by_row[id])
            matrix.layout = Layout::row_major(tensor.rows, tensor.cols, unit[id], format);
        else if (tensor.role == TensorRole::weight)
            matrix.layout = turned[id] ? Layout::panels(tensor.cols, tensor.rows, machine.cols, format)
                                       : Layout::panels(tensor.rows, tensor.cols, machine.cols, format);
        else if (unit[id] == machine.rows && machine.rows == machine.cols)
            matrix.layout = Layout::panels(tensor.rows, tensor.cols, machine.cols, format);
        else
            matrix.layout = Layout::row_major(tensor.rows, tensor.cols, unit[id], format);
        matrix.transposed = turned[id] && !by_row[id];
        matrix.in_dram = tensor.role == TensorRole::weight || tensor.role == TensorRole::input;
        matrices_.insert(matrices_.end(), tensor.batch, matrix);
    }
    for (std::size_t k = 0; k < fused.kernels.size(); ++k) {
        const auto reads = [&](OperationId id) {
            const Operation& operation = graph.operations[id];
            for (TensorId input : operation.inputs) {
                if (fused.host[id] == fused.kernels[k].operation && id != fused.kernels[k].operation &&
                    std::any_of(
                        fused.kernels[k].fused.begin(), fused.kernels[k].fused.end(),
                        [&](OperationId f) { return f != id && graph.operations[f].output == input; }))
                    continue;  // stays inside the epilogue
                if (id != fused.kernels[k].operation &&
                    input == graph.operations[fused.kernels[k].operation].output)
                    continue;
                const Tensor& tensor = graph.tensors[input];
                readers_[input].push_back(k);
                // Items of a batch read one matrix each, or share one.
                const std::uint64_t items = graph.operations[fused.kernels[k].operation].batch;
                for (std::uint64_t i = 0; i < items; ++i)
                    ++matrices_[first_[input] + (tensor.batch == 1 ? 0 : i * tensor.batch / items)].uses_left;
            }
        };
        reads(fused.kernels[k].operation);
        for (OperationId id : fused.kernels[k].fused) reads(id);
    }
    for (Matrix& matrix : matrices_)
        if (matrix.in_dram) give_dram_address(matrix);
}

void Placement::give_dram_address(Matrix& matrix) {
    if (matrix.has_dram) return;
    matrix.dram = dram_.allocate(matrix.layout.bytes());
    matrix.has_dram = true;
}

void Placement::make_resident(Matrix& matrix, const MemorySpace::Region& region) {
    matrix.sram = region;
    matrix.sram_ready = {};
    matrix.readers = {};
    resident_.push_back(&matrix);
}

void Placement::drop(Matrix& matrix) {
    std::erase(resident_, &matrix);
    Needs last_use = matrix.sram_ready;
    last_use.merge(matrix.readers);
    sram_.release(*matrix.sram, last_use);
    matrix.sram.reset();
    matrix.readers = {};
}

void Placement::used(Matrix& matrix) {
    if (matrix.uses_left > 0) --matrix.uses_left;
    if (matrix.uses_left == 0 && matrix.resident()) drop(matrix);
}

Matrix* Placement::victim(const std::vector<const Matrix*>& pinned, std::size_t kernel) {
    Matrix* best = nullptr;
    std::size_t best_next = 0;
    for (Matrix* matrix : resident_) {
        if (std::find(pinned.begin(), pinned.end(), matrix) != pinned.end()) continue;
        const auto& readers = readers_[matrix->tensor];
        const auto it = std::lower_bound(readers.begin(), readers.end(), kernel);
        const std::size_t next = it == readers.end() ? ~std::size_t{0} : *it;
        if (best == nullptr || next > best_next) {
            best = matrix;
            best_next = next;
        }
    }
    return best;
}

}  // namespace octet

#include "sim/run/single.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "sim/lower/blocks.h"

namespace octet {
namespace {

struct KindRow {
    std::string_view name;
    OperationKind operation;
    std::size_t least, most;  // inputs
};

constexpr KindRow kinds[] = {
    {"gemm", OperationKind::matmul, 2, 3},     {"softmax", OperationKind::softmax, 1, 1},
    {"gelu", OperationKind::gelu, 1, 1},       {"layernorm", OperationKind::layernorm, 1, 3},
    {"rmsnorm", OperationKind::rmsnorm, 1, 2}, {"add", OperationKind::add, 2, 2}};

const KindRow& row_of(SingleKind kind) {
    return kinds[static_cast<std::size_t>(kind)];
}

bool is_vector(const Tensor& tensor) {
    return tensor.name == "bias" || tensor.name == "gamma" || tensor.name == "beta";
}

}  // namespace

std::string misfit(SingleKind kind, std::optional<std::size_t> sides, std::optional<std::size_t> files) {
    const KindRow& row = row_of(kind);
    const bool gemm = kind == SingleKind::gemm;
    if (sides && *sides != (gemm ? 3U : 2U))
        return fmt::format("--shape: {} takes {}", row.name, gemm ? "M,N,K" : "M,N");
    if (!files || (*files >= row.least && *files <= row.most)) return {};
    const std::string range =
        row.most > row.least ? fmt::format("{} to {}", row.least, row.most) : fmt::format("{}", row.least);
    return fmt::format("--in: {} takes {} file{}, not {}", row.name, range, range == "1" ? "" : "s", *files);
}

Single single_operation(SingleKind kind, const std::vector<std::uint64_t>& shape, std::size_t inputs) {
    const KindRow& row = row_of(kind);
    const bool gemm = kind == SingleKind::gemm;
    if (const std::string reason = misfit(kind, shape.size(), inputs); !reason.empty())
        throw std::invalid_argument(reason);
    const std::uint64_t m = shape[0], n = shape[1], k = gemm ? shape[2] : 0;
    Single single;
    Graph& graph = single.graph;
    graph.name = row.name;
    const auto tensor = [&](const char* name, TensorRole role, std::uint64_t rows, std::uint64_t cols) {
        graph.tensors.push_back({name, role, 1, rows, cols});
        return static_cast<TensorId>(graph.tensors.size() - 1);
    };
    Operation op;
    op.name = row.name;
    op.kind = row.operation;
    op.m = m, op.n = n, op.k = k;
    if (gemm) {
        op.inputs = {tensor("a", TensorRole::input, m, k), tensor("b", TensorRole::weight, k, n)};
        op.has_bias = inputs == 3;
        if (op.has_bias) op.inputs.push_back(tensor("bias", TensorRole::weight, 1, n));
    } else {
        op.inputs = {tensor("x", TensorRole::input, m, n)};
        if (kind == SingleKind::add) op.inputs.push_back(tensor("y", TensorRole::input, m, n));
        if (is_norm(op.kind)) op.inputs.push_back(tensor("gamma", TensorRole::weight, 1, n));
        if (kind == SingleKind::layernorm) op.inputs.push_back(tensor("beta", TensorRole::weight, 1, n));
    }
    single.inputs = op.inputs;
    single.output = op.output = tensor("result", TensorRole::output, m, n);
    graph.operations = {op};
    mark_weights(graph);
    validate(graph);
    return single;
}

std::vector<std::uint64_t> shape_of(SingleKind kind, const std::vector<NpyFile>& files) {
    if (const std::string reason = misfit(kind, {}, files.size()); !reason.empty())
        throw std::invalid_argument(reason);
    const auto need = [](const NpyFile& file, bool fits, const std::string& wanted) {
        if (!fits)
            throw file_error(file.path(),
                             fmt::format("is {}, expected {}", shape_text(file.tensor().shape), wanted));
    };
    const auto& first = files[0].tensor().shape;
    need(files[0], first.size() == 2 && first[0] > 0 && first[1] > 0, "a matrix with at least one value");
    std::vector<std::uint64_t> shape{first[0], first[1]};
    std::size_t vectors = 1;
    if (kind == SingleKind::gemm) {
        const auto& b = files[1].tensor().shape;
        need(files[1], b.size() == 2 && b[0] == first[1] && b[1] > 0,
             fmt::format("a matrix of {} rows", first[1]));
        shape = {first[0], b[1], first[1]};
        vectors = 2;
    } else if (kind == SingleKind::add) {
        need(files[1], files[1].tensor().shape == first, shape_text(first));
        vectors = 2;
    }
    for (std::size_t i = vectors; i < files.size(); ++i) {
        const auto& s = files[i].tensor().shape;
        const bool fits =
            (s.size() == 1 && s[0] == shape[1]) || (s.size() == 2 && s[0] == 1 && s[1] == shape[1]);
        need(files[i], fits, fmt::format("{} values", shape[1]));
    }
    return shape;
}

std::string scales_path(const std::string& path) {
    constexpr std::string_view ending = ".npy";
    return (path.ends_with(ending) ? path.substr(0, path.size() - ending.size()) : path) + ".scales.npy";
}

namespace {

// The numbers that blocks of codes stand for.
std::vector<double> numbers_of(const BlockCodes& given, const Tensor& tensor, const BlockGrid& grid,
                               const FormatInfo& storage) {
    std::vector<double> numbers;
    for (std::uint64_t row = 0; row < tensor.rows; ++row)
        for (std::uint64_t column = 0; column < tensor.cols; ++column) {
            const std::uint64_t scale = grid.along_rows
                                            ? grid.block_of(row) * tensor.cols + column
                                            : row * grid.blocks(tensor.cols) + grid.block_of(column);
            numbers.push_back(
                storage.decode_element(given.codes[row * tensor.cols + column], given.scales[scale]));
        }
    return numbers;
}

BlockCodes block_codes(const NpyFile& file, const Tensor& tensor, const BlockGrid& grid) {
    const NpyFile scales(scales_path(file.path()));
    const std::uint64_t rows = grid.along_rows ? grid.blocks(tensor.rows) : tensor.rows,
                        cols = grid.along_rows ? tensor.cols : grid.blocks(tensor.cols);
    const auto& shape = scales.tensor().shape;
    const bool vector = tensor.rows == 1 && shape.size() == 1 && shape[0] == cols;
    if (scales.tensor().dtype != Dtype::u8 || (!vector && shape != std::vector{rows, cols}))
        throw file_error(scales.path(),
                         fmt::format("is {} of type {}, expected {} x {} scale codes of type U8",
                                     shape_text(shape), name(scales.tensor().dtype), rows, cols));
    BlockCodes given;
    for (const double code : file.tensor().numbers()) given.codes.push_back(static_cast<Code>(code));
    for (const double code : scales.tensor().numbers()) given.scales.push_back(static_cast<Code>(code));
    return given;
}

}  // namespace

Sources sources_of(const Single& single, const std::vector<NpyFile>& files, const FormatOfUse& formats) {
    Sources sources;
    sources.tensors.resize(single.graph.tensors.size());
    const std::vector<BlockGrid> grids = block_grids(single.graph, formats);
    for (std::size_t i = 0; i < single.inputs.size(); ++i) {
        const TensorId id = single.inputs[i];
        const Tensor& tensor = single.graph.tensors[id];
        const FormatInfo& storage = *formats.at(static_cast<std::size_t>(tensor.use));
        std::vector<double>& values = sources.tensors[id];
        if (i >= files.size()) {
            if (!is_vector(tensor)) throw std::logic_error("an operand is missing");
            values.assign(tensor.elements(), tensor.name == "gamma" ? 1 : 0);
            continue;
        }
        const StoredTensor& stored = files[i].tensor();
        values = stored.numbers();
        const bool codes = stored.dtype == Dtype::u8 || stored.dtype == Dtype::u16;
        if (!codes && !is_float(stored.dtype))
            throw file_error(
                files[i].path(),
                fmt::format("values of type {}; numbers are F64, F32, F16 or BF16, codes U8 or U16",
                            name(stored.dtype)));
        if (!codes) continue;
        const double limit = std::ldexp(1.0, storage.bits);
        for (std::size_t j = 0; j < values.size(); ++j)
            if (values[j] >= limit)
                throw file_error(files[i].path(),
                                 fmt::format("value {}: code {:#x}; codes of {} have {} bits", j,
                                             static_cast<unsigned>(values[j]), storage.name, storage.bits));
        if (storage.scale_bits > 8)
            throw file_error(files[i].path(), fmt::format("codes of {} are not read, as its scales have {} "
                                                          "bits: give numbers",
                                                          storage.name, storage.scale_bits));
        if (storage.decode_element != nullptr) {
            const BlockCodes& given = sources.codes[id] = block_codes(files[i], tensor, grids[id]);
            values = numbers_of(given, tensor, grids[id], storage);
            sources.unscaled.push_back(id);
            continue;
        }
        for (double& value : values) value = storage.decode(static_cast<Code>(value));
        sources.unscaled.push_back(id);
    }
    return sources;
}

}  // namespace octet

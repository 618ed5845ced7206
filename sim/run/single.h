// One operation with a user's own values as a graph.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/lower/blocks.h"
#include "sim/run/value_run.h"
#include "sim/tensors/tensor_file.h"

namespace octet {

enum class SingleKind : std::uint8_t { gemm, softmax, gelu, layernorm, rmsnorm, add };

// What each operation takes: gemm A (M x K), B (K x N), optional bias (N); softmax, gelu X (M x N); add X, Y;
// layernorm X, optional gamma and beta (N each, else 1 and 0); rmsnorm X, optional gamma.
struct Single {
    Graph graph;
    std::vector<TensorId> inputs;  // in the order of the files
    TensorId output = no_tensor;
};

// Why so many sides of --shape, or so many files, do not go with an operation; empty if they do.
std::string misfit(SingleKind kind, std::optional<std::size_t> sides, std::optional<std::size_t> files = {});

// `shape`: M, N, K of a gemm, M, N of the others; `inputs`: how many of the optional ones there are beside
// the first. Throws std::invalid_argument.
Single single_operation(SingleKind kind, const std::vector<std::uint64_t>& shape, std::size_t inputs);

// The shape that files ask for. Throws InputError, naming the file that does not fit.
std::vector<std::uint64_t> shape_of(SingleKind kind, const std::vector<NpyFile>& files);

// Where the scales of the codes in a file of that name are: a.npy, a.scales.npy.
std::string scales_path(const std::string& path);

// Numbers of the files, and 1 and 0 for what is not given. uint8 and uint16 hold codes of `storage`; their
// scales lie beside them if it is an MX format, a byte a block, as a matrix like that of the values.
Sources sources_of(const Single& single, const std::vector<NpyFile>& files, const FormatOfUse& formats);

}  // namespace octet

// What of an ONNX file matters here, free of protobuf: nodes, shapes, small constants.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace octet {

using Dims = std::vector<std::uint64_t>;

// A tensor that the file holds. Values of integers, and of few floating-point numbers, are kept; more are
// never looked at.
struct OnnxConstant {
    Dims dims;
    bool floating = false;
    std::optional<std::vector<double>> values;
};

struct OnnxAttribute {
    std::vector<std::int64_t> integers;  // one for a single one
    std::optional<double> number;
    std::string text;
    std::optional<OnnxConstant> tensor;
    bool graph = false;  // a body of control flow
};

struct OnnxNode {
    std::string name, kind;  // the name is never empty: that of the first output, else the place in the file
    std::vector<std::string> inputs, outputs;
    std::map<std::string, OnnxAttribute> attributes;
};

// A side is a number, or the name of what is given from outside.
struct OnnxInput {
    std::string name;
    bool floating = false;
    std::vector<std::optional<std::uint64_t>> sides;
    std::vector<std::string> names;  // of open sides, else empty
};

struct OnnxModel {
    std::string name;
    std::vector<OnnxNode> nodes;
    std::map<std::string, OnnxConstant> constants;
    std::vector<OnnxInput> inputs;  // without constants
    std::vector<std::string> outputs;
    std::int64_t opset = 0;  // of the standard operators
};

constexpr std::size_t max_onnx_nodes = 100'000, max_onnx_rank = 8;
constexpr std::uint64_t max_kept_values = 8192;

// Whether this build has what the reading needs.
bool has_onnx();

// Reads the bytes of a file. Throws InputError naming `file`, and node or tensor; also without has_onnx().
OnnxModel parse_onnx(std::span<const std::byte> bytes, const std::string& file);

}  // namespace octet

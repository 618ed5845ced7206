// What checkpoints of the Hugging Face library call the weights of a graph.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

// How a row's names go on, and how its matrix lies there. A weight of a graph is K x N.
enum class NameKind : std::uint8_t {
    tensor,  // the names are whole, the matrix lies as it is
    table,   // NAME.weight there
    linear,  // .weight and .bias here and there; the weight lies as N x K, further sides count to K
    conv1d,  // .weight and .bias here and there; the weight lies as K x N, perhaps beside others
    norm     // .gamma, .beta here; .weight, .bias or .gamma, .beta there
};

// `#` stands for a number, the same in both names. A matrix may be one of several side by side.
struct NameRow {
    NameKind kind;
    std::string_view ours, theirs;
    unsigned part = 0, parts = 1;
};

struct Family {
    std::string_view name;
    std::string_view prefix;  // of the body's names; checkpoints of the body alone go without
    std::span<const NameRow> body, heads;
    // What a checkpoint may hold beyond a graph's weights: buffers, and heads that the graph has not. `*`
    // stands for anything.
    std::span<const std::string_view> ignored;
    // The product with the vocabulary. If that shares the table of words, it may be there a second time.
    std::string_view decoder;
};

std::span<const Family> families();

// Where a weight may be found.
struct Candidate {
    std::string name;
    bool transposed = false;
    unsigned part = 0, parts = 1;
};
// In the order in which they are tried.
std::vector<Candidate> candidates(const Family& family, std::string_view weight);
bool is_ignored(const Family& family, std::string_view name);

}  // namespace octet

// The operation graph: what a workload computes, free of any machine.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/accelerator/tensor_formats.h"
#include "models/formats/rounding.h"
#include "models/types.h"

namespace octet {

using TensorId = std::uint32_t;
constexpr TensorId no_tensor = ~TensorId{0};

enum class TensorRole : std::uint8_t {
    input,       // comes from outside (an attention mask, the activations a trace starts with): lies in DRAM
                 // before the run
    weight,      // a parameter: lies in DRAM before the run, read by an operation or not
    activation,  // made by one operation, used by later ones
    output,      // like activation, and wanted in DRAM at the end
    logits  // an output that a softmax outside of the machine reads: one row a prediction, one column a class
};
std::string_view name(TensorRole role);
inline bool is_output(TensorRole role) {
    return role == TensorRole::output || role == TensorRole::logits;
}

// Values of an input that follow from what it is.
enum class TensorFill : std::uint8_t {
    given,  // from outside
    zeros,
    ones,
    labels  // -1 in the column of each row's label, else 0
};
std::string_view name(TensorFill fill);

// `batch` matrices of rows x cols values. Weights that all of a batch share have batch 1.
struct Tensor {
    std::string name;
    TensorRole role = TensorRole::activation;
    std::uint64_t batch = 1, rows = 1, cols = 1;
    // An input that is made outside of the machine from the results of an operation: nothing of it is read
    // before all of this output is in DRAM.
    TensorId after = no_tensor;
    FormatUse use = FormatUse::forward;  // what decides its format in memory
    bool precise = false;  // kept in the vector format whoever reads it: weights that are trained, sums
    bool scaled = false;   // a gradient that is encoded with a scale, whatever its format
    bool paged = false;    // lies in the memory of the host, behind its link: states of an optimizer
    TensorFill fill = TensorFill::given;
    std::uint64_t elements() const { return batch * rows * cols; }
    bool operator==(const Tensor&) const = default;
};

enum class OperationKind : std::uint8_t {
    embedding,  // inputs: tables (word, position, token type: weights); output `batch` samples of m tokens; 0
                // MACs
    position,   // input plus, in row i of each sample, row i of a table of positions, and row 0 of a table of
                // token types if there is one
    matmul,     // inputs: a (M x K, or K x M with transpose_a), b (K x N, or N x K with transpose_b),
                // optional bias (1 x N)
    scale,      // input times the constant `factor`
    mask,  // input plus an attention mask of 1 x cols (or rows x cols); one for all, for each sample or for
           // each matrix
    softmax,    // over the columns of each row, or those that `causal` lets it see
    layernorm,  // input, gamma, beta (1 x cols each), or the input alone
    rmsnorm,    // input, gamma, or the input alone
    nonorm,     // input, gamma, beta: scale and shift alone
    gelu,
    relu,
    silu,
    tanh,
    sigmoid,
    gelu_tanh,     // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
    gelu_sigmoid,  // x sigmoid(1.702 x)
    hgelu,         // x/6 times 1.702 x + 3 cut to 0 to 6
    add,           // two inputs of one shape
    multiply,      // two inputs of one shape, or rows and one row (1 x n) for all
    copy,     // the input's rows fall into `batch` equal parts; m rows of each, from row `first` on, moved
    prepend,  // the rows of a second input (1 x n) before each of `batch` equal parts of the first, moved
    windows,  // the input's rows fall into `batch` equal parts of 2 m rows: row i of m of each holds the rows
              // 2i - 1, 2i and 2i + 1 of its part side by side, zeros beyond its ends
    rope,  // input, and m rows of n / 2 cosines and n / 2 sines, an input that `rotation` describes: each row
           // x to x * [cos, cos] + [-second half of x, first half] * [sin, sin]; `inverse`: turned back
    // Gradients: of the results come first, of the operand come out.
    activation_backward,  // gradient, input of the activation `function` (of relu its output): gradient *
                          // slope
    softmax_backward,     // gradient, input of the softmax, which is computed once more
    norm_backward,        // gradient, input, gamma of the norm `function`
    spread,  // the rows of `batch` equal parts put to row `first` on of parts of m rows; zeros elsewhere
    table_gradient,  // of a table of m rows: the sum of the gradient's rows of all tokens that took a row;
                     // gradient of samples of k tokens. `function`: embedding (rows by token), position, or
                     // windows (each third of a row to the row that it came from)
    distance_sums,   // of scores' gradients: in each row, for every bucket of distances, the sum over its
                     // columns (distances.h); a column of the output a bucket. `causal`: one way
    // Updates of weights.
    axpy,           // factor * first + second
    moment,         // factor * first + (1 - factor) * second
    second_moment,  // factor * first + (1 - factor) * second squared
    adam,  // weight, moment, second moment: weight * decay - factor * moment / (root of second + epsilon)
    // Gradients that are clipped: of m rows of n columns one value a row, 1 x m.
    row_squares,  // the sum of the squares of each row
    row_sums,     // the sum of each row
    clip_factor,  // factor / max(root of the input, factor)
    rescale       // input times the one value of the second
};
std::string_view name(OperationKind kind);
bool is_activation(OperationKind kind);
bool is_norm(OperationKind kind);
bool has_function(OperationKind kind);     // activation_backward, norm_backward, table_gradient
bool has_factor(OperationKind kind);       // scale, updates, clip_factor
bool reduces(OperationKind kind);          // to one value a row: row_squares, row_sums
bool has_epsilon(OperationKind kind);      // norms, norm_backward, adam
bool takes_rows_from(OperationKind kind);  // from row `first` on: embedding, position, copy, rope, ...

// What row i of a `rope`'s table holds: cosines and sines of the angles p f_j of position p = `first` + i,
// with frequencies f_j = theta^(-2j / n), j = 0 to n/2 - 1. With a factor other than 1 (LLaMA 3) wavelengths
// of more than original / low_frequency positions become `factor` times as long, those below original /
// high_frequency stay, and between them the frequency is interpolated linearly over original / wavelength.
enum class Frequencies : std::uint8_t { exact, bf16 };
struct Rotation {
    double theta = 10'000;
    double factor = 1, low_frequency = 1, high_frequency = 4;
    std::uint64_t original_positions = 8192;
    Frequencies frequencies = Frequencies::exact;  // or rounded, as in models that were converted as a whole
    bool operator==(const Rotation&) const = default;
};

// What a softmax sees of a row: in row i of a matrix the columns up to i + offset and, with a window, no more
// than the last `window` of these.
struct CausalMask {
    std::uint64_t offset = 0;
    std::uint64_t window = 0;  // 0: none
    bool operator==(const CausalMask&) const = default;
};

// Matrix i of a product takes matrix i * share + member of its operands: one of the heads that share a key.
struct Member {
    std::uint64_t share = 1, member = 0;
    bool operator==(const Member&) const = default;
};

// Where a batch comes from: matrix i of a batched operation belongs to sample i / heads and head i % heads.
// An operand with `blocks` == 0 is stored as `batch` matrices of its own. With `blocks` == g > 0 it is one
// matrix whose rows hold the samples one after another and whose columns hold g blocks, one a head (g <
// heads: heads / g heads share a block, as in grouped-query attention). An input that is the second operand
// of a product, a cache, may hold more rows a sample than are used, of which these are the first.
struct Operation {
    std::string name;
    OperationKind kind = OperationKind::matmul;
    std::vector<TensorId> inputs;
    TensorId output = no_tensor;
    // matmul: `batch` products of m x k by k x n. Others: batch * m rows of n columns.
    std::uint64_t batch = 1, m = 1, n = 1, k = 0;
    bool transpose_a = false, transpose_b = false;
    bool has_bias = false;
    std::uint64_t heads = 1;  // heads of one sample, for batched matmuls, masks and ropes
    std::uint64_t a_blocks = 0, b_blocks = 0, out_blocks = 0;
    bool trigram = false;    // embedding: a row holds the words after, at and before its token, or zeros
    double factor = 1;       // scale
    double epsilon = 1e-12;  // norms
    std::optional<CausalMask> causal{};  // softmax; none: all columns
    // mask: what is added is a bias by distance, made outside of the machine from this weight of heads x
    // buckets (distances.h); `causal`: one way, row 0 being query `first`.
    TensorId table = no_tensor;
    Rotation rotation{};  // rope
    // embedding, position: the first row that is taken of the table of positions; rope, mask: the position of
    // its table's first row; copy: the first row that is taken of each part. spread: of each part of its
    // output; table_gradient: of the table of positions, or, by token, how many tokens other look-ups took
    // before.
    std::uint64_t first = 0;
    std::vector<std::uint64_t> columns{};            // copy: those that are taken, rising; none: all
    Member of{};                                     // matmul: of its operands
    bool inverse = false;                            // rope
    OperationKind function = OperationKind::matmul;  // gradients: of what
    double decay = 1;                                // adam
    AxpyRounding rounding = AxpyRounding::each_step;
    std::uint64_t macs() const { return kind == OperationKind::matmul ? batch * m * n * k : 0; }
    std::uint64_t elements() const { return batch * m * n; }
    bool in_blocks() const { return kind == OperationKind::matmul || kind == OperationKind::rope; }
    bool operator==(const Operation&) const = default;
};

// In an order in which every operation comes after those whose outputs it reads.
struct Graph {
    std::string name;
    std::vector<Tensor> tensors;
    std::vector<Operation> operations;
    std::uint64_t macs() const;
    std::uint64_t parameters() const;  // values in weights, those that no operation reads included
    bool operator==(const Graph&) const = default;
};

// What is wrong with a graph, one entry a broken tensor or operation; empty if all shapes, ids, names and the
// order fit and no size overflows. A sound graph has at most 2^40 values a tensor and 2^60 MACs.
struct GraphFault {
    enum class Where : std::uint8_t { graph, tensor, operation } where = Where::graph;
    std::size_t index = 0;  // into Graph::tensors or Graph::operations
    std::string message;    // without the name
};
std::vector<GraphFault> faults(const Graph& graph);

// Gives weights that nothing but products reads, as their second operand, the use `weights`; not those that
// are trained.
void mark_weights(Graph& graph);

// Throws std::invalid_argument naming the first fault.
void validate(const Graph& graph);

}  // namespace octet

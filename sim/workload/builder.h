// Writes a graph operation by operation; shapes follow from the operands. The output tensor of an operation
// has its name.
#pragma once
#include <string>
#include <unordered_map>

#include "sim/workload/graph.h"

namespace octet {

class GraphBuilder {
  public:
    explicit GraphBuilder(std::string name) { graph_.name = std::move(name); }

    TensorId tensor(std::string name, TensorRole role, std::uint64_t rows, std::uint64_t cols,
                    std::uint64_t batch = 1);
    // The weight of this name, a new one if there is none yet.
    TensorId weight(std::string name, std::uint64_t rows, std::uint64_t cols);
    // Whether weights made from now on are trained. Such a weight lies in the vector format (`precise`); what
    // products read is a copy of it in the storage format, NAME.stored.
    void trains(bool trained) { trains_ = trained; }
    bool trains() const { return trains_; }
    // A weight that is read as it is, trained or not: a look-up table, one row for the vector unit.
    TensorId table(const std::string& name, std::uint64_t rows, std::uint64_t cols);
    // Weights that are trained.
    const std::vector<TensorId>& trained() const { return trained_; }
    // From now on products with trained weights take a copy of their input, NAME.narrow, in the storage
    // format; the input itself, in that of use wgrad_operands, is left to the gradient of the weight.
    void keep_wide_inputs() { keeps_wide_ = true; }
    // What such a copy was made of; no_tensor: it is no such copy.
    TensorId wide_of(TensorId narrow) const;
    TensorId filled(std::string name, std::uint64_t rows, std::uint64_t cols, TensorFill fill);
    // Stands before the names of operations, not of weights, from now on.
    void prefix(std::string text) { prefix_ = std::move(text); }
    const std::string& prefix() const { return prefix_; }
    const Tensor& operator[](TensorId id) const { return graph_.tensors[id]; }

    // Rows of tables, of that of positions from `first` on, for `batch` samples of `sequence` tokens.
    TensorId embedding(const std::string& name, std::vector<TensorId> tables, std::uint64_t batch,
                       std::uint64_t sequence, std::uint64_t first = 0);
    // The words after, at and before each token side by side; zeros beyond the ends of a sample.
    TensorId trigram(const std::string& name, TensorId table, std::uint64_t batch, std::uint64_t sequence);
    // x of `batch` samples plus the rows of tables: positions, and token types if there are any.
    TensorId position(const std::string& name, TensorId x, const std::vector<TensorId>& tables,
                      std::uint64_t batch, std::uint64_t first = 0);
    // x (rows x k) times a new weight NAME.weight (k x n), plus a new NAME.bias if wanted.
    TensorId dense(const std::string& name, TensorId x, std::uint64_t n, bool bias);
    // a (m x k) times b (k x n), plus a bias if there is one.
    TensorId product(const std::string& name, TensorId a, TensorId b, TensorId bias = no_tensor);
    // x (rows x k) times the transpose of a weight that is there already (n x k), plus a new NAME.bias if
    // wanted.
    TensorId tied(const std::string& name, TensorId x, TensorId weight, bool bias);
    // query (samples * m x heads * d) times transposed key (samples * n x kv_heads * d): samples * heads
    // matrices of m x n. `keys`: of a cache with more rows, 0: all.
    TensorId scores(const std::string& name, TensorId query, TensorId key, std::uint64_t samples,
                    std::uint64_t heads, std::uint64_t kv_heads, std::uint64_t keys = 0);
    // probabilities (samples * heads of m x k) times value (samples * k x kv_heads * d): samples * m x heads
    // * d.
    TensorId context(const std::string& name, TensorId probabilities, TensorId value, std::uint64_t heads,
                     std::uint64_t kv_heads);
    // scores plus mask; `heads` matrices belong to a sample.
    TensorId mask(const std::string& name, TensorId x, TensorId mask, std::uint64_t heads);
    // The same with a bias by distance that is made of a table, for queries from `first` on.
    TensorId bias(const std::string& name, TensorId x, TensorId bias, TensorId table, bool one_way,
                  std::uint64_t first);
    // x times a constant.
    TensorId scale(const std::string& name, TensorId x, double factor);
    // x (samples * m x heads * d) with each head turned by the angles of `table` (m x d), whose first row is
    // that of position `first`.
    TensorId rope(const std::string& name, TensorId x, TensorId table, const Rotation& rotation,
                  std::uint64_t heads, std::uint64_t first = 0);
    // Over the columns that a row may see.
    TensorId softmax(const std::string& name, TensorId x, std::optional<CausalMask> causal);
    // Norm over the columns with new weights NAME.gamma and, except rmsnorm, NAME.beta.
    TensorId norm(const std::string& name, OperationKind kind, TensorId x, double epsilon);
    // Kinds without parameters, whose output has the shape of their inputs: softmax, activations, add,
    // multiply.
    TensorId elementwise(const std::string& name, OperationKind kind, std::vector<TensorId> inputs);
    // `row` (1 x n) before each of `parts` equal parts of x.
    TensorId prepend(const std::string& name, TensorId x, TensorId row, std::uint64_t parts);
    // Of each of `parts` equal parts of x, for every second row, that row and its neighbours side by side.
    TensorId windows(const std::string& name, TensorId x, std::uint64_t parts);
    // `rows` rows, from `first` on, of each of `parts` equal parts of x.
    TensorId some_rows(const std::string& name, TensorId x, std::uint64_t parts, std::uint64_t rows,
                       std::uint64_t first = 0);

    const Graph& graph() const { return graph_; }
    // Any operation, with an output of this shape.
    TensorId append(Operation operation, std::uint64_t rows, std::uint64_t cols, std::uint64_t batch = 1);

    // Of what is trained, and what its optimizer keeps.
    void make_precise(TensorId id) {
        graph_.tensors[id].precise = true;
        graph_.tensors[id].use = FormatUse::update;
    }
    void mark_output(TensorId id, TensorRole role = TensorRole::output) { graph_.tensors[id].role = role; }
    // Made outside of the machine from the results of an operation.
    void mark_after(TensorId id, TensorId source) { graph_.tensors[id].after = source; }
    void mark_use(TensorId id, FormatUse use) { graph_.tensors[id].use = use; }
    void mark_paged(TensorId id) { graph_.tensors[id].paged = true; }
    // All gradients of activations that there are get scales.
    void scale_gradients() {
        for (Tensor& tensor : graph_.tensors) tensor.scaled = tensor.use == FormatUse::dgrad;
    }
    // The graph, checked by validate().
    Graph finish();

  private:
    Operation like(const std::string& name, OperationKind kind, std::vector<TensorId> inputs) const;
    TensorId narrow(TensorId x, TensorId weight);

    Graph graph_;
    std::string prefix_;
    std::unordered_map<std::string, TensorId> weights_;  // as they are read
    std::unordered_map<std::string, TensorId> tables_;
    bool trains_ = false, keeps_wide_ = false;
    std::unordered_map<TensorId, TensorId> narrow_;  // copies of inputs
    std::vector<TensorId> trained_;
};

}  // namespace octet

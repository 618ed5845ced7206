// Writes a graph operation by operation; shapes follow from the operands. The output tensor of an operation
// has its name.
#pragma once
#include <string>

#include "sim/workload/graph.h"

namespace octet {

class GraphBuilder {
  public:
    explicit GraphBuilder(std::string name) { graph_.name = std::move(name); }

    TensorId tensor(std::string name, TensorRole role, std::uint64_t rows, std::uint64_t cols,
                    std::uint64_t batch = 1);
    TensorId weight(std::string name, std::uint64_t rows, std::uint64_t cols);
    const Tensor& operator[](TensorId id) const { return graph_.tensors[id]; }

    // Rows of tables for `batch` samples of `sequence` tokens.
    TensorId embedding(const std::string& name, std::vector<TensorId> tables, std::uint64_t batch,
                       std::uint64_t sequence);
    // The words after, at and before each token side by side; zeros beyond the ends of a sample.
    TensorId trigram(const std::string& name, TensorId table, std::uint64_t batch, std::uint64_t sequence);
    // x of `batch` samples plus the rows of tables: positions, and token types if there are any.
    TensorId position(const std::string& name, TensorId x, const std::vector<TensorId>& tables,
                      std::uint64_t batch);
    // x (rows x k) times a new weight NAME.weight (k x n), plus a new NAME.bias if wanted.
    TensorId dense(const std::string& name, TensorId x, std::uint64_t n, bool bias);
    // query (samples * m x heads * d) times transposed key (samples * n x kv_heads * d): samples * heads
    // matrices of m x n.
    TensorId scores(const std::string& name, TensorId query, TensorId key, std::uint64_t samples,
                    std::uint64_t heads, std::uint64_t kv_heads);
    // probabilities (samples * heads of m x k) times value (samples * k x kv_heads * d): samples * m x heads
    // * d.
    TensorId context(const std::string& name, TensorId probabilities, TensorId value, std::uint64_t heads,
                     std::uint64_t kv_heads);
    // scores plus mask; `heads` matrices belong to a sample.
    TensorId mask(const std::string& name, TensorId x, TensorId mask, std::uint64_t heads);
    // x times a constant.
    TensorId scale(const std::string& name, TensorId x, double factor);
    // Norm over the columns with new weights NAME.gamma and, except rmsnorm, NAME.beta.
    TensorId norm(const std::string& name, OperationKind kind, TensorId x, double epsilon);
    // Kinds without parameters, whose output has the shape of their inputs: softmax, activations, add,
    // multiply.
    TensorId elementwise(const std::string& name, OperationKind kind, std::vector<TensorId> inputs);
    // The first `rows` rows of each of `parts` equal parts of x.
    TensorId first_rows(const std::string& name, TensorId x, std::uint64_t parts, std::uint64_t rows);

    void mark_output(TensorId id) { graph_.tensors[id].role = TensorRole::output; }
    // The graph, checked by validate().
    Graph finish();

  private:
    TensorId append(Operation operation, std::uint64_t rows, std::uint64_t cols, std::uint64_t batch = 1);
    Operation like(const std::string& name, OperationKind kind, std::vector<TensorId> inputs) const;

    Graph graph_;
};

}  // namespace octet

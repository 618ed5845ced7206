// The gradients of a graph: operations behind those that are there, from the gradient of a result back to
// the weights that are trained (docs/training.md).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "sim/workload/builder.h"

namespace octet {

// A weight that is made of a frozen one and of factor * a * b, and read by products alone.
struct MergedWeight {
    TensorId a = no_tensor, b = no_tensor;
    double factor = 1;
};

class Backward {
  public:
    // What the builder trains gets gradients.
    Backward(GraphBuilder& graph, std::map<TensorId, MergedWeight> merged);

    // `gradient` is that of `result`. Goes through all operations that were there once, the last first; those
    // on no way from a trained weight to the result get none.
    void run(TensorId result, TensorId gradient);
    // no_tensor: nothing came back to it.
    TensorId of(TensorId tensor) const { return gradients_[tensor]; }

  private:
    bool needs(TensorId tensor) const { return needs_[tensor]; }
    void add(TensorId tensor, TensorId gradient, const std::string& name);
    void operation(const Operation& o, TensorId dy);
    void product(const Operation& o, TensorId dy);
    void second_operand(const Operation& o, TensorId dy);
    void adapters(const Operation& o, const MergedWeight& merged, TensorId dy);
    void norm(const Operation& o, TensorId dy);
    void tables(const Operation& o, TensorId dy, std::size_t first);
    void distance_bias(const Operation& mask, TensorId dy);
    void pass_on(const Operation& o, std::size_t input, Operation gradient, const char* what);
    TensorId ones(std::uint64_t length);
    // A row of ones times x: the sums of its columns.
    TensorId column_sums(const std::string& name, TensorId x);
    TensorId multiply(const std::string& name, TensorId a, TensorId b, bool transpose_a, bool transpose_b);

    GraphBuilder& graph_;
    std::map<TensorId, MergedWeight> merged_;
    std::vector<bool> needs_;                 // of the tensors that were there
    std::vector<TensorId> gradients_;         // so far
    std::size_t operations_;                  // that were there
    std::map<std::uint64_t, TensorId> ones_;  // by length
    std::vector<TensorId> wide_;              // gradients that products of weight gradients take as they are
};

}  // namespace octet

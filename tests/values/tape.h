// Gradients in double precision by a tape: plain loops over small matrices, each operation beside its
// derivative. It shares no code with the graph, its expansion or its evaluation.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace octet::test {

struct Matrix {
    std::size_t rows = 0, cols = 0;
    std::vector<double> values;
    double& at(std::size_t r, std::size_t c) { return values[r * cols + c]; }
    double at(std::size_t r, std::size_t c) const { return values[r * cols + c]; }
};

class Tape {
  public:
    using Id = std::size_t;
    const Matrix& value(Id id) const { return nodes_[id].value; }
    const Matrix& gradient(Id id) const { return nodes_[id].gradient; }

    Id leaf(Matrix value);
    Id multiply(Id a, Id b, bool transpose_b = false);
    Id add(Id a, Id b);
    Id add_row(Id a, Id row);  // one row to all
    Id product(Id a, Id b);    // value by value
    Id scale(Id a, double factor);
    Id apply(Id a, const std::string& function);  // relu, gelu, silu, tanh, ...
    // Columns that are not seen count as nothing.
    Id softmax(Id a, const std::function<bool(std::size_t row, std::size_t column)>& seen);
    // kind: layernorm, rmsnorm, nonorm; beta of the first and the last alone.
    Id norm(Id a, const std::string& kind, double epsilon, Id gamma, Id beta);
    Id take_rows(Id a, const std::vector<std::size_t>& rows);  // a row may be taken more than once
    Id take_columns(Id a, std::size_t first, std::size_t count);
    Id beside(const std::vector<Id>& parts);  // columns side by side
    Id below(const std::vector<Id>& parts);   // rows one after another
    Id shift(Id a, std::ptrdiff_t by);        // row i holds row i + by, zeros beyond the ends
    Id turn(Id a,
            const std::vector<double>& angles);  // rotary: halves of the columns; rows x columns / 2 angles

    // Of sum(weights * result): from 1 for each weight back to the leaves.
    void backward(Id result, const Matrix& weights);

  private:
    struct Node {
        Matrix value, gradient;
        std::function<void()> back;
    };
    Id node(std::size_t rows, std::size_t cols);
    std::vector<Node> nodes_;
};

}  // namespace octet::test

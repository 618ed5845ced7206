// The machine's values beside those of the same graph in double precision.
//
// Two threads meet here: the machine hands in what it computes, piece by piece; the reference hands in whole
// tensors in the order of the operations and waits until the machine has the tensor complete. A tensor of the
// machine is kept only until it has been compared; the machine waits when more than `limit` bytes are and the
// reference is at work.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "models/machine_values.h"
#include "sim/workload/graph.h"

namespace octet {

struct ErrorSums {
    double signal = 0, noise = 0;  // sums of squares: of the reference, of the difference
    double largest = 0;            // difference; NaN if a value is
    ErrorSums& operator+=(const ErrorSums& other);
    double sqnr_db() const;  // not finite without noise or without signal
};

class Comparison final : public ValueObserver {
  public:
    explicit Comparison(const Graph& graph, std::uint64_t limit = std::uint64_t{256} << 20U);

    // The machine's thread.
    void produced(OperationId operation, const ResultPart& part, std::size_t rows, std::size_t columns,
                  std::span<const float> values) override;
    // The reference's thread: the output of an operation. False: the machine has given up.
    bool compare(OperationId operation, std::span<const double> reference);
    // Either thread: nothing more will come from it, so the other need not wait.
    void machine_ended();
    void reference_ended();

    const std::vector<ErrorSums>& errors() const { return errors_; }  // by operation

  private:
    struct Tensor {
        std::vector<float> values;
        std::uint64_t missing = 0;
    };
    const Graph& graph_;
    std::uint64_t limit_, kept_ = 0;
    std::vector<Tensor> tensors_;  // by operation
    std::vector<ErrorSums> errors_;
    bool reference_waits_ = false, machine_ended_ = false, reference_ended_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
};

// Where row `row`, column `column` of matrix `item` of an operation's results lies in its output tensor,
// counted in values. Rows of a matrix lie `stride` apart.
struct ResultPlace {
    std::uint64_t first = 0, stride = 0;
};
ResultPlace place_of(const Graph& graph, OperationId operation, const ResultPart& part);

}  // namespace octet

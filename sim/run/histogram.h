// Which codes of its format each tensor in memory uses: weights and inputs as they were encoded, and the
// result of every operation that is written. Results that stay in the vector unit have no codes.
#pragma once
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/machine_values.h"
#include "sim/workload/graph.h"

namespace octet {

// How many values have one code (formats of up to 10 bits), or lie in one octave of others.
struct HistogramBin {
    Code code = 0;
    double low =
        0;  // the code's value at scale 1, less the zero point; of an octave its end towards zero, 0 of zeros
    std::uint64_t count = 0;
};

struct TensorHistogram {
    std::string tensor;
    const FormatInfo* format = nullptr;
    double scale = 1;  // of integers and codebooks
    int zero = 0;      // the code of 0, of formats with a zero point
    std::uint64_t values = 0, zeros = 0, nar = 0;
    std::uint64_t saturated = 0;  // at the largest number of the format, of either sign, or infinite
    std::optional<std::uint64_t> codes_used;  // nothing for formats of more than 16 bits
    std::optional<double> entropy_bits;       // of the codes; likewise
    std::vector<HistogramBin> bins;           // those with values, in the order of these, NaN last
    bool by_code() const { return format->bits <= 10; }
};

class CodeCounter final : public ValueObserver {
  public:
    explicit CodeCounter(const Graph& graph) : graph_(graph), tensors_(graph.tensors.size()) {}

    void add(TensorId tensor, const FormatInfo& format, std::span<const Code> codes);  // from any thread
    void produced(OperationId, const ResultPart&, std::size_t, std::size_t, std::span<const float>) override {
    }
    bool wants_codes() const override { return true; }
    void stored(OperationId id, const FormatInfo& format, std::span<const Code> codes) override {
        add(graph_.operations[id].output, format, codes);
    }

    // Of the tensors that were seen, in the graph's order. `scales` by tensor; empty: 1.
    std::vector<TensorHistogram> histograms(std::span<const TensorScale> scales) const;

  private:
    struct Counts {
        const FormatInfo* format = nullptr;
        std::vector<std::uint64_t> codes;    // by code; formats of more than 16 bits:
        std::vector<std::uint64_t> octaves;  // by sign and exponent of a double
        std::uint64_t at_largest = 0;
    };
    const Graph& graph_;
    std::vector<Counts> tensors_;
    std::mutex mutex_;
};

// See docs/result.md.
nlohmann::ordered_json to_json(const TensorHistogram& histogram);
std::string csv_of(const std::vector<TensorHistogram>& histograms);

}  // namespace octet

// A run with values: what lies in DRAM before it, and how far its results are from double precision.
#pragma once
#include <algorithm>
#include <exception>
#include <memory>
#include <thread>

#include "models/machine_values.h"
#include "sim/config/experiment.h"
#include "sim/lower/program.h"
#include "sim/reference/evaluate.h"
#include "sim/run/amax.h"
#include "sim/run/calibration.h"
#include "sim/run/comparison.h"
#include "sim/run/histogram.h"
#include "sim/run/result.h"
#include "sim/run/scores.h"
#include "sim/tensors/bind.h"

namespace octet {

// How the machine computes; throws std::invalid_argument if it cannot with values.
ValueConfig value_config(const AcceleratorConfig& machine, std::uint64_t seed, std::size_t operations);

// Numbers in the places of a program's sources; `codes`: what is there already encoded.
void write_sources(MachineValues& values, const Program& program, const Graph& graph,
                   const SourceTensors& sources, std::span<const TensorScale> scales, unsigned threads = 1,
                   const std::map<TensorId, BlockCodes>& codes = {});

// Hands on what it sees to several.
class Observers final : public ValueObserver {
  public:
    std::vector<ValueObserver*> all;
    void produced(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                  std::span<const float> values) override {
        for (ValueObserver* o : all) o->produced(id, part, rows, columns, values);
    }
    void unencoded(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                   std::span<const float> values) override {
        for (ValueObserver* o : all) o->unencoded(id, part, rows, columns, values);
    }
    bool wants_cycles() const override {
        return std::any_of(all.begin(), all.end(), [](ValueObserver* o) { return o->wants_cycles(); });
    }
    void written(OperationId id, const ResultPart& part, std::size_t columns, Cycle at) override {
        for (ValueObserver* o : all) o->written(id, part, columns, at);
    }
    bool wants_codes() const override {
        return std::any_of(all.begin(), all.end(), [](ValueObserver* o) { return o->wants_codes(); });
    }
    void stored(OperationId id, const FormatInfo& format, std::span<const Code> codes) override {
        for (ValueObserver* o : all)
            if (o->wants_codes()) o->stored(id, format, codes);
    }
};

class ValueRun {
  public:
    // Throws std::invalid_argument if the machine cannot compute with values.
    ValueRun(const AcceleratorConfig& machine, std::uint64_t seed, Graph graph, Sources sources,
             const CalibrationConfig& calibration = {});
    ~ValueRun();
    void also(ValueObserver& observer) { observers_.all.push_back(&observer); }
    void count_codes();  // the result then has histograms

    const std::vector<TensorScale>& scales() const { return scales_; }
    const std::vector<std::uint64_t>& tokens() const { return tokens_; }
    // Before the run: fills the memory and starts the reference, which works beside the machine.
    MachineValues& begin(const Program& program);
    // After it: waits for the reference.
    void end(const Program& program, Result& result);
    // What an output or source tensor of one matrix holds in DRAM, row by row.
    struct Contents {
        const FormatInfo* format = nullptr;
        std::vector<Code> codes;
        ScaleCodes block_scales;  // no rows: the format has none
        bool along_rows = false;  // blocks, of values of a column
        std::vector<float> numbers;
    };
    Contents contents(TensorId tensor) const;  // after it
    TensorScale scale(TensorId tensor) const {
        return tensor < scales_.size() ? scales_[tensor] : TensorScale{};
    }

  private:
    Graph graph_;
    unsigned threads_;
    SourceTensors sources_;
    std::map<TensorId, BlockCodes> source_codes_;
    std::vector<std::uint64_t> tokens_;
    Observers observers_;
    mutable MachineValues values_;
    std::vector<TensorScale> scales_;
    std::vector<Program::Stored> stored_;
    Comparison comparison_;
    std::optional<CodeCounter> counter_;
    std::optional<AmaxTracker> amax_;
    std::optional<Targets> targets_;
    std::optional<LogitsKeeper> logits_;
    std::optional<Scores> reference_scores_;
    std::thread reference_;
    std::exception_ptr failure_;
};

}  // namespace octet

#include "models/array/datapath.h"

#include <algorithm>
#include <deque>
#include <stdexcept>

#include "models/array/register_arithmetic.h"
#include "models/array/register_array.h"

namespace octet {
namespace {

// Time alone: nothing is read, nothing is added.
class BareDatapath final : public ArrayDatapath {
  public:
    explicit BareDatapath(const ArrayConfig& config)
        : last_(static_cast<std::size_t>(config.cols) - 1), array_(config, arithmetic_) {}

    bool readable() const override { return array_.readable(last_); }
    void clock(const Edge& edge, Cycle) override {
        array_.step({edge.vectors != nullptr,
                     edge.vectors != nullptr && edge.vector == 0,
                     edge.weights != nullptr,
                     edge.row,
                     {},
                     {}});
    }
    void deliver(std::uint32_t) override {}
    void show(ArrayProbe& probe) const override { array_.show(probe); }

  private:
    std::size_t last_;
    NoArithmetic arithmetic_;
    WeightStationaryArray<NoArithmetic> array_;
};

template <class Arithmetic>
class ValueDatapath final : public ArrayDatapath {
  public:
    ValueDatapath(const ArrayConfig& config, ArrayValues& values)
        : values_(values),
          rows_(static_cast<std::size_t>(config.rows)),
          columns_(static_cast<std::size_t>(config.cols)),
          turned_(config.dataflow == Dataflow::input_stationary),
          arithmetic_(values.machine().config.rules),
          chunk_(values.machine().config.rules.chunk),
          array_(config, arithmetic_, chunk_),
          readers_(columns_) {}

    bool readable() const override { return array_.readable(columns_ - 1); }

    void clock(const Edge& edge, Cycle cycle) override {
        for (std::size_t j = 0; j < columns_; ++j)
            if (array_.readable(j)) add(j);
        typename WeightStationaryArray<Arithmetic>::Edge at;
        if (edge.weights != nullptr) {
            const ArrayPass& pass = **edge.weights;
            const MatmulCommand& c = pass.course->command;
            if (edge.row == 0) entering_ = values_.weights(c, pass.n * c.k_tiles + pass.k, cycle);
            at.weights = true;
            at.tag = edge.row;
            at.row = entering_->part<Operand>(pass.k * rows_ + edge.row, pass.n * columns_, columns_);
        }
        if (edge.vectors != nullptr) {
            at.vector = true;
            at.first = edge.vector == 0;
            if (at.first) begin(*edge.vectors, cycle);
            at.inputs =
                below_.back().inputs->template part<Operand>(edge.vector, (*edge.vectors)->k * rows_, rows_);
        }
        array_.step(at);
    }

    void deliver(std::uint32_t epilogue) override {
        auto results = results_.extract(epilogue);
        values_.machine().sums[epilogue] =
            turned_ ? turned_back(results.mapped()) : std::move(results.mapped());
    }
    void show(ArrayProbe& probe) const override { array_.show(probe); }

  private:
    using Operand = typename Arithmetic::Operand;
    using Held = typename Arithmetic::Held;
    using Operands = ArrayValues::Operands;

    // A pass whose vectors have been issued and not all been read below the last column.
    struct Below {
        PassPointer pass;
        std::shared_ptr<const Operands> inputs, weights;
        std::size_t buffer = 0;                  // its first row in the accumulation buffer
        MachineValues::Sums* results = nullptr;  // if its sums stream on
        std::size_t used = 0;                    // columns
    };
    // How far a column has come.
    struct Reader {
        std::size_t pass = 0;  // counted from the start of the run
        std::uint32_t vector = 0;
    };

    void begin(const PassPointer& pointer, Cycle cycle) {
        const ArrayPass& pass = *pointer;
        const MatmulCommand& c = pass.course->command;
        Below below{pointer,
                    values_.inputs(c, pass.k, cycle),
                    values_.weights(c, pass.n * c.k_tiles + pass.k, cycle),
                    c.accumulation,
                    nullptr,
                    pass.n + 1 == c.n_tiles ? c.n_last : columns_};
        // A command with all of K needs room for one column tile, others for all of theirs.
        if (!(c.first_k && c.last_k)) below.buffer += std::size_t{pass.n} * c.m;
        if (buffer_.size() < (below.buffer + c.m) * columns_) buffer_.resize((below.buffer + c.m) * columns_);
        const std::size_t k = pass.k * rows_, n = pass.n * columns_;
        values_.machine().counts[pass.course->operation].zero_products +=
            zero_products(*below.inputs, *below.weights,
                          {k, std::min<std::size_t>(k + rows_, below.inputs->columns), n, n + below.used});
        if (pass.streams_on) {
            MachineValues::Sums& sums = results_[c.epilogue];
            if (sums.rows == 0) {
                sums.rows = c.m;
                sums.columns = c.n(columns_);
                sums.template of<Held>().resize(std::size_t{sums.rows} * sums.columns);
            }
            below.results = &sums;
        }
        below_.push_back(std::move(below));
    }

    // The adder below column j.
    void add(std::size_t j) {
        Reader& reader = readers_[j];
        const Below& below = below_[reader.pass - passes_read_];
        const ArrayPass& pass = *below.pass;
        if (j < below.used) {
            Held& held = buffer_[(below.buffer + reader.vector) * columns_ + j];
            const bool first = pass.course->command.first_k && pass.k == 0;
            std::uint64_t overflows = 0;
            const Held made = below.inputs->scales.empty()
                                  ? arithmetic_.into_buffer(first ? nullptr : &held, array_.sum(j), overflows)
                                  : add_blocks(below, reader.vector, j, first ? nullptr : &held, overflows);
            if (below.results != nullptr)
                below.results->template of<Held>()[std::size_t{reader.vector} * below.results->columns +
                                                   pass.n * columns_ + j] = made;
            else
                held = made;
            values_.machine().counts[pass.course->operation].saturated += overflows;
        }
        if (++reader.vector < pass.vectors()) return;
        reader = {reader.pass + 1, 0};
        if (j + 1 < columns_) return;
        below_.pop_front();
        ++passes_read_;
    }
    // One sum after another of the blocks that the tile has.
    Held add_blocks(const Below& below, std::size_t vector, std::size_t j, const Held* held,
                    std::uint64_t& overflows) {
        const Operands &a = *below.inputs, &b = *below.weights;
        const BlockScales scales = values_.scales_of(a, b);
        const std::size_t first = below.pass->k * rows_,
                          end = std::min<std::size_t>(first + rows_, a.columns);
        Held made{};
        for (std::size_t k = first, block = 0; k < end; k += chunk_, ++block) {
            const std::size_t of = scales.block_of(k), column = below.pass->n * columns_ + j;
            made = arithmetic_.scaled_into_buffer(
                held, array_.sum(j, block), scales.values[scales.a[vector * scales.a_stride + of]],
                scales.values[scales.b[of * scales.b_stride + column]], overflows);
            held = &made;
        }
        return made;
    }

    ArrayValues& values_;
    std::size_t rows_, columns_;
    bool turned_;  // results are columns
    Arithmetic arithmetic_;
    std::size_t chunk_;  // rows of which a sum is made
    WeightStationaryArray<Arithmetic> array_;
    std::shared_ptr<const Operands> entering_;  // weights
    std::deque<Below> below_;
    std::size_t passes_read_ = 0;
    std::vector<Reader> readers_;
    std::vector<Held> buffer_;                              // accumulation buffer, rows of all columns
    std::map<std::uint32_t, MachineValues::Sums> results_;  // by epilogue
};

}  // namespace

std::unique_ptr<ArrayDatapath> make_datapath(const ArrayConfig& config, ArrayValues* values) {
    if (config.dataflow == Dataflow::output_stationary)
        return make_output_stationary_datapath(config, values);
    if (values == nullptr) return std::make_unique<BareDatapath>(config);
    const GemmRules& rules = values->machine().config.rules;
    if (is_integer(rules.accumulator))
        return std::make_unique<ValueDatapath<IntegerArithmetic>>(config, *values);
    if (rules.fixed_bits > 0) return std::make_unique<ValueDatapath<BoundedArithmetic>>(config, *values);
    if (rules.accumulator == Accumulator::fixed)
        return std::make_unique<ValueDatapath<QuireArithmetic>>(config, *values);
    return std::make_unique<ValueDatapath<FloatArithmetic>>(config, *values);
}

Cycle depth_of_array(const ArrayConfig& config) {
    const auto array = make_datapath(config, nullptr);
    const auto sequencer = make_sequencer(config);
    const bool sums_stay = sequencer->lead() == 0;
    const Cycle issue = sums_stay ? static_cast<Cycle>(config.pe_latency) : 1;
    const auto pass = std::make_shared<const ArrayPass>(
        ArrayPass{std::make_shared<ArrayCourse>(), 0, 0, true, false, issue, 1});
    sequencer->begin(pass, 0);
    const Cycle first = sequencer->lead(), end = first + issue;
    for (Cycle cycle = first;; ++cycle) {
        if (array->readable()) return cycle + 1 - (sums_stay ? end : first);
        ArrayDatapath::Edge edge;
        if (cycle < end) edge.vectors = &pass, edge.vector = sequencer->issue(cycle);
        edge.drain = sequencer->drains(cycle);
        array->clock(edge, cycle);
    }
}

}  // namespace octet

// Where sums stay in the array: both operands pass by, and below each column stands one register.
#include <algorithm>
#include <deque>

#include "models/array/datapath.h"
#include "models/array/register_arithmetic.h"
#include "models/array/register_array.h"

namespace octet {
namespace {

class BareDatapath final : public ArrayDatapath {
  public:
    explicit BareDatapath(const ArrayConfig& config) : latency_(config.pe_latency), array_(config, none_) {}

    bool readable() const override { return below_; }
    void clock(const Edge& edge, Cycle) override {
        below_ = array_.readable(0);
        const bool step = edge.vectors != nullptr && edge.vector % latency_ == 0;
        array_.step({step, step && edge.vector == 0, edge.drain, {}, {}});
    }
    void deliver(std::uint32_t) override {}
    void show(ArrayProbe& probe) const override { array_.show(probe); }

  private:
    Cycle latency_;
    NoArithmetic none_;
    OutputStationaryArray<NoArithmetic> array_;
    bool below_ = false;
};

template <class Arithmetic>
class ValueDatapath final : public ArrayDatapath {
  public:
    ValueDatapath(const ArrayConfig& config, ArrayValues& values)
        : values_(values),
          rows_(static_cast<std::size_t>(config.rows)),
          columns_(static_cast<std::size_t>(config.cols)),
          latency_(static_cast<Cycle>(config.pe_latency)),
          arithmetic_(values.machine().config.rules),
          array_(config, arithmetic_),
          below_(columns_) {}

    bool readable() const override { return readable_; }

    void clock(const Edge& edge, Cycle cycle) override {
        if (readable_) read();
        readable_ = array_.readable(0);
        for (std::size_t j = 0; readable_ && j < columns_; ++j) below_[j] = array_.sum(j);
        typename OutputStationaryArray<Arithmetic>::Edge at;
        at.drain = edge.drain;
        if (edge.vectors != nullptr && edge.vector == 0) begin(*edge.vectors, cycle);
        if (edge.vectors != nullptr && edge.vector % latency_ == 0) {
            const ArrayPass& pass = **edge.vectors;
            const std::size_t k = pass.k * rows_ + edge.vector / latency_;
            column_.clear();
            for (std::size_t m = 0; m < pass.vectors(); ++m)
                column_.push_back(inputs_->template part<Operand>(m, k, 1).front());
            at.step = true;
            at.first = edge.vector == 0 && pass.k == 0 && pass.course->command.first_k;
            at.a = column_;
            at.b = weights_->template part<Operand>(k, pass.n * columns_, columns_);
        }
        array_.step(at);
    }

    void deliver(std::uint32_t epilogue) override {
        auto results = results_.extract(epilogue);
        values_.machine().sums[epilogue] = std::move(results.mapped());
    }
    void show(ArrayProbe& probe) const override { array_.show(probe); }

  private:
    using Operand = typename Arithmetic::Operand;
    using Sum = typename Arithmetic::Sum;
    using Operands = ArrayValues::Operands;

    void begin(const PassPointer& pass, Cycle cycle) {
        const MatmulCommand& c = pass->course->command;
        inputs_ = values_.inputs(c, pass->k, cycle);
        weights_ = values_.weights(c, pass->n * c.k_tiles + pass->k, cycle);
        const std::size_t k = pass->k * rows_, n = pass->n * columns_;
        values_.machine().counts[pass->course->operation].zero_products +=
            zero_products(*inputs_, *weights_,
                          {k, std::min<std::size_t>(k + rows_, inputs_->columns), n,
                           std::min<std::size_t>(n + columns_, weights_->columns)});
        if (pass->streams_on) leaving_.push_back(pass);
    }

    // A row of sums has come out below; rows that the matrix does not have come last.
    void read() {
        const ArrayPass& pass = *leaving_.front();
        const MatmulCommand& c = pass.course->command;
        if (row_ < c.m) {
            MachineValues::Sums& sums = results_[c.epilogue];
            auto& made = sums.template of<typename Arithmetic::Held>();
            if (sums.rows == 0) {
                sums.rows = c.m;
                sums.columns = c.n(columns_);
                made.resize(std::size_t{sums.rows} * sums.columns);
            }
            const std::size_t first = pass.n * columns_,
                              end = std::min<std::size_t>(first + columns_, sums.columns);
            std::uint64_t overflows = 0;
            for (std::size_t j = first; j < end; ++j)
                made[row_ * sums.columns + j] =
                    arithmetic_.into_buffer(nullptr, below_[j - first], overflows);
            values_.machine().counts[pass.course->operation].saturated += overflows;
        }
        if (++row_ < rows_) return;
        row_ = 0;
        leaving_.pop_front();
    }

    ArrayValues& values_;
    std::size_t rows_, columns_;
    Cycle latency_;
    Arithmetic arithmetic_;
    OutputStationaryArray<Arithmetic> array_;
    std::shared_ptr<const Operands> inputs_, weights_;  // of the pass that issues
    std::vector<Operand> column_;
    std::vector<Sum> below_;  // one register a column
    bool readable_ = false;
    std::deque<PassPointer> leaving_;                       // folds whose sums have not all come out
    std::size_t row_ = 0;                                   // of the first of them
    std::map<std::uint32_t, MachineValues::Sums> results_;  // by epilogue
};

}  // namespace

std::unique_ptr<ArrayDatapath> make_output_stationary_datapath(const ArrayConfig& config,
                                                               ArrayValues* values) {
    if (values == nullptr) return std::make_unique<BareDatapath>(config);
    const GemmRules& rules = values->machine().config.rules;
    if (is_integer(rules.accumulator))
        return std::make_unique<ValueDatapath<IntegerArithmetic>>(config, *values);
    if (rules.fixed_bits > 0) return std::make_unique<ValueDatapath<BoundedArithmetic>>(config, *values);
    if (rules.accumulator == Accumulator::fixed)
        return std::make_unique<ValueDatapath<QuireArithmetic>>(config, *values);
    return std::make_unique<ValueDatapath<FloatArithmetic>>(config, *values);
}

}  // namespace octet

// The systolic array, register by register: the specification of docs/hardware/array.md that the pass-level
// array is held to.
//
// One call of step() is one clock. A register's content is what it holds during that clock. A held array is
// one whose step() is not called: nothing moves.
//
// WeightStationaryArray: rows hold the reduction, columns the outputs. Inputs enter at the left and move one
// column a clock, row i delayed by i * latency; weights enter at the top with the tag of their row and move
// one row a clock, column j delayed by j; sums move down, `latency` clocks a row. Input stationary is the
// same array with the operands exchanged.
//
// OutputStationaryArray: rows and columns hold the outputs. A enters at the left, B at the top, one step of
// the reduction every `latency` clocks; finished sums move to drain registers and leave downward, a row a
// clock.
#pragma once
#include <deque>
#include <optional>
#include <vector>

#include "models/array/config.h"
#include "models/types.h"

namespace octet {

template <class Arithmetic>
class WeightStationaryArray {
  public:
    using Operand = typename Arithmetic::Operand;
    using Sum = typename Arithmetic::Sum;

    WeightStationaryArray(const ArrayConfig& config, Arithmetic& arithmetic)
        : rows_(static_cast<std::size_t>(config.rows)),
          cols_(static_cast<std::size_t>(config.cols)),
          latency_(static_cast<std::size_t>(config.pe_latency)),
          shadows_(config.double_buffered_weights),
          arithmetic_(arithmetic),
          elements_(rows_ * cols_),
          input_skew_(rows_),
          weight_skew_(cols_),
          readable_(cols_) {
        for (Element& e : elements_) e.sums.resize(latency_);
        for (std::size_t i = 0; i < rows_; ++i) input_skew_[i].resize(i * latency_);
        for (std::size_t j = 0; j < cols_; ++j) weight_skew_[j].resize(j);
    }

    // What is at the edges in a clock: a vector (one operand a row), `first` if it is the first of its pass;
    // a row of weights with its tag. Operands that do not belong to the matrix are empty.
    struct Edge {
        bool vector = false, first = false, weights = false;
        std::size_t tag = 0;
        std::vector<std::optional<Operand>> inputs, row;
    };

    void step(const Edge& edge) {
        for (std::size_t j = 0; j < cols_; ++j) readable_[j] = at(rows_ - 1, j).sums.back();
        for (std::size_t i = rows_; i-- > 0;)
            for (std::size_t j = cols_; j-- > 0;) {
                Element& e = at(i, j);
                e.input = j > 0 ? at(i, j - 1).input : delayed(input_skew_[i], input_of(edge, i));
                e.passing = i > 0 ? at(i - 1, j).passing : delayed(weight_skew_[j], weight_of(edge, j));
                const Partial above = i > 0 ? at(i - 1, j).sums.back() : Partial{e.input.valid, Sum{}};
                clock(e, above, i, j);
            }
    }
    // The sum below column j that could be read in the latest clock.
    std::optional<Sum> readable(std::size_t j) const {
        return readable_[j].valid ? std::optional(readable_[j].sum) : std::nullopt;
    }

  private:
    struct Input {
        bool valid = false, first = false;
        std::optional<Operand> value;
    };
    struct Weight {
        bool valid = false;
        std::size_t tag = 0;
        std::optional<Operand> value;
    };
    struct Partial {
        bool valid = false;
        Sum sum{};
    };
    struct Element {
        std::optional<Operand> active, shadow;
        Weight passing;
        Input input;
        std::vector<Partial> sums;  // stages of the multiplier-adder, the last one leaves
        std::uint64_t steps = 0;
    };

    void clock(Element& e, const Partial& above, std::size_t i, std::size_t j) {
        if (e.input.valid && e.input.first && shadows_) e.active = e.shadow;
        Partial made{e.input.valid, above.sum};
        if (e.input.valid) {
            const std::uint64_t step = e.steps++;
            if (e.active && e.input.value)
                made.sum = arithmetic_.mac(above.sum, *e.input.value, *e.active, i, j, step);
        }
        e.sums.insert(e.sums.begin(), made);
        e.sums.pop_back();
        // At the end of the clock, so that a vector of this clock still sees the weight before.
        if (e.passing.valid && e.passing.tag == i) (shadows_ ? e.shadow : e.active) = e.passing.value;
    }
    Element& at(std::size_t i, std::size_t j) { return elements_[i * cols_ + j]; }
    template <class T>
    static T delayed(std::deque<T>& line, T entering) {
        line.push_back(std::move(entering));
        T leaving = std::move(line.front());
        line.pop_front();
        return leaving;
    }
    static Input input_of(const Edge& edge, std::size_t i) {
        return edge.vector ? Input{true, edge.first, edge.inputs[i]} : Input{};
    }
    static Weight weight_of(const Edge& edge, std::size_t j) {
        return edge.weights ? Weight{true, edge.tag, edge.row[j]} : Weight{};
    }

    std::size_t rows_, cols_, latency_;
    bool shadows_;
    Arithmetic& arithmetic_;
    std::vector<Element> elements_;
    std::vector<std::deque<Input>> input_skew_;
    std::vector<std::deque<Weight>> weight_skew_;
    std::vector<Partial> readable_;
};

template <class Arithmetic>
class OutputStationaryArray {
  public:
    using Operand = typename Arithmetic::Operand;
    using Sum = typename Arithmetic::Sum;

    OutputStationaryArray(const ArrayConfig& config, Arithmetic& arithmetic)
        : rows_(static_cast<std::size_t>(config.rows)),
          cols_(static_cast<std::size_t>(config.cols)),
          arithmetic_(arithmetic),
          elements_(rows_ * cols_),
          left_(rows_),
          top_(cols_),
          readable_(cols_) {
        for (std::size_t i = 0; i < rows_; ++i) left_[i].resize(i);
        for (std::size_t j = 0; j < cols_; ++j) top_[j].resize(j);
    }

    // One step of the reduction: an operand a row and a column; `first` begins new sums. `drain`: all sums
    // move to the drain registers.
    struct Edge {
        bool step = false, first = false, drain = false;
        std::vector<std::optional<Operand>> a, b;
    };

    void step(const Edge& edge) {
        if (edge.drain)
            for (Element& e : elements_) e.drain = {true, e.sum};
        for (std::size_t j = 0; j < cols_; ++j) {  // the bottom row leaves, the others move down
            readable_[j] = at(rows_ - 1, j).drain;
            for (std::size_t i = rows_ - 1; i > 0; --i) at(i, j).drain = at(i - 1, j).drain;
            at(0, j).drain = {};
        }
        for (std::size_t i = rows_; i-- > 0;)
            for (std::size_t j = cols_; j-- > 0;) {
                Element& e = at(i, j);
                e.a = j > 0 ? at(i, j - 1).a : delayed(left_[i], moving(edge, edge.a, i));
                e.b = i > 0 ? at(i - 1, j).b : delayed(top_[j], moving(edge, edge.b, j));
                if (e.a.valid && e.a.first) e.sum = Sum{};
                if (!e.a.valid) continue;
                const std::uint64_t step = e.steps++;
                if (e.a.value && e.b.value)
                    e.sum = arithmetic_.mac(e.sum, *e.a.value, *e.b.value, i, j, step);
            }
    }
    std::optional<Sum> readable(std::size_t j) const {
        return readable_[j].valid ? std::optional(readable_[j].sum) : std::nullopt;
    }

  private:
    struct Moving {
        bool valid = false, first = false;
        std::optional<Operand> value;
    };
    struct Drained {
        bool valid = false;
        Sum sum{};
    };
    struct Element {
        Moving a, b;
        Sum sum{};
        Drained drain;
        std::uint64_t steps = 0;
    };
    Element& at(std::size_t i, std::size_t j) { return elements_[i * cols_ + j]; }
    static Moving moving(const Edge& edge, const std::vector<std::optional<Operand>>& from, std::size_t i) {
        return edge.step ? Moving{true, edge.first, from[i]} : Moving{};
    }
    static Moving delayed(std::deque<Moving>& line, Moving entering) {
        line.push_back(entering);
        Moving leaving = line.front();
        line.pop_front();
        return leaving;
    }

    std::size_t rows_, cols_;
    Arithmetic& arithmetic_;
    std::vector<Element> elements_;
    std::vector<std::deque<Moving>> left_, top_;
    std::vector<Drained> readable_;
};

}  // namespace octet

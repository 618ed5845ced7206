// The systolic array, register by register: the specification of docs/hardware/array.md that the pass-level
// array is held to.
//
// One call of step() is one clock. A register's content is what it holds at the beginning of that clock; a
// held array is one whose step() is not called: nothing moves.
//
// WeightStationaryArray: rows hold the reduction, columns the outputs. Inputs enter at the left and move one
// column a clock, row i delayed by i * latency; weights enter at the top with the tag of their row and move
// one row a clock, column j delayed by j; sums move down, `latency` clocks a row. Input stationary is the
// same array with the operands exchanged. With fewer than all rows in a block a sum ends with its block: it
// leaves through a tap and goes down beside the column.
//
// OutputStationaryArray: rows and columns hold the outputs; row 0 is the bottom one. A enters at the left, B
// at the top, one step of the reduction every `latency` clocks, row i delayed by rows - 1 - i; finished sums
// move to drain registers and leave downward, row 0 first, a row a clock.
#pragma once
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "models/array/array_probe.h"
#include "models/array/config.h"
#include "models/array/registers.h"
#include "models/types.h"

namespace octet {

template <class Arithmetic>
class WeightStationaryArray {
  public:
    using Operand = typename Arithmetic::Operand;
    using Sum = typename Arithmetic::Sum;

    // `block_rows`: of which each sum is made, 0: all.
    WeightStationaryArray(const ArrayConfig& config, Arithmetic& arithmetic, std::size_t block_rows = 0)
        : rows_(static_cast<std::size_t>(config.rows)),
          cols_(static_cast<std::size_t>(config.cols)),
          shadows_(config.double_buffered_weights),
          arithmetic_(arithmetic),
          input_skew_(rows_, static_cast<std::size_t>(config.pe_latency)),
          weight_skew_(cols_, 1),
          inputs_(rows_, cols_),
          passing_(rows_, cols_),
          active_(rows_, cols_),
          shadow_(rows_, cols_),
          sums_(static_cast<std::size_t>(config.pe_latency), Registers<Sum>(rows_, cols_)) {
        for (std::size_t row = block_rows; block_rows > 0 && row < rows_; row += block_rows)
            taps_.emplace_back(row, (rows_ - row) * sums_.size() * cols_);
    }

    // What is at the edges in a clock: a vector, `first` if it is the first of its pass; a row of weights
    // with its tag. Operands that the matrices do not have are missing at the end.
    struct Edge {
        bool vector = false, first = false, weights = false;
        std::size_t tag = 0;
        std::span<const Operand> inputs, row;
    };

    void step(const Edge& edge) {
        input_skew_.step(edge.inputs, edge.vector ? valid | (edge.first ? first : 0) : 0);
        inputs_.move_right(input_skew_);
        if (edge.weights) weights_move_ = rows_ + cols_;
        const bool weights_move = weights_move_ > 0;
        if (weights_move) {
            --weights_move_;
            weight_skew_.step(edge.row, edge.weights ? valid | tagged(edge.tag) : 0);
            passing_.move_down(weight_skew_);
        }
        // A sum leaves the last stage of a PE for the first one of the PE below; the top row begins with +0.
        for (Tap& tap : taps_) tap.take(&sums_.back().value[(tap.row - 1) * cols_], cols_);
        std::rotate(sums_.begin(), sums_.end() - 1, sums_.end());
        Registers<Sum>& sums = sums_.front();
        sums.move_down();
        for (const Tap& tap : taps_) std::fill_n(&sums.value[tap.row * cols_], cols_, Sum{});

        if (edge.first) swaps_move_ = rows_ * sums_.size() + cols_;
        if (swaps_move_ > 0) {
            --swaps_move_;
            for (std::size_t e = 0; shadows_ && e < rows_ * cols_; ++e)
                if ((inputs_.flags[e] & first) != 0) swap(e);
        }
        for (std::size_t e = 0; e < rows_ * cols_; ++e)
            sums.flags[e] = inputs_.flags[e] & (valid | (active_.flags[e] & has_operand));
        arithmetic_.multiply_add(sums.value, inputs_.value, active_.value, sums.flags);
        // At the end of the clock, so that a vector of this clock still saw the weight before.
        if (weights_move)
            for (std::size_t i = 0; i < rows_; ++i)
                for (std::size_t e = i * cols_; e < (i + 1) * cols_; ++e)
                    if ((passing_.flags[e] & ~has_operand) == (valid | tagged(i))) latch(e);
    }
    // The sum below column j that can be read in the coming clock.
    bool readable(std::size_t j) const { return (sums_.back().flags[below(j)] & valid) != 0; }
    const Sum& sum(std::size_t j) const { return sums_.back().value[below(j)]; }
    // What the registers hold, element by element (array_probe.h).
    template <class Probe>
    void show(Probe& probe) const {
        for (std::size_t e = 0; e < rows_ * cols_; ++e) {
            auto& pe = probe.pes[e];
            pe.input = number_of(inputs_.value[e]);
            pe.weight = number_of(active_.value[e]);
            pe.passing = number_of(passing_.value[e]);
            pe.shadow = number_of(shadow_.value[e]);
            pe.sum = number_of(sums_.back().value[e]);
            pe.input_valid = (inputs_.flags[e] & valid) != 0;
            pe.weight_present = (active_.flags[e] & has_operand) != 0;
            pe.shadow_full = (shadow_.flags[e] & full) != 0;
            pe.passing_valid = (passing_.flags[e] & valid) != 0;
            pe.sum_valid = (sums_.back().flags[e] & valid) != 0;
        }
    }
    // The same of a block of rows.
    const Sum& sum(std::size_t j, std::size_t block) const {
        return block < taps_.size() ? taps_[block].oldest(j) : sum(j);
    }

  private:
    // Registers beside the columns, from above `row` to below the array.
    struct Tap {
        Tap(std::size_t at_row, std::size_t registers) : row(at_row), sums(registers) {}
        void take(const Sum* leaving, std::size_t columns) {
            std::copy_n(leaving, columns, &sums[first]);
            first = (first + columns) % sums.size();
        }
        const Sum& oldest(std::size_t j) const { return sums[first + j]; }
        std::size_t row, first = 0;
        std::vector<Sum> sums;
    };

    // Of an input: the first of its pass. Of a shadow: not swapped in yet.
    static constexpr Flags first = 4, full = 4;

    void swap(std::size_t e) {
        active_.value[e] = shadow_.value[e];
        active_.flags[e] = shadow_.flags[e];
        shadow_.flags[e] &= ~full;
    }
    void latch(std::size_t e) {
        Registers<Operand>& weight = shadows_ ? shadow_ : active_;
        if ((shadow_.flags[e] & full) != 0)
            throw std::logic_error("a weight is lost: the next one came early");
        weight.value[e] = passing_.value[e];
        weight.flags[e] = (passing_.flags[e] & has_operand) | (shadows_ ? full : 0);
    }
    std::size_t below(std::size_t j) const { return (rows_ - 1) * cols_ + j; }

    std::size_t rows_, cols_;
    bool shadows_;
    Arithmetic& arithmetic_;
    Skew<Operand> input_skew_, weight_skew_;
    Registers<Operand> inputs_, passing_, active_, shadow_;
    std::vector<Registers<Sum>> sums_;  // stages of the multiplier-adder, the last one leaves
    std::vector<Tap> taps_;
    // For so many clocks at most weights are on their way, the first vector of a pass is.
    std::size_t weights_move_ = 0, swaps_move_ = 0;
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
          left_(rows_, 1, true),
          top_(cols_, 1),
          a_(rows_, cols_),
          b_(rows_, cols_),
          sums_(rows_, cols_),
          drain_(rows_, cols_) {}

    // One step of the reduction: an operand a row and a column; `first` begins new sums. `drain`: at the end
    // of this clock all sums move to the drain registers.
    struct Edge {
        bool step = false, first = false, drain = false;
        std::span<const Operand> a, b;
    };

    void step(const Edge& edge) {
        drain_.move_to_row_0();
        left_.step(edge.a, edge.step ? valid | (edge.first ? first : 0) : 0);
        top_.step(edge.b, edge.step ? valid : 0);
        a_.move_right(left_);
        b_.move_to_row_0(top_);
        for (std::size_t e = 0; e < rows_ * cols_; ++e) {
            if ((a_.flags[e] & first) != 0) sums_.value[e] = Sum{};
            sums_.flags[e] = a_.flags[e] & (valid | (b_.flags[e] & has_operand));
        }
        arithmetic_.multiply_add(sums_.value, a_.value, b_.value, sums_.flags);
        if (!edge.drain) return;
        drain_.value = sums_.value;
        std::fill(drain_.flags.begin(), drain_.flags.end(), valid);
    }
    // The sum below column j that can be read in the coming clock.
    bool readable(std::size_t j) const { return (drain_.flags[j] & valid) != 0; }
    const Sum& sum(std::size_t j) const { return drain_.value[j]; }
    // What the registers hold: as weight the value of b that passes, as shadow the drain register.
    template <class Probe>
    void show(Probe& probe) const {
        for (std::size_t e = 0; e < rows_ * cols_; ++e) {
            auto& pe = probe.pes[e];
            pe.input = number_of(a_.value[e]);
            pe.weight = pe.passing = number_of(b_.value[e]);
            pe.sum = number_of(sums_.value[e]);
            pe.shadow = number_of(drain_.value[e]);
            pe.input_valid = (a_.flags[e] & valid) != 0;
            pe.weight_present = (b_.flags[e] & has_operand) != 0;
            pe.passing_valid = (b_.flags[e] & valid) != 0;
            pe.sum_valid = (sums_.flags[e] & valid) != 0;
            pe.shadow_full = (drain_.flags[e] & valid) != 0;
        }
    }

  private:
    static constexpr Flags first = 4;

    std::size_t rows_, cols_;
    Arithmetic& arithmetic_;
    Skew<Operand> left_, top_;
    Registers<Operand> a_, b_;
    Registers<Sum> sums_, drain_;
};

}  // namespace octet

// Which row of weights and which vector enters a weight-stationary array in a step (a clock in which it
// moves). One pass may have its tile entering while vectors of the pass before are still issued. The rules
// are those of docs/hardware/array.md, asked step by step.
#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "models/accelerator/command.h"
#include "models/activity.h"
#include "models/array/config.h"

namespace octet {

// Core cycles in which the whole array stood still, by cause.
using HeldClocks = std::array<Cycle, stall_cause_count>;

// A matmul command at the array.
struct ArrayCourse {
    MatmulCommand command;
    OperationId operation = 0;
    // Core cycles: it was taken, the next one can be, the first row of weights entered.
    Cycle taken = 0, free_from = 0, first_weight = 0;
    HeldClocks held_before{};  // until the first row of weights
};

// One of its passes.
struct ArrayPass {
    std::shared_ptr<ArrayCourse> course;
    std::uint32_t k = 0, n = 0;
    bool streams_on = false;  // its sums leave for the vector unit
    bool ends_command = false;
    std::uint32_t vectors() const { return course->command.m; }
};
using PassPointer = std::shared_ptr<const ArrayPass>;

class WeightStationarySequencer {
  public:
    explicit WeightStationarySequencer(const ArrayConfig& config)
        : rows_(static_cast<Cycle>(config.rows)),
          double_buffered_(config.double_buffered_weights),
          overlap_(config.overlap_passes) {
        // Row i of a tile reaches its PEs 2i steps after the first one entered; a vector gets there i * L
        // steps after it was issued.
        for (Cycle i = 0; i < rows_; ++i) {
            const Cycle arrives = 2 * i, is_needed = i * static_cast<Cycle>(config.pe_latency);
            head_start_ = std::max(head_start_, is_needed > arrives ? is_needed - arrives : 0);
        }
    }

    // Whether the tile of one more pass may begin to enter in this step, in which vectors have been decided
    // on already. `drained`: every sum of the passes before can be read by now.
    bool tile_may_enter(Cycle step, bool drained) const {
        if (loading_ != nullptr) return false;
        if (issuing_ == nullptr) return true;
        if (!overlap_) return left_ == 0 && drained;
        if (double_buffered_)  // the input edge will be free when the tile is in; no shadow is overtaken
            return left_ < rows_ && step >= first_issue_ + head_start_;
        return left_ == 0 && step >= first_issue_ + issuing_->vectors() + head_start_;
    }
    // So many steps from this one on, whose vector has not been decided on, it surely may not.
    Cycle steps_until_tile(Cycle step) const {
        if (loading_ != nullptr) return tile_in() > step ? tile_in() - step : 0;
        const Cycle last = double_buffered_ && overlap_ ? rows_ : 0;
        return left_ > last ? left_ - last : 0;
    }
    void begin(PassPointer pass, Cycle step) {
        loading_ = std::move(pass);
        begun_ = step;
    }

    // The pass whose tile has entered, or is entering, and whose first vector has not.
    const PassPointer& loading() const { return loading_; }
    const PassPointer& issuing() const { return issuing_; }  // the latest one with a vector issued
    Cycle tile_in() const { return begun_ + rows_; }         // its vectors may follow from this step on
    std::uint32_t left() const { return left_; }             // vectors of `issuing` that are not issued

    // The first vector of the loaded pass, or the next one of the issuing one. Returns its number.
    std::uint32_t issue(Cycle step) {
        if (left_ == 0) {
            issuing_ = std::move(loading_);
            loading_ = nullptr;
            left_ = issuing_->vectors();
            first_issue_ = step;
        }
        return issuing_->vectors() - left_--;
    }
    // The row of weights that enters in this step.
    std::optional<std::uint32_t> row(Cycle step) const {
        if (loading_ == nullptr || step >= tile_in()) return std::nullopt;
        return static_cast<std::uint32_t>(step - begun_);
    }

  private:
    Cycle rows_, head_start_ = 0;
    bool double_buffered_, overlap_;
    PassPointer loading_, issuing_;
    Cycle begun_ = 0, first_issue_ = 0;
    std::uint32_t left_ = 0;
};

}  // namespace octet

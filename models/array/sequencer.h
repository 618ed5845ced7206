// Which row of weights and which vector enters an array in a step (a clock in which it moves). The rules are
// those of docs/hardware/array.md, asked step by step.
//
// Weights stay (weight and input stationary): one pass may have its tile entering while vectors of the pass
// before are still issued. Sums stay (output stationary): a pass is a part of a fold; it has no tile to enter
// before its first vector.
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
    Cycle issue = 1;         // steps in which its operands enter
    std::uint32_t sums = 1;  // vectors of sums that come out below
    std::uint32_t vectors() const { return course->command.m; }
};
using PassPointer = std::shared_ptr<const ArrayPass>;

class ArraySequencer {
  public:
    virtual ~ArraySequencer() = default;
    // So many steps before its first vector the tile of a pass begins to enter.
    virtual Cycle lead() const = 0;
    // Whether one more pass may begin to enter in this step, in which vectors have been decided on already if
    // lead() is not 0. `drained`: every sum of the passes before can be read by now.
    virtual bool tile_may_enter(Cycle step, bool drained) const = 0;
    // So many steps from this one on, whose vector has not been decided on, it surely may not.
    virtual Cycle steps_until_tile(Cycle step) const = 0;
    // The row of weights that enters in this step.
    virtual std::optional<std::uint32_t> row(Cycle step) const = 0;
    // Whether all sums leave the processing elements at the end of this step.
    virtual bool drains(Cycle step) const = 0;
    // When the array cycles of a pass end whose last vector was issued in this step, if not with its last
    // sum.
    virtual std::optional<Cycle> span_end(Cycle step) const = 0;

    void begin(PassPointer pass, Cycle step) {
        loading_ = std::move(pass);
        begun_ = step;
    }
    // The pass whose tile has entered, or is entering, and whose first vector has not.
    const PassPointer& loading() const { return loading_; }
    const PassPointer& issuing() const { return issuing_; }  // the latest one with a vector issued
    Cycle tile_in() const { return begun_ + lead(); }        // its vectors may follow from this step on
    Cycle left() const { return left_; }                     // steps in which `issuing` has yet to issue

    // The first step of the loaded pass, or the next one of the issuing one. Returns its number.
    Cycle issue(Cycle step) {
        if (left_ == 0) {
            issuing_ = std::move(loading_);
            loading_ = nullptr;
            left_ = issuing_->issue;
            first_issue_ = step;
        }
        return issuing_->issue - left_--;
    }

  protected:
    PassPointer loading_, issuing_;
    Cycle begun_ = 0, first_issue_ = 0, left_ = 0;
};

class WeightStationarySequencer final : public ArraySequencer {
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

    Cycle lead() const override { return rows_; }
    bool tile_may_enter(Cycle step, bool drained) const override {
        if (loading_ != nullptr) return false;
        if (issuing_ == nullptr) return true;
        if (!overlap_) return left_ == 0 && drained;
        if (double_buffered_)  // the input edge will be free when the tile is in; no shadow is overtaken
            return left_ < rows_ && step >= first_issue_ + head_start_;
        return left_ == 0 && step >= first_issue_ + issuing_->issue + head_start_;
    }
    Cycle steps_until_tile(Cycle step) const override {
        if (loading_ != nullptr) return tile_in() > step ? tile_in() - step : 0;
        const Cycle last = double_buffered_ && overlap_ ? rows_ : 0;
        return left_ > last ? left_ - last : 0;
    }
    std::optional<std::uint32_t> row(Cycle step) const override {
        if (loading_ == nullptr || step >= tile_in()) return std::nullopt;
        return static_cast<std::uint32_t>(step - begun_);
    }
    bool drains(Cycle) const override { return false; }
    std::optional<Cycle> span_end(Cycle) const override { return std::nullopt; }

  private:
    Cycle rows_, head_start_ = 0;
    bool double_buffered_, overlap_;
};

class OutputStationarySequencer final : public ArraySequencer {
  public:
    explicit OutputStationarySequencer(const ArrayConfig& config)
        : wave_(static_cast<Cycle>(config.rows) + static_cast<Cycle>(config.cols) - 2),
          overlap_(config.overlap_passes) {}

    Cycle lead() const override { return 0; }
    bool tile_may_enter(Cycle step, bool) const override {
        return loading_ == nullptr && left_ == 0 && step >= free_from();
    }
    Cycle steps_until_tile(Cycle step) const override {
        if (left_ > 0) return left_ + (issuing_->streams_on ? wave_ : 0);
        return free_from() > step ? free_from() - step : 0;
    }
    std::optional<std::uint32_t> row(Cycle) const override { return std::nullopt; }
    bool drains(Cycle step) const override {
        return issuing_ != nullptr && issuing_->streams_on && left_ == 0 && step + 1 == free_from();
    }
    std::optional<Cycle> span_end(Cycle step) const override {
        if (overlap_ || !issuing_->streams_on) return std::nullopt;
        return step + 1 + wave_;
    }

  private:
    // The last operands of a fold have reached the farthest element; a part that is not the last of its fold
    // is followed at once.
    Cycle free_from() const {
        if (issuing_ == nullptr) return 0;
        return first_issue_ + issuing_->issue + (issuing_->streams_on ? wave_ : 0);
    }
    Cycle wave_;  // steps from the first corner to the last
    bool overlap_;
};

std::unique_ptr<ArraySequencer> make_sequencer(const ArrayConfig& config);

}  // namespace octet

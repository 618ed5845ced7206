// Counts the cycles that are marked at least once, in any order; one bit a cycle.
//
// `settle(until)` promises that nothing before `until` follows, and lets what is known be counted and
// forgotten.
#pragma once
#include <bit>
#include <vector>

#include "models/observer.h"

namespace octet {

class BusyCycles {
  public:
    // `observer` is told of the marked cycles as those of `unit`; nullptr: nobody is.
    explicit BusyCycles(RunObserver* observer = nullptr, Unit unit = Unit::count)
        : observer_(observer), unit_(unit) {}

    // `count` cycles from `from` on, `interval` apart.
    void mark(Cycle from, Cycle interval, Cycle count) {
        const Cycle last = from + (count - 1) * interval;
        while ((last - base_) / 64 >= bits_.size() - head_) bits_.push_back(0);
        if (interval > 1) {
            for (Cycle c = from; c <= last; c += interval) word(c) |= bit(c);
        } else if (from / 64 == last / 64) {
            word(from) |= from_on(from) & up_to(last);
        } else {
            word(from) |= from_on(from);
            for (Cycle c = (from / 64 + 1) * 64; c < last / 64 * 64; c += 64) word(c) = ~std::uint64_t{0};
            word(last) |= up_to(last);
        }
    }

    void mark(Cycle cycle) {
        while ((cycle - base_) / 64 >= bits_.size() - head_) bits_.push_back(0);
        word(cycle) |= bit(cycle);
    }

    void settle(Cycle until) {
        for (; base_ + 64 <= until; base_ += 64)
            if (head_ < bits_.size()) enter(bits_[head_++]);
        if (head_ > 1024 && head_ * 2 > bits_.size()) {
            bits_.erase(bits_.begin(), bits_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
    }
    // The run has ended after `total` cycles, in which all that is marked lies.
    void close(Cycle total) {
        settle(total);
        if (head_ < bits_.size()) enter(bits_[head_] & (bit(total) - 1));
        tell();
    }
    Cycle covered() const { return covered_; }

  private:
    static std::uint64_t bit(Cycle c) { return std::uint64_t{1} << c % 64; }
    static std::uint64_t from_on(Cycle c) { return ~(bit(c) - 1); }
    static std::uint64_t up_to(Cycle c) { return bit(c) - 1 + bit(c); }
    std::uint64_t& word(Cycle c) { return bits_[head_ + (c - base_) / 64]; }

    // The cycles from base_ on.
    void enter(std::uint64_t marked) {
        covered_ += static_cast<Cycle>(std::popcount(marked));
        if (observer_ == nullptr) return;
        for (Cycle from = base_; marked != 0;) {
            const int gap = std::countr_zero(marked), length = std::countr_one(marked >> gap);
            from += static_cast<Cycle>(gap);
            if (from != to_) {
                tell();
                from_ = from;
            }
            to_ = from += static_cast<Cycle>(length);
            marked = gap + length < 64 ? marked >> (gap + length) : 0;
        }
    }
    void tell() {
        if (observer_ != nullptr && to_ > from_)
            observer_->busy(unit_, from_, to_, BusyWith::work, no_operation);
        from_ = to_;
    }

    RunObserver* observer_;
    Unit unit_;
    std::vector<std::uint64_t> bits_;  // from head_ on: of the cycles from base_ on
    std::size_t head_ = 0;
    Cycle base_ = 0;  // a multiple of 64
    Cycle covered_ = 0;
    Cycle from_ = 0, to_ = 0;  // what the observer has not been told yet
};

}  // namespace octet

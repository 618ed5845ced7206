// What every unit did in time, in a few hundred slots of equal length: for the page of a run.
#pragma once
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/run/simulate.h"

namespace octet {

// Slots are twice as long whenever the run outgrows them, so memory does not grow with it; sums stay exact.
class UnitSlots : public Follower {
  public:
    static constexpr std::size_t slot_count = 256;

    UnitSlots() { slots_.resize(unit_count); }
    void begins(const Graph&, const AcceleratorConfig&) override {}
    void busy(Unit unit, Cycle from, Cycle to, BusyWith, OperationId) override {
        add(slots_[static_cast<std::size_t>(unit)].busy, from, to);
    }
    void stalled(Unit unit, Cycle from, Cycle to, StallCause, OperationId) override {
        add(slots_[static_cast<std::size_t>(unit)].stall, from, to);
    }
    void issued(Queue, const Command&, const HeadOfQueue&) override {}
    void executed(Engine, OperationId, const CommandView&, Cycle, Cycle, Cycle) override {}

    // After the run. {schema, cycles: of a slot, units: {array: {busy: [cycles in each slot], stall: [...]},
    // ...}}
    nlohmann::ordered_json document(Cycle total);

  private:
    using Row = std::array<Cycle, slot_count>;
    struct Rows {
        Row busy{}, stall{};
    };
    void add(Row& row, Cycle from, Cycle to);
    void widen();

    Cycle length_ = 1;
    std::vector<Rows> slots_;
};

}  // namespace octet

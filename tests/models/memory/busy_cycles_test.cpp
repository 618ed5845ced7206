#include "models/busy_cycles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace octet::testing {
namespace {

// Writes down what it is told.
class Listener final : public RunObserver {
  public:
    void busy(Unit unit, Cycle from, Cycle to, BusyWith, OperationId) override {
        EXPECT_EQ(unit, Unit::sram);
        EXPECT_LT(from, to);
        EXPECT_GT(from, until) << "what touches is one interval";
        until = to;
        cycles += to - from;
    }
    void stalled(Unit, Cycle, Cycle, StallCause, OperationId) override {}
    void issued(Queue, const Command&, const HeadOfQueue&) override {}
    void executed(Engine, OperationId, const CommandView&, Cycle, Cycle, Cycle) override {}
    Cycle until = 0, cycles = 0;
};

TEST(BusyCycles, CountEveryMarkedCycleOnceInWhateverOrderTheyCome) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        std::mt19937 random(seed);
        const auto pick = [&](Cycle low, Cycle high) {
            return std::uniform_int_distribution<Cycle>(low, high)(random);
        };
        Listener listener;
        BusyCycles busy(&listener, Unit::sram);
        std::vector<bool> marked(6000);
        Cycle settled = 0;
        for (int i = 0; i < 60; ++i) {
            const Cycle from = 1 + settled + pick(0, 400), interval = pick(0, 1) == 0 ? 1 : pick(2, 70);
            const Cycle count = pick(1, interval == 1 ? 300 : 10);
            if (from + count * interval >= marked.size()) break;
            busy.mark(from, interval, count);
            for (Cycle c = 0; c < count; ++c) marked[from + c * interval] = true;
            if (pick(0, 3) == 0) busy.settle(settled += pick(0, 200));
        }
        busy.close(marked.size());
        const auto all = static_cast<Cycle>(std::count(marked.begin(), marked.end(), true));
        EXPECT_EQ(busy.covered(), all);
        EXPECT_EQ(listener.cycles, all);
    }
}

}  // namespace
}  // namespace octet::testing

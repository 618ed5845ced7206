#include "models/interval_union.h"

#include <gtest/gtest.h>

#include <random>

namespace octet::testing {
namespace {

TEST(IntervalUnion, CountsCoveredCyclesOnceHoweverLanesOverlap) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        std::mt19937 random(seed);
        const auto pick = [&](Cycle low, Cycle high) {
            return std::uniform_int_distribution<Cycle>(low, high)(random);
        };
        constexpr std::size_t lanes = 4;
        IntervalUnion set(lanes);
        std::vector<bool> covered(3000);
        std::array<Cycle, lanes> next{};
        Cycle settled = 0;
        for (int i = 0; i < 100; ++i) {
            const std::size_t lane = pick(0, lanes - 1);
            const Cycle from = std::max(next[lane], settled) + pick(0, 15), to = from + pick(0, 20);
            if (to >= covered.size()) break;
            set.add(lane, from, to);
            next[lane] = to;
            for (Cycle c = from; c < to; ++c) covered[c] = true;
            if (pick(0, 5) == 0)
                set.settle(settled = std::max(settled, *std::min_element(next.begin(), next.end())));
        }
        set.settle(covered.size());
        EXPECT_EQ(set.covered(), static_cast<Cycle>(std::count(covered.begin(), covered.end(), true)));
    }
}

}  // namespace
}  // namespace octet::testing

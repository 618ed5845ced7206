// What units did, slot by slot, against every cycle by itself.
#include "sim/run/unit_slots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace octet::test {
namespace {

TEST(UnitSlots, HoldTheCyclesThatFallIntoThem) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(testing::Message() << "OCTET_SEED=" << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 50; ++round) {
        UnitSlots slots;
        std::vector<int> cycles;  // 0 idle, 1 busy, 2 stalled
        const std::size_t intervals = 1 + random() % 2000, longest = 1 + random() % 30;
        for (std::size_t i = 0; i < intervals; ++i) {
            const int state = static_cast<int>(random() % 3);
            const Cycle from = cycles.size(), to = from + random() % (longest + 1);
            if (state == 1) slots.busy(Unit::sram, from, to, BusyWith::work, 0);
            if (state == 2) slots.stalled(Unit::sram, from, to, StallCause::dependency, 0);
            cycles.resize(to, state);
        }
        const nlohmann::ordered_json document = slots.document(cycles.size());
        const auto length = document.at("cycles").get<std::size_t>();
        const auto& row = document.at("units").at("sram");
        ASSERT_LE(row.at("busy").size(), UnitSlots::slot_count);
        ASSERT_EQ(row.at("busy").size(), (cycles.size() + length - 1) / length);
        for (std::size_t slot = 0; slot < row.at("busy").size(); ++slot) {
            const auto first = cycles.begin() + static_cast<std::ptrdiff_t>(slot * length);
            const auto end =
                cycles.begin() + static_cast<std::ptrdiff_t>(std::min(cycles.size(), (slot + 1) * length));
            ASSERT_EQ(row.at("busy")[slot], std::count(first, end, 1)) << slot;
            ASSERT_EQ(row.at("stall")[slot], std::count(first, end, 2)) << slot;
        }
        for (const auto& cycle : document.at("units").at("array").at("busy")) EXPECT_EQ(cycle, 0);
    }
}

}  // namespace
}  // namespace octet::test

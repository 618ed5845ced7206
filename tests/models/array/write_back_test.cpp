// The write-back FIFO below the array.
#include "models/array/write_back.h"

#include <cstdlib>
#include <random>

#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

unsigned given_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

Cycle room_of(std::span<const ResultRoom> rooms, std::uint64_t vector) {
    for (const ResultRoom& room : rooms)
        if (vector >= room.first && vector < room.first + room.count)
            return room.at + (vector - room.first) * room.step;
    return 0;
}

// Vector m leaves in l_m = max(a_m, l_(m-1) + I, room_m), and the one behind it comes a cycle later at least.
TEST(WriteBack, LetsEachVectorLeaveInTheFirstCycleInWhichFifoAndRoomAllowIt) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(::testing::Message() << "OCTET_SEED=" << seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::uint64_t low, std::uint64_t high) {
        return std::uniform_int_distribution<std::uint64_t>(low, high)(random);
    };
    std::uint64_t waits_for_fifo = 0, waits_for_room = 0;
    for (int round = 0; round < 300; ++round) {
        const Cycle interval = pick(2, 3);
        WriteBack fifo(interval);
        Cycle left = 0, first = pick(0, 20);
        bool any = false;
        for (int pass = 0; pass < 5; ++pass) {
            const std::uint64_t vectors = pick(1, 30);
            std::vector<ResultRoom> behind;
            Cycle at = first + pick(0, 40);
            for (std::uint64_t v = pick(0, vectors); v < vectors;) {
                const std::uint64_t count = pick(1, vectors - v);
                const Cycle step = interval + pick(0, 2);
                behind.push_back({v, count, at, step});
                at += count * step + pick(0, 3);
                v += count;
            }
            EXPECT_EQ(fifo.leaves(first), any ? std::max(first, left + interval) : first);
            const auto rooms = fifo.rooms(first, vectors, behind);
            Cycle arrival = first;
            for (std::uint64_t v = 0; v < vectors; ++v) {
                const Cycle turn = any ? left + interval : 0, room = room_of(behind, v);
                const Cycle expected = std::max({arrival, turn, room});
                ASSERT_EQ(std::max(arrival, room_of(rooms, v)), expected)
                    << "round " << round << ", pass " << pass << ", vector " << v;
                waits_for_fifo += expected > arrival && turn >= room;
                waits_for_room += expected > arrival && room > turn;
                left = expected;
                any = true;
                arrival = left + 1;
            }
            first = left + pick(1, 6);
        }
    }
    EXPECT_GT(waits_for_fifo, 1000U);
    EXPECT_GT(waits_for_room, 1000U);
}

constexpr std::uint32_t rows = 4, cols = 4;

Case product(int fifo, std::uint32_t m, std::uint32_t k_tiles, std::uint32_t n_tiles, int port_beats = 1) {
    Case c{ample_machine(rows, cols), Program(1)};
    c.config.vector.writeback_fifo = fifo;
    c.config.vector.port_beats = port_beats;
    c.program.program({VectorPass{{}, 0, true}});
    Product g{m, k_tiles * rows, n_tiles * cols};
    g.output_bits = port_beats > 1 ? 16 : 8;
    add_product(c.program, c.config, g);
    return c;
}

Cycle length(const MachineReport& r) {
    return r.operations[0].array_last - r.operations[0].array_first;
}
Cycle waits(const MachineReport& r) {
    return r.units[0].stalls[static_cast<std::size_t>(StallCause::write_port)];
}

TEST(WriteBack, TakesAVectorOfAnyPassEverySecondCycleIfItHasOneWord) {
    std::deque<Case> cases;
    for (const int fifo : {1, 2, 3}) cases.push_back(product(fifo, 100, 3, 4));
    const auto r = run_all(cases);
    const Cycle closed = rows + 12 * 100 + rows + cols - 2;
    // Every vector but the first waits a cycle, the last one after its sum could be read.
    EXPECT_EQ(length(r[0]), closed + 12 * 100 - 2);
    EXPECT_EQ(waits(r[0]), 12 * 100U - 1);
    for (std::size_t i = 1; i < 3; ++i) {
        EXPECT_EQ(length(r[i]), closed);
        EXPECT_EQ(waits(r[i]), 0U);
    }
}

TEST(WriteBack, IsEmptyAgainWhenPassesLeaveItACycle) {
    std::deque<Case> cases;
    for (const std::uint32_t m : {1U, 2U, 3U, 4U, 5U}) cases.push_back(product(1, m, 5, 2));
    const auto r = run_all(cases);
    // A pass takes at least R cycles: with fewer than R vectors its first one finds the FIFO empty.
    EXPECT_EQ(waits(r[0]), 0U);
    EXPECT_EQ(waits(r[1]), 10 * 1U);
    EXPECT_EQ(waits(r[2]), 10 * 2U);
    EXPECT_EQ(waits(r[3]), 10 * 4U - 1);
    EXPECT_EQ(waits(r[4]), 10 * 5U - 1);
}

TEST(WriteBack, OfOneWordIsAsSlowAsAPortOfTwoBeatsThatThenHoldsNothing) {
    std::deque<Case> cases;
    cases.push_back(product(1, 100, 3, 4, 1));
    cases.push_back(product(1, 100, 3, 4, 2));
    cases.push_back(product(1, 100, 3, 4, 3));
    const auto r = run_all(cases);
    EXPECT_EQ(length(r[1]), length(r[0]));
    // Three beats: 3 * (100 - 40) cycles for what the storage does not hold, of which the FIFO gives 2 * 100.
    EXPECT_EQ(length(r[2]), length(r[0])) << "180 cycles pass in any case";
}

}  // namespace
}  // namespace octet::testing

#include "models/memory/arbiter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/models/memory/calendar.h"

namespace octet::testing {
namespace {

std::vector<Cycle> slots_of(const std::vector<GrantRun>& runs, std::uint32_t interval) {
    std::vector<Cycle> slots;
    for (const GrantRun& run : runs) {
        EXPECT_EQ(run.slot, slots.size());
        for (std::uint64_t i = 0; i < run.slots; ++i) slots.push_back(run.at + i * interval);
    }
    return slots;
}

AccessStream words(std::uint32_t lane, Address base, std::uint64_t step, std::uint32_t width = 16) {
    AccessStream s;
    s.lane = lane;
    s.beats = BeatCursor::linear(base, step, width);
    return s;
}

TEST(Arbiter, GivesAFreeTransferOneBeatACycle) {
    Arbiter arbiter(4, 1, 16, 2);
    AccessStream s[] = {words(0, 0, 16)};
    const auto grant = arbiter.reserve(5, 5, 1, 100, s);
    EXPECT_EQ(grant.first, 5u);
    EXPECT_EQ(grant.last, 104u);
    EXPECT_EQ(grant.conflicts, 0u);
}

TEST(Arbiter, DelaysTheYoungerTransferByOneCycleWhereBothWantABank) {
    Arbiter arbiter(4, 1, 16, 2);
    AccessStream older[] = {words(0, 0, 16)}, younger[] = {words(1, 0, 16)}, elsewhere[] = {words(1, 16, 16)};
    arbiter.reserve(0, 0, 1, 8, older);
    EXPECT_EQ(arbiter.reserve(0, 0, 1, 8, younger).conflicts, 1u);  // then it follows one bank behind
    Arbiter other(4, 1, 16, 2);
    other.reserve(0, 0, 1, 8, older);
    EXPECT_EQ(other.reserve(0, 0, 1, 8, elsewhere).conflicts, 0u);
}

TEST(Arbiter, MakesTwoTransfersOfOneBankTakeTurnsThatTheOlderOneOwns) {
    Arbiter arbiter(4, 1, 16, 2);
    AccessStream older[] = {words(0, 0, 0)}, younger[] = {words(1, 0, 0)};
    arbiter.reserve(0, 0, 1, 10, older);
    EXPECT_EQ(arbiter.reserve(0, 0, 1, 10, younger).first, 10u);
}

TEST(Arbiter, LetsOthersUseTheGapsOfASlowTransfer) {
    Arbiter arbiter(4, 1, 16, 2);
    AccessStream older[] = {words(0, 0, 0)}, younger[] = {words(1, 0, 0)};
    arbiter.reserve(0, 0, 2, 10, older);
    const auto grant = arbiter.reserve(0, 0, 2, 10, younger);
    EXPECT_EQ(grant.first, 1u);
    EXPECT_EQ(grant.last, 19u);
}

TEST(Arbiter, HasAsManyTransfersInABankAsItHasPorts) {
    Arbiter arbiter(4, 2, 16, 3);
    AccessStream a[] = {words(0, 0, 0)}, b[] = {words(1, 0, 0)}, c[] = {words(2, 0, 0)};
    EXPECT_EQ(arbiter.reserve(0, 0, 1, 10, a).first, 0u);
    EXPECT_EQ(arbiter.reserve(0, 0, 1, 10, b).first, 0u);
    EXPECT_EQ(arbiter.reserve(0, 0, 1, 10, c).first, 10u);
}

TEST(Arbiter, NeedsTheSamePortInAllBanksOfAWideBeat) {
    Arbiter arbiter(4, 2, 16, 3);
    AccessStream a[] = {words(0, 0, 0)};         // bank 0, port 0
    AccessStream b[] = {words(1, 16, 0)};        // bank 1 ...
    b[0].plane = 1;                              // ... port 1
    AccessStream wide[] = {words(2, 0, 0, 32)};  // banks 0 and 1
    arbiter.reserve(0, 0, 1, 10, a);
    arbiter.reserve(0, 0, 1, 10, b);
    EXPECT_EQ(arbiter.reserve(0, 0, 1, 1, wide).first, 10u);
}

// Whatever the arbiter does for many beats at once equals what the calendar does beat by beat.
TEST(Arbiter, EqualsTheCalendarOnRandomFlows) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned first = given != nullptr ? static_cast<unsigned>(std::atol(given)) : 1;
    std::uint64_t total_conflicts = 0;
    for (unsigned seed = first; seed < first + 400; ++seed) {
        SCOPED_TRACE(::testing::Message() << "OCTET_SEED=" << seed);
        std::mt19937 random(seed);
        const auto pick = [&](std::uint32_t low, std::uint32_t high) {
            return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
        };
        const std::uint32_t word = seed % 3 == 0 ? pick(1, 12) : 1U << pick(2, 4);
        const std::uint32_t banks = seed % 16 == 0  ? pick(60, 140)
                                    : seed % 2 == 0 ? pick(1, 9)
                                                    : 1U << pick(0, 4),
                            ports = pick(1, 3);
        Arbiter arbiter(banks, ports, word, 13);
        Calendar calendar(banks, ports, word);
        Cycle present = 0;
        std::uint64_t conflicts = 0;
        for (int flow = 0; flow < 25; ++flow) {
            present += pick(0, 12);
            const std::uint32_t interval = pick(0, 2) == 0 ? pick(2, 5) : 1;
            const std::uint32_t slots = pick(1, 40), count = pick(0, 3) == 0 ? pick(2, 3) : 1;
            const Cycle from = present + pick(0, 5);
            std::vector<AccessStream> streams;
            std::vector<ReferenceStream> reference;
            for (std::uint32_t i = 0; i < count; ++i) {
                AccessStream s;
                s.lane = i * 4 + pick(0, 3);
                const std::uint32_t width = pick(0, 2) == 0 ? pick(1, banks * word) : word;
                s.offset = pick(0, 4);
                s.plane = pick(0, ports - 1);
                if (pick(0, 2) == 0) s.slack = pick(0, 2) == 0 ? ~Cycle{0} / 2 : pick(1, 6);
                const Strips strips{pick(0, 300),      pick(1, 5),    pick(1, 8) * word,
                                    pick(1, 8) * word, pick(40, 400), 0};
                const std::uint64_t vectors = pick(1, 9), last = pick(1, 9), group = pick(1, 4);
                switch (pick(0, 4)) {
                    case 0:
                        s.beats =
                            BeatCursor::linear(pick(0, 999), pick(0, 2) == 0 ? pick(0, 70) : word, width);
                        break;
                    case 1:
                        s.beats =
                            BeatCursor::groups({strips, vectors, last}, group).part(pick(0, 9), banks * word);
                        break;
                    case 2:
                        s.beats = BeatCursor::groups({strips, vectors, last}, group).word(pick(0, 2), word);
                        break;
                    case 3: {
                        Strips apart = strips;
                        apart.step = pick(1, 50);
                        s.beats = BeatCursor::members({apart, vectors, last}, group, pick(0, 3) % group)
                                      .part(0, banks * word);
                        break;
                    }
                    default:
                        s.beats = BeatCursor::vectors(strips, pick(1, 3 * word)).part(0, banks * word);
                        break;
                }
                ReferenceStream r{s.lane, s.offset, s.plane, s.slack, {}};
                BeatCursor cursor = s.beats;
                for (std::uint32_t beat = 0; beat < slots && cursor.left() > 0; ++beat) {
                    r.beats.push_back({cursor.address(), cursor.width()});
                    cursor.advance(1);
                }
                streams.push_back(s);
                reference.push_back(r);
            }
            if (count == 1 && streams[0].slack == 0 && pick(0, 2) == 0) {  // a beat alone, another way
                reference[0].beats.resize(1);
                const auto& beat = reference[0].beats[0];
                if (beat.width > 0) {
                    reference[0].offset = 0;
                    reference[0].lane = 12;
                    const auto of = [&](Address byte) { return static_cast<std::uint32_t>(byte / word); };
                    const std::uint32_t words = of(beat.address + beat.width - 1) - of(beat.address) + 1;
                    const auto grant =
                        arbiter.reserve_beat(present, from, 12, streams[0].plane,
                                             {of(beat.address) % banks, std::min(words, banks)});
                    const auto expected = calendar.reserve(from, 1, 1, reference);
                    ASSERT_EQ(grant.first, expected[0]) << "flow " << flow;
                    ASSERT_EQ(grant.last, expected[0]) << "flow " << flow;
                    conflicts += grant.conflicts;
                    continue;
                }
                reference[0].beats.resize(0);
            }
            std::uint64_t length = slots;
            for (const auto& r : reference) length = std::min<std::uint64_t>(length, r.beats.size());
            std::vector<GrantRun> runs;  // with elastic streams each run has its own lateness
            const auto grant = arbiter.reserve(present, from, interval, length, streams, &runs);
            ASSERT_EQ(slots_of(runs, interval), calendar.reserve(from, interval, length, reference))
                << "flow " << flow;
            for (const GrantRun& run : runs)
                for (std::uint64_t i = run.slot; i < run.slot + run.slots; ++i) {
                    Cycle late = 0;
                    for (const auto& r : reference) late = std::max(late, r.late[i]);
                    ASSERT_EQ(run.late, late) << "flow " << flow << " slot " << i;
                }
            for (std::size_t i = 0; i < streams.size() && length > 0; ++i) {
                ASSERT_EQ(streams[i].offset, reference[i].offset) << "flow " << flow << " stream " << i;
                ASSERT_EQ(streams[i].plane, reference[i].plane) << "flow " << flow << " stream " << i;
            }
            conflicts += grant.conflicts;
        }
        total_conflicts += conflicts;
    }
    EXPECT_GT(total_conflicts, 10000u);
}

}  // namespace
}  // namespace octet::testing

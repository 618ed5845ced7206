#include "sim/report/track.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <random>

namespace octet {
namespace {

struct Drawn {
    std::vector<TrackEvent> events;
    void add(Track& track, const TrackKind& kind, Cycle from, Cycle to) {
        track.add(kind, from, to, [&](const TrackEvent& e) { events.push_back(e); });
    }
    void flush(Track& track) {
        track.flush([&](const TrackEvent& e) { events.push_back(e); });
    }
};

TEST(Track, JoinsEqualStatesThatTouchAndNothingElse) {
    Track track(true);
    Drawn d;
    d.add(track, {0, 0, 7}, 10, 12);
    d.add(track, {0, 0, 7}, 12, 15);
    d.add(track, {0, 1, 7}, 15, 16);  // another kind
    d.add(track, {0, 1, 8}, 16, 17);  // another operation
    d.add(track, {0, 1, 8}, 18, 19);  // a cycle apart
    d.flush(track);
    ASSERT_EQ(d.events.size(), 4u);
    EXPECT_EQ(d.events[0].from, 10u);
    EXPECT_EQ(d.events[0].cycles, 5u);
    EXPECT_EQ(d.events[3].from, 18u);
    for (const TrackEvent& e : d.events) EXPECT_EQ(e.intervals, 1u);
}

TEST(Track, KeepsCommandsApartThatTouch) {
    Track track(false);
    Drawn d;
    d.add(track, {0, 0, 7}, 0, 2);
    d.add(track, {0, 0, 7}, 2, 2);
    d.add(track, {0, 0, 7}, 2, 5);
    d.flush(track);
    ASSERT_EQ(d.events.size(), 3u);
    EXPECT_EQ(d.events[1].cycles, 0u);
}

// A long track against its intervals: every cycle of every kind is there, nothing overlaps, and nothing is
// drawn farther from its place than a grain.
TEST(Track, ThatGrowsLongKeepsEveryCycleAndItsOrder) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(testing::Message() << "OCTET_SEED=" << seed);
    std::mt19937 random(seed);
    for (const bool states : {true, false}) {
        Track track(states);
        Drawn d;
        std::map<std::tuple<int, int, OperationId>, Cycle> cycles, drawn;
        std::map<OperationId, std::pair<Cycle, Cycle>> places;  // of an operation that comes once
        Cycle at = 0;
        OperationId operation = 0;
        std::uint64_t count = 0, longest = 0;
        for (int i = 0; i < 1'000'000; ++i) {
            if (random() % 2000 == 0) ++operation;
            at += random() % 3 == 0 ? random() % 20 : 0;
            const Cycle to = at + 1 + (random() % 100 == 0 ? random() % 5000 : random() % 9);
            const TrackKind kind{static_cast<std::uint8_t>(random() % 2),
                                 static_cast<std::uint8_t>(random() % 3), operation};
            d.add(track, kind, at, to);
            cycles[{kind.group, kind.kind, operation}] += to - at;
            auto& place = places.try_emplace(operation, at, to).first->second;
            place.second = to;
            longest = std::max(longest, to - at);
            at = to;
            ++count;
        }
        d.flush(track);
        Cycle end = 0;
        std::uint64_t intervals = 0;
        for (const TrackEvent& e : d.events) {
            EXPECT_GE(e.from, end);
            end = e.from + e.cycles;
            EXPECT_GE(e.from, places.at(e.kind.operation).first);
            EXPECT_LE(end, places.at(e.kind.operation).second);
            drawn[{e.kind.group, e.kind.kind, e.kind.operation}] += e.cycles;
            intervals += e.intervals;
        }
        EXPECT_EQ(drawn, cycles);
        if (!states) {
            EXPECT_EQ(intervals, count);
        }
        // With every grain that is passed the track doubles in what it can hold.
        EXPECT_LT(d.events.size(), 10 * Track::events_per_grain);
        EXPECT_GT(d.events.size(), 2 * Track::events_per_grain);
        for (std::size_t i = 0; i < Track::events_per_grain; ++i) EXPECT_EQ(d.events[i].intervals, 1u);
    }
}

TEST(Track, DrawsCollectedKindsOneAfterAnotherWithinAGrain) {
    Track track(true);
    Drawn d;
    for (Cycle i = 0; i < Track::events_per_grain; ++i) d.add(track, {0, 0, 1}, 2 * i, 2 * i + 1);
    const Cycle base = 1000 * Track::events_per_grain;
    d.add(track, {0, 0, 2}, base, base + 1);  // completes the last of them: from now on the grain is 64
    d.events.clear();
    d.add(track, {0, 1, 2}, base + 4, base + 5);
    d.add(track, {0, 0, 2}, base + 8, base + 10);
    d.add(track, {0, 1, 2}, base + 60, base + 64);
    d.add(track, {0, 1, 2}, base + 64, base + 200);  // touches
    d.add(track, {0, 0, 2}, base + 201, base + 202);
    d.flush(track);
    ASSERT_EQ(d.events.size(), 3u);
    const std::vector<Cycle> from{d.events[0].from, d.events[1].from, d.events[2].from};
    EXPECT_EQ(from, (std::vector<Cycle>{base, base + 3, base + 201}));
    EXPECT_EQ(d.events[0].cycles, 3u);
    EXPECT_EQ(d.events[0].intervals, 2u);
    EXPECT_EQ(d.events[1].cycles, 1u + 4 + 136);
    EXPECT_EQ(d.events[1].intervals, 2u);
}

}  // namespace
}  // namespace octet

// Reads that are taken ahead of their clocks, and many clocks in one go, change nothing: the same data comes
// in the same clocks as from a channel that takes each read in its clock and is stepped clock after clock.
#include <gtest/gtest.h>

#include <cstdlib>
#include <tuple>

#include "tests/models/memory/dram_random.h"

namespace octet::testing {
namespace {

struct Offer {  // taken in clock `at` or as soon as there is room
    DramClock at = 0;
    std::uint64_t burst = 0;
    bool write = false;
};

using Beats = std::tuple<std::uint32_t, DramClock, DramClock>;  // tag, from, to

void collect(DramChannel& channel, std::vector<Beats>& beats) {
    for (const DramChannel::Done& done : channel.done()) {  // burst by burst
        const DramClock each = (done.at - done.from) / done.bursts;
        for (std::uint32_t i = 0; i < done.bursts; ++i)
            beats.emplace_back(done.tag, done.from + i * each, done.from + (i + 1) * each);
    }
    channel.done().clear();
}

struct Outcome {
    std::vector<Beats> beats;
    DramCounts counts;
};

// `ahead`: reads are taken and clocks are run through together where that is allowed.
Outcome serve(const DramDeviceConfig& config, const std::vector<Offer>& offers, bool ahead,
              std::uint64_t* taken_ahead = nullptr) {
    const DramPart part(config);
    const DramMapping mapping(part, config.mapping);
    DramChannel channel(part, DramQueues(config));
    Outcome outcome;
    DramClock free_from = 0;  // the next clock in which a burst can be taken
    const DramClock end = offers.back().at + 100000;
    for (std::size_t i = 0; i < offers.size() || channel.next() < end;) {
        DramClock until = end;
        if (i < offers.size()) {
            const DramClock wanted = std::max(offers[i].at, free_from);
            until = wanted;
            if (ahead && !offers[i].write) {
                // Bursts that follow one another, each in its clock, are one run.
                std::uint32_t run = 1;
                const DramPlace place = mapping.place(offers[i].burst);
                while (run < mapping.run(place) && i + run < offers.size() && !offers[i + run].write &&
                       offers[i + run].burst == offers[i].burst + run && offers[i + run].at <= wanted + run)
                    ++run;
                const std::uint32_t n = channel.take_ahead(wanted, place, offers[i].burst, run, 7);
                if (n > 0) {
                    i += n;
                    free_from = wanted + n;
                    if (taken_ahead != nullptr) *taken_ahead += n;
                    continue;
                }
            }
            if (channel.next() >= until) {
                DramClock now = until;
                for (; !channel.has_room(offers[i].write); ++now) {
                    if (channel.next() > now) continue;
                    channel.step(now);
                }
                if (channel.next() <= now) channel.step(now);
                channel.take(now, mapping.place(offers[i].burst), offers[i].burst, offers[i].write, 7);
                free_from = now + 1;
                ++i;
                collect(channel, outcome.beats);
                continue;
            }
        }
        if (ahead)
            channel.run(until);
        else
            channel.step(channel.next());
        collect(channel, outcome.beats);
    }
    std::sort(outcome.beats.begin(), outcome.beats.end());
    outcome.counts = channel.counts(end);
    return outcome;
}

TEST(DramChannel, DoesTheSameWithReadsThatAreTakenAheadOfTheirClocks) {
    const char* text = std::getenv("OCTET_SEED");
    const unsigned first = text == nullptr ? 1 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
    std::uint64_t ahead = 0, hits = 0;
    for (unsigned seed = first; seed < first + 300; ++seed) {
        SCOPED_TRACE(::testing::Message() << "OCTET_SEED=" << seed);
        DramDice dice(seed);
        DramDeviceConfig part = dice.part();
        part.channels = 1;
        std::vector<Offer> offers;
        DramClock at = 0;
        std::uint64_t burst = 0;
        const int writes = dice.pick(0, 2) == 0 ? 0 : dice.pick(0, 3), pace = dice.pick(1, 20);
        while (offers.size() < 400) {
            burst = dice.pick(0, 3) == 0 ? burst + 1 : static_cast<std::uint64_t>(dice.pick(0, 1 << 14));
            at += static_cast<DramClock>(dice.pick(0, 9) == 0 ? dice.pick(0, 400) : dice.pick(0, pace));
            const bool write = dice.pick(1, 20) <= writes;
            for (int n = write ? 1 : dice.pick(1, 30); n > 0; --n, ++burst)
                offers.push_back(
                    {at += static_cast<DramClock>(dice.pick(0, 4) == 0 ? pace : 1), burst, write});
        }
        const Outcome plain = serve(part, offers, false), quick = serve(part, offers, true, &ahead);
        ASSERT_EQ(quick.beats, plain.beats);
        ASSERT_EQ(quick.counts, plain.counts);
        hits += plain.counts.row_hits;
    }
    EXPECT_GT(ahead, 30000U);
    EXPECT_GT(hits, 30000U);
}

}  // namespace
}  // namespace octet::testing

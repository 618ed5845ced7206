// Each timing of a part on its own: two commands that it keeps apart follow one another after exactly so many
// clocks, one clock later if it is one longer.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/models/memory/dram_random.h"

namespace octet::testing {
namespace {

using Kind = DramCommand::Kind;

// Every timing so short that it delays nothing; 2 ranks x 2 groups x 4 banks, one burst of 64 bytes a
// request.
DramDeviceConfig quick_part() {
    DramDeviceConfig c;
    c.standard = "quick";
    c.device_width = 256;
    c.burst_length = 2;
    c.ranks = 2;
    c.bank_groups = 2;
    c.banks = 4;
    c.rows = 16;
    c.columns = 16;
    c.write_buffer = 1;  // a write is not held back
    c.mapping = "row|rank|bankgroup|bank|column";
    for (const char* name : {"RL", "WL", "tRCDRD", "tRCDWR", "tRP", "tRPab", "tRAS", "tRC", "tRRD_S",
                             "tRRD_L", "tFAW", "tWR", "tRTP", "tWTR_S", "tWTR_L", "tCCD_S", "tCCD_L", "tRFC"})
        c.timing[name] = 1;
    c.timing["tREFI"] = 0;
    return c;
}

DramRequest at(int rank, int group, int bank, int row, int column, bool write = false,
               DramClock earliest = 0) {
    const int burst = (((row * 2 + rank) * 2 + group) * 4 + bank) * 8 + column;
    return {static_cast<std::uint64_t>(burst) * 64, write, earliest};
}
DramRequest write(DramRequest request) {
    request.write = true;
    return request;
}

struct Outcome {
    std::vector<DramCommand> commands;
    DramStreamResult result;
    // The clock of the n-th command of a kind, counting from 0.
    DramClock clock(Kind kind, int n) const {
        for (const DramCommand& c : commands)
            if (c.kind == kind && n-- == 0) return c.at;
        ADD_FAILURE() << "no such command";
        return 0;
    }
};

Outcome run(const DramDeviceConfig& part, std::vector<DramRequest> requests) {
    Outcome run;
    std::vector<std::vector<DramCommand>> commands;
    DramList list(std::move(requests));
    run.result = run_dram_stream(part, list, &commands);
    run.commands = commands.at(0);
    return run;
}

struct Case {
    const char* timing;
    std::vector<DramRequest> requests;
    Kind from;
    int from_number;
    Kind to;
    int to_number;
    int more = 0;  // clocks beside the timing
};

constexpr int n = 23;  // more than everything else takes

TEST(DramTiming, KeepsTwoCommandsApartForExactlyItsClocks) {
    const DramRequest a = at(0, 0, 0, 0, 0), same_row = at(0, 0, 0, 0, 1), other_row = at(0, 0, 0, 1, 0),
                      same_group = at(0, 0, 1, 0, 0), other_group = at(0, 1, 0, 0, 0);
    const std::vector<DramRequest> five{a, at(0, 1, 0, 0, 0), at(0, 0, 1, 0, 0), at(0, 1, 1, 0, 0),
                                        at(0, 0, 2, 0, 0)};
    const int data = 1 + 1;  // WL + one clock of data
    const Case cases[] = {
        {"tRCDRD", {a}, Kind::activate, 0, Kind::read, 0},
        {"tRCDWR", {write(a)}, Kind::activate, 0, Kind::write, 0},
        {"tRP", {a, other_row}, Kind::precharge, 0, Kind::activate, 1},
        {"tRAS", {a, other_row}, Kind::activate, 0, Kind::precharge, 0},
        {"tRC", {a, other_row}, Kind::activate, 0, Kind::activate, 1},
        {"tRRD_S", {a, other_group}, Kind::activate, 0, Kind::activate, 1},
        {"tRRD_L", {a, same_group}, Kind::activate, 0, Kind::activate, 1},
        {"tFAW", five, Kind::activate, 0, Kind::activate, 4},
        {"tWR", {write(a), other_row}, Kind::write, 0, Kind::precharge, 0, data},
        {"WL", {write(a), other_row}, Kind::write, 0, Kind::precharge, 0, 1 + 1},  // data, tWR
        {"tRTP", {a, other_row}, Kind::read, 0, Kind::precharge, 0},
        {"tWTR_S", {write(a), other_group}, Kind::write, 0, Kind::read, 0, data},
        {"tWTR_L", {write(a), same_group}, Kind::write, 0, Kind::read, 0, data},
        {"tWTR_L", {write(a), same_row}, Kind::write, 0, Kind::read, 0, data},
        {"tCCD_S", {a, other_group}, Kind::read, 0, Kind::read, 1},
        {"tCCD_L", {a, same_group}, Kind::read, 0, Kind::read, 1},
        {"tCCD_L", {a, same_row}, Kind::read, 0, Kind::read, 1},
        {"tCCD_L", {write(a), write(same_row)}, Kind::write, 0, Kind::write, 1},
        {"RL", {a, write(same_row)}, Kind::read, 0, Kind::write, 0, 1 - 1 + 1},  // tRTW = RL + BL/2 - WL + 1
    };
    for (const Case& c : cases)
        for (const int clocks : {n, n + 1}) {
            SCOPED_TRACE(::testing::Message() << c.timing << " of " << clocks);
            DramDeviceConfig part = quick_part();
            part.timing[c.timing] = clocks;
            // The data of a burst takes a clock whatever tCCD_S is, because BL/2 is one.
            const Outcome r = run(part, c.requests);
            EXPECT_EQ(r.clock(c.to, c.to_number) - r.clock(c.from, c.from_number),
                      static_cast<DramClock>(clocks + c.more));
        }
}

TEST(DramTiming, OfOneGroupDoesNotDelayAnother) {
    for (const char* timing : {"tRRD_L", "tCCD_L", "tWTR_L"}) {
        DramDeviceConfig part = quick_part();
        const std::vector<DramRequest> requests{write(at(0, 0, 0, 0, 0)), at(0, 1, 0, 0, 0),
                                                at(0, 1, 1, 0, 0, false, 200), at(0, 0, 1, 0, 0)};
        const Outcome before = run(part, requests);
        part.timing[timing] = n;
        EXPECT_EQ(before.commands, run(part, requests).commands) << timing;
    }
}

TEST(DramTiming, OfLatenciesEndsWithTheLastBeat) {
    for (const int latency : {n, n + 1}) {
        DramDeviceConfig part = quick_part();
        part.burst_length = 16;  // eight clocks
        part.device_width = 32;
        part.timing["RL"] = part.timing["WL"] = latency;
        part.timing["tCCD_S"] = part.timing["tCCD_L"] = 8;
        const Outcome reads = run(part, {at(0, 0, 0, 0, 0)}), writes = run(part, {write(at(0, 0, 0, 0, 0))});
        EXPECT_EQ(reads.result.clocks, reads.clock(Kind::read, 0) + latency + 8U);
        EXPECT_EQ(writes.result.clocks, writes.clock(Kind::write, 0) + latency + 8U);
        EXPECT_EQ(reads.result.latency.quantile(0.5), reads.result.clocks);  // it was taken in clock 0
    }
}

TEST(DramTiming, LeavesTheBusIdleForAClockBetweenRanks) {
    DramDeviceConfig part = quick_part();
    part.burst_length = 16;
    part.device_width = 32;
    part.columns = 128;
    part.timing["tCCD_S"] = part.timing["tCCD_L"] = 8;
    part.timing["RL"] = 12;
    part.timing["WL"] = 9;
    const auto other = at(1, 0, 0, 0, 0);
    const Outcome reads = run(part, {at(0, 0, 0, 0, 0), other});
    EXPECT_EQ(reads.clock(Kind::read, 1) - reads.clock(Kind::read, 0), 8 + 1U);
    const Outcome writes = run(part, {write(at(0, 0, 0, 0, 0)), write(other)});
    EXPECT_EQ(writes.clock(Kind::write, 1) - writes.clock(Kind::write, 0), 8 + 1U);
    const Outcome to_read = run(part, {write(at(0, 0, 0, 0, 0)), other});
    EXPECT_EQ(to_read.clock(Kind::read, 0) - to_read.clock(Kind::write, 0), 9 + 8 + 1 - 12U);
    const Outcome to_write = run(part, {at(0, 0, 0, 0, 0), write(other)});
    EXPECT_EQ(to_write.clock(Kind::write, 0) - to_write.clock(Kind::read, 0), 12 + 8 + 1 - 9U);
}

TEST(DramTiming, OfRefreshes) {
    for (const int clocks : {n, n + 1}) {
        DramDeviceConfig part = quick_part();
        part.ranks = 1;
        part.timing["tREFI"] = 100 + clocks;
        // Reads of one row that are under way when a refresh is due, twice.
        std::vector<DramRequest> requests{at(0, 0, 0, 0, 0, false, 80), at(0, 0, 0, 0, 1, false, 300)};
        const Outcome every = run(part, requests);
        EXPECT_EQ(every.clock(Kind::refresh, 1) - every.clock(Kind::refresh, 0),
                  100U + clocks - 1);  // the first closed a row
        part.timing["tREFI"] = 100;
        part.timing["tRPab"] = clocks;
        const Outcome close = run(part, requests);
        EXPECT_EQ(close.clock(Kind::precharge_all, 0), 100U);
        EXPECT_EQ(close.clock(Kind::refresh, 0), 100U + clocks);
        part.timing["tRFC"] = clocks;
        requests = {at(0, 0, 0, 0, 0, false, 99), at(0, 0, 0, 0, 1)};
        const Outcome after = run(part, requests);
        EXPECT_EQ(after.clock(Kind::activate, 0) - after.clock(Kind::refresh, 0),
                  static_cast<DramClock>(clocks));
    }
}

// A write holds the first refresh up for so long that the second one is due while it is under way.
TEST(DramTiming, OfARefreshKeepsTheNextOneApart) {
    for (const int clocks : {n, n + 1}) {
        DramDeviceConfig part = quick_part();
        part.ranks = 1;
        part.timing["tREFI"] = 40;
        part.timing["tWR"] = 30;
        part.timing["tRFC"] = clocks;
        const Outcome r = run(part, {at(0, 0, 0, 0, 0, true, 35), at(0, 0, 1, 0, 0, false, 200)});
        EXPECT_EQ(r.clock(Kind::refresh, 0),
                  r.clock(Kind::write, 0) + 1 + 1 + 30 + 1);  // WL, data, tWR, tRPab
        EXPECT_EQ(r.clock(Kind::refresh, 1) - r.clock(Kind::refresh, 0), static_cast<DramClock>(clocks));
    }
}

TEST(DramTiming, RefreshesRanksInTurn) {
    DramDeviceConfig part = quick_part();
    part.timing["tREFI"] = 200;
    const Outcome r = run(part, {at(0, 0, 0, 0, 0, false, 450)});
    std::vector<std::pair<DramClock, std::uint32_t>> seen;
    for (const DramCommand& c : r.commands)
        if (c.kind == Kind::refresh) seen.emplace_back(c.at, c.rank);
    EXPECT_EQ(seen,
              (std::vector<std::pair<DramClock, std::uint32_t>>{{100, 0}, {200, 1}, {300, 0}, {400, 1}}));
}

TEST(DramPolicy, ClosesARowAfterSoManyHitsWhileAnotherWaits) {
    DramDeviceConfig part = quick_part();
    part.timing["tRCDRD"] = 40;  // all requests wait before the first is served
    std::vector<DramRequest> requests{at(0, 0, 0, 0, 0), at(0, 0, 0, 1, 0)};
    for (int column = 1; column < 7; ++column) requests.push_back(at(0, 0, 0, 0, column));
    for (const int cap : {1, 4, 100}) {
        part.row_hit_cap = cap;
        const Outcome r = run(part, requests);
        const DramClock closed = r.clock(Kind::precharge, 0);
        const auto before = std::count_if(r.commands.begin(), r.commands.end(), [&](const DramCommand& c) {
            return c.kind == Kind::read && c.at < closed;
        });
        EXPECT_EQ(before, std::min(cap, 7)) << cap;
    }
}

TEST(DramPolicy, HoldsWritesBackUntilEnoughArePosted) {
    DramDeviceConfig part = quick_part();
    part.write_buffer = 32;
    const auto first_write = [&](int writes) {
        std::vector<DramRequest> requests;
        for (int i = 0; i < writes; ++i) requests.push_back(at(0, 0, i % 4, 0, i / 4, true));
        requests.push_back(at(1, 0, 0, 0, 0, false, 500));  // until then the stream has not ended
        return run(part, requests).clock(Kind::write, 0);
    };
    EXPECT_GT(first_write(8), 500U);
    EXPECT_LT(first_write(9), 20U);  // nothing else waits
}

TEST(DramPolicy, AnswersAReadFromThePostedWriteOfItsAddress) {
    DramDeviceConfig part = quick_part();
    part.write_buffer = 32;
    const Outcome r = run(part, {at(0, 0, 0, 0, 0, true), at(0, 0, 0, 0, 0)});
    EXPECT_EQ(r.result.counts.forwarded, 1U);
    EXPECT_EQ(r.result.counts.reads, 0U);
    EXPECT_EQ(r.result.latency.quantile(1), 1U);
}

TEST(DramPolicy, DoesNotLetAWritePassAReadOfItsAddress) {
    DramDeviceConfig part = quick_part();
    part.timing["tRCDRD"] = 40;
    const Outcome r = run(part, {at(0, 0, 0, 0, 0), at(0, 0, 0, 0, 0, true)});
    EXPECT_LT(r.clock(Kind::read, 0), r.clock(Kind::write, 0));
}

TEST(DramPolicy, ClosesEveryRowAtOnceIfPagesAreClosed) {
    DramDeviceConfig part = quick_part();
    part.open_page = false;
    part.timing["tRP"] = n;
    const Outcome r = run(part, {at(0, 0, 0, 0, 0), at(0, 0, 0, 0, 1)});
    EXPECT_EQ(r.result.counts.activates, 2U);
    EXPECT_EQ(r.clock(Kind::activate, 1) - r.clock(Kind::read, 0), 1U + n);  // tRTP, tRP
}

}  // namespace
}  // namespace octet::testing

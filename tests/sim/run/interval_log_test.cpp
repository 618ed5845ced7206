#include "sim/run/interval_log.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace octet {
namespace {

TEST(IntervalLog, GivesBackWhatWasAddedWithTouchingEqualsAsOne) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(testing::Message() << "OCTET_SEED=" << seed);
    std::mt19937_64 random(seed);
    IntervalLog log;
    std::vector<IntervalLog::Interval> wanted;
    Cycle at = 0;
    for (int i = 0; i < 100'000; ++i) {
        const unsigned bits = static_cast<unsigned>(random() % 40);
        at += random() % 2 == 0 ? 0 : random() % (std::uint64_t{1} << bits);
        const Cycle to = at + random() % (std::uint64_t{1} << (random() % 30));
        const IntervalLog::Interval interval{
            at, to, static_cast<std::uint8_t>(random() % 3 * 100),
            static_cast<OperationId>(random() % 3 == 0 ? ~0U : random() % 300)};
        log.add(interval);
        at = to;
        if (interval.to == interval.from) continue;
        if (!wanted.empty() && wanted.back().to == interval.from && wanted.back().same(interval))
            wanted.back().to = interval.to;
        else
            wanted.push_back(interval);
    }
    log.close();
    IntervalLog::Reader reader(log);
    IntervalLog::Interval seen;
    for (const auto& w : wanted) {
        ASSERT_TRUE(reader.next(seen));
        ASSERT_EQ(seen.from, w.from);
        ASSERT_EQ(seen.to, w.to);
        ASSERT_TRUE(seen.same(w));
    }
    EXPECT_FALSE(reader.next(seen));
    EXPECT_EQ(seen.from, ~Cycle{0});
}

}  // namespace
}  // namespace octet

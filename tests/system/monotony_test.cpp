// Less of a resource never makes a product faster, but for what planning costs: tiles are chosen by
// estimates.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/system/random_machine.h"
#include "tests/system/rates.h"

namespace octet::test {
namespace {

double share_of(std::uint64_t whole, std::uint64_t halved) {
    return 1 - static_cast<double>(halved) / static_cast<double>(whole);
}

TEST(HalvingARate, LowersTheTotalOfFewProductsAndByNoMoreThanAHalf) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed));
    std::mt19937 random(seed);
    int pairs = 0, lower = 0;
    for (int round = 0; round < 80; ++round) {
        const RatedProduct product = random_rated_product(random);
        const auto totals = cycles_by_halved_rate(product);
        for (const auto& [rate, total] : totals) {
            if (rate.empty()) continue;
            const double share = share_of(totals.at(""), total);
            EXPECT_LT(share, 0.5) << rate << ", " << product.text();
            lower += share > 0.005 ? 1 : 0;
            ++pairs;
        }
    }
    EXPECT_LE(lower * 14, pairs) << "of " << pairs;
}

struct Exception {
    std::string reason, rate;
    std::uint64_t whole = 0, halved = 0;
    RatedProduct product;
};

std::vector<std::string> cut(const std::string& text, const std::string& at) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0;;) {
        const std::size_t end = text.find(at, begin);
        parts.push_back(text.substr(begin, end - begin));
        if (end == std::string::npos) return parts;
        begin = end + at.size();
    }
}

std::vector<Exception> exceptions() {
    std::vector<Exception> list;
    std::ifstream file(OCTET_SOURCE_DIR "/tests/system/monotony-exceptions.txt");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        const auto parts = cut(line, " | ");
        Exception e{parts.at(0), parts.at(1), std::stoull(parts.at(2)), std::stoull(parts.at(3)), {}};
        std::istringstream words(parts.at(4));
        std::string x, word;
        words >> e.product.m >> x >> e.product.n >> x >> e.product.k;
        const std::vector<std::string> rates{"vector.lanes",    "sram.banks",      "sram.ports",
                                             "sram.width_bits", "dma.outstanding", "dram.bytes_per_cycle",
                                             "clock_mhz"};
        while (words >> word) {
            const auto key = cut(word, "=").at(0);
            if (std::ranges::find(rates, key) == rates.end() || word == "sram.ports=1")
                e.product.fixed += ' ' + word;
            else
                e.product.rates[key] = std::stoi(word.substr(key.size() + 1));
        }
        list.push_back(std::move(e));
    }
    return list;
}

// Each by no more than what is known of it, and most of them by half of that at least: of a list that is no
// longer true the search makes a new one.
TEST(HalvingARate, LowersTheTotalWhereItIsKnownToAndByNoMoreThanThat) {
    const auto list = exceptions();
    ASSERT_GE(list.size(), 50U);
    std::size_t still = 0;
    for (const Exception& e : list) {
        EXPECT_TRUE(e.reason == "prices" || e.reason == "estimate" || e.reason == "same tiles") << e.reason;
        const auto totals = cycles_by_halved_rate(e.product, e.rate);
        const double share = share_of(totals.at(""), totals.at(e.rate)), known = share_of(e.whole, e.halved);
        EXPECT_GT(known, 0.005);
        EXPECT_LT(share, known + 0.01) << e.rate << ", " << e.product.text();
        still += share > known / 2 ? 1 : 0;
    }
    EXPECT_GT(still * 2, list.size());
}

}  // namespace
}  // namespace octet::test

// monotony_search SEED PRODUCTS: random products on random machines; prints each halved rate that lowers the
// total by more than 0.5 %, the greatest fall first, and how many of how many do.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <systemc>

#include "tests/system/rates.h"

int main(int count, char** words) {
    if (count != 3) {
        fmt::print(stderr, "usage: monotony_search SEED PRODUCTS\n");
        return 2;
    }
    std::mt19937 random(static_cast<unsigned>(std::strtoul(words[1], nullptr, 10)));
    struct Fall {
        double share;
        std::string text;
    };
    std::vector<Fall> falls;
    int pairs = 0, refused = 0;
    for (long left = std::strtol(words[2], nullptr, 10); left > 0; --left) {
        const auto product = octet::test::random_rated_product(random);
        try {
            const auto totals = octet::test::cycles_by_halved_rate(product);
            const auto whole = static_cast<double>(totals.at(""));
            for (const auto& [rate, total] : totals) {
                if (rate.empty()) continue;
                ++pairs;
                const double share = 1 - static_cast<double>(total) / whole;
                if (share > 0.005)
                    falls.push_back({share, fmt::format("{:.1f} % {} {} -> {}: {}", 100 * share, rate,
                                                        totals.at(""), total, product.text())});
            }
        } catch (const std::runtime_error& error) {
            ++refused;
            fmt::print(stderr, "{}\n", error.what());
        }
    }
    std::ranges::sort(falls, std::greater<>(), &Fall::share);
    for (const Fall& fall : falls) fmt::print("{}\n", fall.text);
    fmt::print("{} of {} pairs fall by more than 0.5 % ({} products refused)\n", falls.size(), pairs,
               refused);
}

int sc_main(int, char**) {
    return 0;
}

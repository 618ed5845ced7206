// A matrix product on a machine, and on the same one with a rate halved.
#pragma once
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace octet::test {

struct RatedProduct {
    std::uint64_t m = 1, n = 1, k = 1;
    std::string fixed{};  // settings of edge16-posit8 that stay, separated by blanks; `dram` is a file of
                          // configs/dram
    std::map<std::string, int> rates{};  // keys of which one is halved; `clock_mhz` is doubled, that the DRAM
                                         // has half its rate

    std::string text() const;
};

// Its sides are of all orders of magnitude from 1 to 600.
RatedProduct random_rated_product(std::mt19937& random);

// Cycles of the whole machine (key "") and with each rate halved, or with one of them, each in a process of
// its own. Before this process has started the kernel. Throws std::runtime_error if a machine cannot run the
// product.
std::map<std::string, std::uint64_t> cycles_by_halved_rate(const RatedProduct& product);
std::map<std::string, std::uint64_t> cycles_by_halved_rate(const RatedProduct& product,
                                                           const std::string& rate);

}  // namespace octet::test

#include <random>

#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

// The closed form of docs/hardware/array.md over the vectors of all passes, in the order in which they run.
Cycle array_cycles(const ArrayConfig& a, const std::vector<std::uint32_t>& vectors) {
    const auto rows = static_cast<Cycle>(a.rows), cols = static_cast<Cycle>(a.cols),
               l = static_cast<Cycle>(a.pe_latency);
    const Cycle load = rows + (l > 2 ? (l - 2) * (rows - 1) : 0);
    Cycle cycles = rows;
    for (std::size_t p = 0; p < vectors.size(); ++p) {
        const Cycle m = vectors[p];
        if (p + 1 == vectors.size())
            cycles += m + rows * l + cols - 2;
        else if (!a.overlap_passes)
            cycles += m + rows * l + cols - 2 + rows;
        else
            cycles += a.double_buffered_weights ? std::max(m, load) : m + load;
    }
    return cycles;
}

struct Passes {
    Case machine;
    std::vector<std::uint32_t> vectors;
};

// One to four products of random shape, cut into matmul commands at random, everything in the buffers before
// they start.
Case random_case(unsigned seed, std::vector<std::uint32_t>& vectors) {
    std::mt19937 random(seed);
    const auto pick = [&](std::uint32_t low, std::uint32_t high) {
        return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
    };
    Case c{ample_machine(static_cast<int>(pick(1, 12)), static_cast<int>(pick(1, 12))), Program(4)};
    c.config.array.pe_latency = static_cast<int>(pick(1, 4));
    c.config.array.overlap_passes = pick(0, 2) != 0;
    c.config.array.double_buffered_weights = pick(0, 3) != 0;
    c.program.program({VectorPass{}});
    std::vector<Product> products;
    for (OperationId o = 0; o < pick(1, 4); ++o) {
        Product g{pick(1, 30), pick(1, 40), pick(1, 40), o};
        if (pick(0, 1) == 0) {
            g.n_step = 1;
            g.k_step = pick(1, 4);
        } else {
            g.n_step = pick(1, 4);
        }
        products.push_back(g);
        const std::uint32_t passes = ceil_div(g.k, static_cast<std::uint32_t>(c.config.array.rows)) *
                                     ceil_div(g.n, static_cast<std::uint32_t>(c.config.array.cols));
        vectors.insert(vectors.end(), passes, g.m);
    }
    std::vector<Filled> filled;
    for (const Product& g : products) filled.push_back(add_fills(c.program, c.config, g));
    Needs all = Program::after(Engine::input_fill, filled.back().input);
    all.after(Engine::weight_fill, filled.back().weight);
    for (std::size_t i = 0; i < products.size(); ++i)
        add_passes(c.program, c.config, products[i], filled[i], 0, all);
    return c;
}

TEST(ArrayCycles, EqualTheClosedFormAcrossCommandsAndOperations) {
    std::deque<Case> cases;
    std::vector<std::vector<std::uint32_t>> vectors(250);
    for (unsigned seed = 0; seed < vectors.size(); ++seed) cases.push_back(random_case(seed, vectors[seed]));
    const auto reports = run_all(cases);
    for (unsigned seed = 0; seed < vectors.size(); ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        Cycle first = ~Cycle{0}, last = 0;
        for (const auto& o : reports[seed].operations) {
            if (!o.used_array) continue;
            first = std::min(first, o.array_first);
            last = std::max(last, o.array_last);
        }
        EXPECT_EQ(last - first, array_cycles(cases[seed].config.array, vectors[seed]));
        EXPECT_EQ(reports[seed].array_passes, vectors[seed].size());
        const UnitTimes& array = reports[seed].units[static_cast<std::size_t>(Unit::array)];
        EXPECT_EQ(array.busy, last - first) << "without stalls, every cycle of the closed form is busy";
    }
}

}  // namespace
}  // namespace octet::testing

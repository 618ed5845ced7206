// configs/accelerators/scalesim-compatible.yaml against SCALE-Sim: the rows of scalesim.csv, and the closed
// forms that they follow on products and arrays beyond them (docs/validation.md).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "models/accelerator/accelerator.h"
#include "sim/config/accelerator_keys.h"
#include "sim/config/experiment.h"
#include "sim/lower/program.h"

namespace octet {
namespace {

struct Product {
    std::uint64_t m = 1, n = 1, k = 1;
    std::uint64_t rows = 1, cols = 1;
    std::string dataflow;  // ws, os or is
    // As it prints them.
    std::uint64_t cycles = 0, ifmap_reads = 0, filter_reads = 0, ofmap_writes = 0;

    OperationReport seen{};

    std::string text() const {
        return fmt::format("{} x {} x {} on {} x {}, {}", m, n, k, rows, cols, dataflow);
    }
    std::uint64_t array_cycles() const { return seen.array_last - seen.array_first; }
    std::uint64_t folds() const { return ceil_div(m, rows) * ceil_div(n, cols); }  // os

    // What it computes, from its description: a fold loads what stays, streams, and drains, one after
    // another.
    void predict() {
        const auto up = [](std::uint64_t a, std::uint64_t b) { return ceil_div(a, b); };
        if (dataflow == "os") {
            cycles = folds() * (rows + cols + k - 2) - 1;
            ifmap_reads = m * k * up(n, cols);
            filter_reads = k * n * up(m, rows);
            ofmap_writes = m * n + folds() * (rows + cols);
        } else if (dataflow == "ws") {
            cycles = up(k, rows) * up(n, cols) * (2 * rows + cols + m - 2) - 1;
            ifmap_reads = m * k * up(n, cols);
            filter_reads = k * n;
            ofmap_writes = m * n * up(k, rows);
        } else {
            cycles = up(k, rows) * up(m, cols) * (2 * rows + cols + n - 2) - 1;
            ifmap_reads = m * k;
            filter_reads = k * n * up(m, cols);
            ofmap_writes = m * n * up(k, rows);
        }
    }
};

std::deque<Product> published() {
    std::ifstream file(OCTET_SOURCE_DIR "/tests/validation/scalesim.csv");
    std::deque<Product> products;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#' || line[0] == 'm') continue;
        for (char& c : line)
            if (c == ',') c = ' ';
        std::istringstream row(line);
        Product p;
        row >> p.m >> p.n >> p.k >> p.rows >> p.cols >> p.dataflow >> p.cycles >> p.ifmap_reads >>
            p.filter_reads >> p.ofmap_writes;
        if (row) products.push_back(p);
    }
    return products;
}

AcceleratorConfig machine_of(const Product& p) {
    const std::string dataflow = p.dataflow == "ws"   ? "weight_stationary"
                                 : p.dataflow == "os" ? "output_stationary"
                                                      : "input_stationary";
    std::vector<Setting> settings;
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, std::string>>{{"array.rows", std::to_string(p.rows)},
                                                          {"array.cols", std::to_string(p.cols)},
                                                          {"array.dataflow", dataflow}})
        settings.push_back({key, value, "--set " + key});
    return load_accelerator(OCTET_SOURCE_DIR "/configs/accelerators/scalesim-compatible.yaml", settings);
}

// All in one kernel.
void run(std::deque<Product>& products, Fidelity fidelity = Fidelity::pass) {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    std::vector<std::unique_ptr<Program>> programs;
    std::vector<std::unique_ptr<Accelerator>> machines;
    for (const Product& p : products) {
        Graph graph;
        graph.tensors = {{"ifmap", TensorRole::input, 1, p.m, p.k},
                         {"filter", TensorRole::weight, 1, p.k, p.n},
                         {"ofmap", TensorRole::output, 1, p.m, p.n}};
        Operation product;
        product.name = "product";
        product.inputs = {0, 1};
        product.output = 2;
        product.m = p.m;
        product.n = p.n;
        product.k = p.k;
        graph.operations = {product};
        const AcceleratorConfig machine = machine_of(p);
        programs.push_back(std::make_unique<Program>(graph, machine, 0));
        machines.push_back(std::make_unique<Accelerator>(sc_core::sc_gen_unique_name("machine"), machine,
                                                         *programs.back(), fidelity));
    }
    sc_core::sc_start();
    for (std::size_t i = 0; i < products.size(); ++i) products[i].seen = machines[i]->finish().operations[0];
}

void expect_cycles(const std::deque<Product>& products) {
    for (const Product& p : products) {
        EXPECT_EQ(p.array_cycles() - 1, p.cycles) << p.text();
        for (std::size_t cause = 0; cause < stall_cause_count; ++cause)
            EXPECT_EQ(p.seen.array_stalls[cause], 0U)
                << p.text() << ", " << name(static_cast<StallCause>(cause));
    }
}

// Its SRAM lies beside the array, as the buffers do here. Where inputs stay they come through the weight
// port. Of the sums that leave a column it writes all; here those of the last tile of K go on to the vector
// unit (which multiplies each by the scale of its int8 operands), and the others to the accumulation buffer.
void expect_accesses(const std::deque<Product>& products) {
    for (const Product& p : products) {
        const Activity& counts = p.seen.activity;
        const std::uint64_t streamed = counts[Action::input_buffer_read_bits] / 8,
                            held = counts[Action::weight_buffer_read_bits] / 8;
        EXPECT_EQ(p.dataflow == "is" ? held : streamed, p.ifmap_reads) << p.text();
        EXPECT_EQ(p.dataflow == "is" ? streamed : held, p.filter_reads) << p.text();
        const std::uint64_t handed_on = counts[Action::vector_multiply],
                            kept = counts[Action::accumulation_buffer_write_bits] / 32;
        EXPECT_EQ(handed_on, p.m * p.n) << p.text();
        // What is wrong in its count is not reproduced.
        const std::uint64_t too_many = p.dataflow == "os" ? p.folds() * (p.rows + p.cols) : 0;
        EXPECT_EQ(handed_on + kept, p.ofmap_writes - too_many) << p.text();
        // It reads none of them back; the adders below the columns do.
        EXPECT_EQ(counts[Action::accumulation_buffer_read_bits] / 32, kept) << p.text();
    }
}

TEST(ScaleSim, PrintsTheCyclesOfItsCompatibleMachineInEveryPublishedRow) {
    std::deque<Product> products = published();
    ASSERT_EQ(products.size(), 28U);
    run(products);
    expect_cycles(products);
}

TEST(ScaleSim, CountsTheAccessesOfItsCompatibleMachineInEveryPublishedRow) {
    std::deque<Product> products = published();
    ASSERT_EQ(products.size(), 28U);
    run(products);
    expect_accesses(products);
}

TEST(ScaleSim, FollowsTheClosedFormsThatTheTestsBelowGoBy) {
    std::deque<Product> products = published();
    ASSERT_EQ(products.size(), 28U);
    for (const Product& p : products) {
        Product predicted = p;
        predicted.predict();
        EXPECT_EQ(predicted.cycles, p.cycles) << p.text();
        EXPECT_EQ(predicted.ifmap_reads, p.ifmap_reads) << p.text();
        EXPECT_EQ(predicted.filter_reads, p.filter_reads) << p.text();
        EXPECT_EQ(predicted.ofmap_writes, p.ofmap_writes) << p.text();
    }
}

unsigned seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

// Where sums stay each fold is a command with a load, a fill, an epilogue and a store of its own: those of a
// fold of fewer cycles are not there in time, as they never are in an array of one row, which takes one slab
// a step.
constexpr std::uint64_t shortest_fold = 16;

std::deque<Product> random_products(unsigned first, int count, std::uint64_t side, std::uint64_t longest) {
    std::mt19937 random(first);
    const auto pick = [&](std::uint64_t high) { return 1 + random() % high; };
    std::deque<Product> products;
    for (int i = 0; i < count; ++i) {
        Product p;
        const auto extent = [&] {
            switch (random() % 4) {
                case 0:
                    return pick(3);
                case 1:
                    return pick(20);
                default:
                    return pick(longest);
            }
        };
        p.m = extent();
        p.n = extent();
        p.k = extent();
        p.rows = 1 + pick(side - 1);
        p.cols = random() % 3 == 0 ? p.rows : 1 + pick(side - 1);
        p.dataflow = std::array{"ws", "os", "is"}[static_cast<std::size_t>(i) % 3];
        if (p.dataflow == "os") p.k += shortest_fold;
        p.predict();
        products.push_back(p);
    }
    return products;
}

TEST(ScaleSim, AgreesOnRandomProductsAndArrays) {
    const unsigned first = seed();
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", first));
    std::deque<Product> products = random_products(first, 300, 64, 600);
    run(products);
    expect_cycles(products);
    expect_accesses(products);
}

TEST(ScaleSim, AgreesOnRandomProductsRegisterByRegister) {
    const unsigned first = seed();
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", first));
    std::deque<Product> products = random_products(first, 60, 12, 40);
    run(products, Fidelity::registers);
    expect_cycles(products);
    expect_accesses(products);
}

}  // namespace
}  // namespace octet

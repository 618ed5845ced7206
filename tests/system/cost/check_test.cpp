// What `octet check` says of the prices of an experiment.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/system/octet.h"

namespace octet {
namespace {

using testing::HasSubstr;

const std::string root = OCTET_SOURCE_DIR;

// An experiment with a table of the unit prices and one row more, on line 3 + the lines of its list.
std::string experiment(const test::Folder& folder, const std::string& rows) {
    folder.write("costs.yaml", "kind: costs\nunits: {energy: pJ, area: um2, leakage: uW}\nrows:\n" + rows);
    return folder.write(
        "experiment.yaml",
        fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/edge16-int8.yaml\n"
                    "workload: {0}/workloads/tiny.yaml\ncosts: costs.yaml\n"
                    "phase: {{kind: encode, sequence: 8}}\n",
                    root));
}

const std::string everything =
    "  - {component: mac, action: [mac, mac_zero_operand], energy: 1, source: s, confidence: assumed}\n"
    "  - {component: pe, action: [weight_load, weight_pass, pass], energy: 1, source: s, confidence: "
    "assumed}\n"
    "  - {component: [accumulator_adder], action: add, energy: 1, source: s, confidence: assumed}\n"
    "  - {component: decoder, action: decode, energy: 1, source: s, confidence: assumed}\n"
    "  - {component: encoder, action: encode, energy: 1, source: s, confidence: assumed}\n"
    "  - {component: transposer, action: transpose, energy: 1, source: s, confidence: assumed}\n"
    "  - {component: vector, action: [add, multiply, divide, square, exp, relu, polynomial, reduce, "
    "square_root, "
    "reciprocal, compare, idle], energy: 1, source: s, confidence: assumed}\n"
    "  - {component: softmax, action: [exp, reciprocal], energy: 1, source: s, confidence: assumed}\n"
    "  - {component: [vector_scratch, input_buffer, weight_buffer, accumulation_buffer, sram, dram], action: "
    "[read, "
    "write], energy: 1, source: s, confidence: assumed}\n"
    "  - {component: dma, action: byte, energy: 1, source: s, confidence: assumed}\n"
    "  - {component: controller, action: [command, cycle], energy: 1, source: s, confidence: assumed}\n"
    "  - {component: [mac, pe, accumulator_adder, decoder, encoder, transposer, vector, softmax, "
    "input_buffer, "
    "weight_buffer, accumulation_buffer, sram, dma, controller], area: 1, leakage: 0, source: s, confidence: "
    "assumed}\n"
    "  - {component: dram, action: standby, leakage: 0, source: s, confidence: assumed}\n";

TEST(CheckPrices, SaysNothingMoreWhenEveryRowIsUsed) {
    const test::Folder folder;
    const std::string path = experiment(folder, everything);
    const test::Outcome outcome = test::octet({"check", path});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, path + ": valid experiment\n");
}

TEST(CheckPrices, NamesTheLinesOfRowsThatPriceNothing) {
    const test::Folder folder;
    const std::string path = experiment(
        folder,
        everything +
            "  - {component: mac, action: mac, operand: e4m3, energy: 2, source: s, confidence: assumed}\n"
            "  - {component: mac, action: mac, operand: bf16, energy: 2, source: s, confidence: assumed}\n"
            "  - {component: sram, action: read, lanes: 17, energy: 2, source: s, confidence: assumed}\n");
    const test::Outcome outcome = test::octet({"check", path});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("of the 16 rows of"));
    EXPECT_THAT(outcome.out,
                HasSubstr("3 price nothing of this machine, on the lines\n  mac 17-18; sram 19\n"));
    const nlohmann::json file = test::document({"check", path}).at("files").at(0);
    ASSERT_EQ(file.at("unused_rows").size(), 3U);
    EXPECT_EQ(file.at("unused_rows").at(2).at("line"), 19);
    EXPECT_EQ(file.at("unused_rows").at(2).at("component").at(0), "sram");
}

TEST(CheckPrices, AMissingPriceIsAnErrorWithTheRowToAdd) {
    const test::Folder folder;
    std::string rows = everything;
    rows.erase(0, rows.find('\n') + 1);
    const std::string path = experiment(folder, rows);
    const test::Outcome outcome = test::octet({"check", path});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err,
                HasSubstr("- {component: mac, action: mac, operand: int8, accumulator: int24, energy: "
                          "PRICE, source: \"SOURCE\", confidence: assumed}"));
    EXPECT_EQ(test::octet({"run", path}).status, 1);
}

}  // namespace
}  // namespace octet

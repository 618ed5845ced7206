// `--explain`: the reasons against the timeline of the same run, cycle by cycle.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;
using Reasons = std::map<std::string, std::int64_t>;

std::int64_t sum(const json& reasons) {
    std::int64_t total = 0;
    for (const auto& [name, cycles] : reasons.items()) total += cycles.get<std::int64_t>();
    return total;
}

void expect_sums(const json& result) {
    const json& run = result.at("explanation");
    EXPECT_EQ(run.at("cycles"), result.at("cycles").at("total"));
    EXPECT_EQ(run.at("ideal"), result.at("cycles").at("ideal"));
    EXPECT_EQ(sum(run.at("reasons")),
              run.at("cycles").get<std::int64_t>() - run.at("ideal").get<std::int64_t>());
    for (const json& operation : result.at("operations")) {
        const json& why = operation.at("explanation");
        EXPECT_EQ(why.at("cycles"), operation.at("cycles"));
        EXPECT_EQ(why.at("ideal").get<double>(),
                  std::ceil(operation.at("ideal_cycles").get<double>() - 1e-6));
        EXPECT_EQ(sum(why.at("reasons")),
                  why.at("cycles").get<std::int64_t>() - why.at("ideal").get<std::int64_t>())
            << operation.at("name");
        for (const auto& [reason, cycles] : why.at("reasons").items())
            EXPECT_GE(cycles.get<std::int64_t>(), 0) << operation.at("name") << ' ' << reason;
        // The array works for one operation at a time.
        if (why.at("bound_by") == "array") {
            EXPECT_GE(why.at("worked"), why.at("ideal")) << operation.at("name");
        }
    }
}

// One cycle of one track: whose, and what.
struct Cell {
    std::string operation, what;  // a cause, work, weights or drain
    bool empty() const { return what.empty(); }
};
using Cells = std::map<std::string, std::vector<Cell>>;

// Nothing if the run was so long that events were joined.
std::optional<Cells> cells_of(const json& timeline, std::size_t total) {
    std::map<int, std::string> names;
    Cells cells;
    for (const json& e : timeline.at("traceEvents")) {
        const json& args = e.at("args");
        if (e.at("name") == "thread_name") {
            names[e.at("tid").get<int>()] = args.at("name");
            cells[args.at("name")].resize(total);
        }
        if (e.at("ph") == "M") continue;
        if (args.contains("intervals") || args.contains("commands")) return std::nullopt;
        const std::string& track = names.at(e.at("tid").get<int>());
        const auto from = e.at("ts").get<std::size_t>();
        const std::size_t to = args.contains("free") ? args.at("free").get<std::size_t>()
                                                     : from + e.at("dur").get<std::size_t>();
        const json& operation = args.at("operation");
        for (std::size_t c = from; c < to && c < total; ++c)
            cells.at(track)[c] = {operation.is_null() ? "" : operation.get<std::string>(),
                                  args.value("cause", args.value("with", "work"))};
    }
    return cells;
}

// The rules of docs/observability.md. `host`: the operation whose commands count; empty: all.
Reasons reasons_of(const Cells& cells, const std::string& host, bool product, const json& why,
                   std::size_t from, std::size_t to) {
    const json& bound_by = why.at("bound_by");
    const std::string bound = bound_by.is_null() ? "" : bound_by.get<std::string>();
    Reasons reasons;
    for (std::size_t c = from; c < to; ++c) {
        const auto cell = [&](const std::string& track) { return cells.at(track)[c]; };
        const auto own = [&](const std::string& track) {
            return !cell(track).empty() && (host.empty() || cell(track).operation == host);
        };
        const auto works = [&](const std::string& track) { return own(track) && cell(track).what == "work"; };
        bool worked = false;
        if (bound == "array" || bound == "vector") worked = works(bound);
        if (bound == "sram") worked = !cell("sram").empty();
        if (bound == "input_port") worked = own("input_fill engine");
        if (bound == "weight_port") worked = own("weight_fill engine");
        if (bound == "load_port" || bound == "dram") worked = works("load");
        if (bound == "store_port" || bound == "dram") worked = worked || works("store");
        if (worked) {
            ++reasons["below_peak"];
            continue;
        }
        const std::string main = product ? "array" : "vector";
        const auto doing = [&](const std::string& track) {
            return cell(track).what == "work" ? track : cell(track).what;
        };
        if (!cell(main).empty())
            ++reasons[own(main) ? doing(main) : "other_operations"];
        else if (own("vector"))
            ++reasons[doing("vector")];
        else if (own("load"))
            ++reasons[doing("load")];
        else if (own("store"))
            ++reasons[doing("store")];
        else if (cell("array").empty() && cell("vector").empty() && cell("load").empty() &&
                 cell("store").empty())
            ++reasons["idle"];
        else
            ++reasons["other_operations"];
    }
    EXPECT_EQ(why.at("worked"), reasons["below_peak"]);
    // Ideal cycles are those in which the resource worked, others after them.
    auto ideal = why.at("ideal").get<std::int64_t>();
    for (const char* reason :
         {"below_peak", "other_operations", "weights", "drain", "array", "vector", "load", "store",
          "waiting_for_input", "waiting_for_weights", "vector_unit", "write_port", "bank_conflict",
          "array_result", "dram", "sram_port", "dependency", "queue_full", "idle"}) {
        const std::int64_t taken = std::min(ideal, reasons[reason]);
        reasons[reason] -= taken;
        ideal -= taken;
    }
    EXPECT_EQ(ideal, 0);
    return reasons;
}

void expect_reasons(const json& why, const Reasons& wanted, const std::string& name) {
    for (const auto& [reason, cycles] : why.at("reasons").items()) {
        const auto it = wanted.find(reason);
        EXPECT_EQ(cycles.get<std::int64_t>(), it == wanted.end() ? 0 : it->second) << name << ": " << reason;
    }
}

class Explain : public testing::Test {
  protected:
    json run(const Words& words) const {
        Words all{"run", experiment, "--explain", "--timeline", file};
        all.insert(all.end(), words.begin(), words.end());
        return document(all);
    }
    Folder folder;
    const std::string experiment = folder.write(
        "experiment.yaml",
        fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/edge16-posit8.yaml\n"
                    "workload: {0}/workloads/tiny.yaml\ncosts: {0}/configs/costs/unit.yaml\n"
                    "phase: {{kind: encode, batch: 1, sequence: 16}}\n",
                    OCTET_SOURCE_DIR));
    const std::string file = (folder.path() / "t.json").string();
};

TEST_F(Explain, GivesEveryCycleOfEveryOperationOneReasonOnRandomMachines) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(testing::Message() << "OCTET_SEED=" << seed);
    std::mt19937 random(seed);
    std::set<std::string> bounds;
    int exact = 0;
    for (int i = 0; i < 10; ++i) {
        Words words;
        const auto set = [&](const char* key, const std::vector<std::string>& of) {
            words.insert(words.end(), {"--set", fmt::format("{}={}", key, of[random() % of.size()])});
        };
        set("array.rows", {"2", "5", "16"});
        set("array.cols", {"2", "6", "16"});
        set("array.overlap_passes", {"true", "true", "false"});
        set("vector.lanes", {"1", "4", "16"});
        set("sram.banks", {"1", "4", "16"});
        set("sram.width_bits", {"32", "128"});
        set("sram.capacity_kib", {"16", "64", "2048"});
        set("dma.burst_bytes", {"8", "64"});
        set("dram.bytes_per_cycle", {"1", "8", "256"});
        set("phase.sequence", {"1", "7", "24"});
        set("fusion", {"none", "activation", "residual"});
        set("matvec", {"array", "vector"});
        SCOPED_TRACE(testing::PrintToString(words));
        const json result = run(words);
        expect_sums(result);
        const auto total = result.at("cycles").at("total").get<std::size_t>();
        const json timeline = json::parse(std::ifstream(file));
        const std::optional<Cells> cells = cells_of(timeline, total);
        if (!cells) continue;
        ++exact;
        // Operations without commands of their own were fused into the product before them.
        std::map<std::string, bool> commands, product;
        for (const json& e : timeline.at("traceEvents"))
            if (e.at("args").contains("completes")) {
                commands[e.at("args").at("operation")] = true;
                if (e.at("args").at("engine") == "array") product[e.at("args").at("operation")] = true;
            }
        std::string host;
        for (const json& operation : result.at("operations")) {
            const std::string name = operation.at("name");
            if (commands[name]) host = name;
            const json& why = operation.at("explanation");
            if (!why.at("bound_by").is_null()) bounds.insert(why.at("bound_by"));
            expect_reasons(
                why,
                reasons_of(*cells, host, product[host], why, operation.at("start").get<std::size_t>(),
                           operation.at("end").get<std::size_t>()),
                name);
        }
        const json& why = result.at("explanation");
        expect_reasons(why, reasons_of(*cells, "", true, why, 0, total), "run");
        if (HasFailure()) return;
    }
    EXPECT_GE(exact, 4);
    EXPECT_GE(bounds.size(), 2u) << "the machines are short of different things";
}

// Memories so ample that all the rest follows from the rules of the array.
TEST_F(Explain, PaddingWeightsAndDrainOfAProductFollowFromItsShape) {
    const json result =
        document({"op", "gemm", "--accelerator", "configs/accelerators/edge16-posit8.yaml", "--shape",
                  "40,24,20", "--explain", "--set", "dram={kind: ideal, bytes_per_cycle: 65536, latency: 1}",
                  "--set", "sram.banks=64", "--set", "sram.ports=8"});
    expect_sums(result);
    const json& why = result.at("operations").at(0).at("explanation");
    EXPECT_EQ(why.at("bound_by"), "array");
    EXPECT_EQ(why.at("ideal"), 75);  // 40 * 24 * 20 / 256
    const json& reasons = why.at("reasons");
    EXPECT_EQ(reasons.at("below_peak"), 4 * 40 - 75) << "two by two passes of 40 vectors, K and N not full";
    EXPECT_EQ(reasons.at("weights"), 16);
    EXPECT_EQ(reasons.at("drain"), (16 + 16 - 2) + (4 + 1))
        << "of the array; of the vector unit with its encoders";
    EXPECT_EQ(reasons.at("other_operations"), 0);
}

TEST_F(Explain, PrintsNumbersThatAddUp) {
    const Outcome outcome = octet({"run", experiment, "--explain"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    std::istringstream lines(outcome.out.substr(outcome.out.find("\nThe run\n")));
    std::int64_t missing = 0, blocks = 0;
    for (std::string line; std::getline(lines, line);) {
        std::int64_t ideal = 0, cycles = 0, other = 0;
        char bound[20];
        if (std::sscanf(line.c_str(), " bound %19[a-z_]: %ld of %ld cycles; the other %ld:", bound, &ideal,
                        &cycles, &other) == 4) {
            EXPECT_EQ(missing, 0);
            EXPECT_EQ(cycles - ideal, other);
            missing = other;
            ++blocks;
        } else if (line.starts_with("      ") && std::sscanf(line.c_str(), "%ld", &other) == 1) {
            missing -= other;
        }
    }
    EXPECT_EQ(missing, 0);
    EXPECT_GT(blocks, 10);
    EXPECT_THAT(outcome.out, HasSubstr("waits for other operations"));
}

TEST_F(Explain, IsTheTimelinesAndTheDocumentsBusinessAlone) {
    const json with = run({}), without = document({"run", experiment});
    json rest = with;
    rest.erase("explanation");
    for (json& operation : rest.at("operations")) operation.erase("explanation");
    EXPECT_EQ(rest, without);
}

TEST(FusionLevels, TellWhatTheRunWithThatLevelDoes) {
    const auto run = [](const Words& more) {
        Words words{"run",   "configs/experiments/bert-base-edge16-posit8.yaml",
                    "--set", "workload=workloads/tiny.yaml",
                    "--set", "phase.sequence=24",
                    "--set", "values=exact"};
        words.insert(words.end(), more.begin(), more.end());
        return document(words);
    };
    const json levels = run({"--explain"}).at("explanation").at("fusion_levels");
    const char* names[] = {"none", "scaling", "activation", "layernorm", "residual"};
    ASSERT_EQ(levels.size(), std::size(names));
    for (std::size_t i = 0; i < levels.size(); ++i) {
        EXPECT_EQ(levels[i].at("fusion"), names[i]);
        const json by_hand = run({"--fusion", names[i]}), traffic = by_hand.at("traffic");
        EXPECT_EQ(levels[i].at("cycles"), by_hand.at("cycles").at("total"));
        EXPECT_EQ(levels[i].at("energy_pj"), by_hand.at("energy").at("total_pj"));
        EXPECT_EQ(levels[i].at("dram_bytes"), traffic.at("dram_read_bytes").get<std::uint64_t>() +
                                                  traffic.at("dram_write_bytes").get<std::uint64_t>());
        EXPECT_EQ(levels[i].at("sram_bytes"), traffic.at("sram_read_bytes").get<std::uint64_t>() +
                                                  traffic.at("sram_write_bytes").get<std::uint64_t>());
        EXPECT_EQ(levels[i].at("sqnr_db"), by_hand.at("numerics").at("sqnr_db"));
    }
    EXPECT_LT(levels.back().at("cycles"), levels.front().at("cycles"));
}

TEST(FusionLevels, PrintALineForEveryFusionLevel) {
    const Outcome outcome =
        octet({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set",
               "workload=workloads/tiny.yaml", "--set", "phase.sequence=24", "--explain"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Fusion levels"));
    for (const char* level : {"\nnone ", "\nscaling ", "\nactivation ", "\nlayernorm ", "\nresidual "})
        EXPECT_THAT(outcome.out, HasSubstr(level));
}

}  // namespace
}  // namespace octet::test

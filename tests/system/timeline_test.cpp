// `--timeline` as Perfetto and a user meet it: the file against the result document of the same run.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

struct Timeline {
    json document;
    std::map<std::string, std::vector<json>> tracks;  // by name, in order of time
};

Timeline read(const fs::path& path) {
    Timeline timeline;
    std::ifstream stream(path);
    timeline.document = json::parse(stream);
    std::map<std::pair<int, int>, std::string> names;
    for (const json& e : timeline.document.at("traceEvents")) {
        for (const char* key : {"name", "ph", "ts", "dur", "pid", "tid"}) EXPECT_TRUE(e.contains(key)) << e;
        const std::pair track{e.at("pid").get<int>(), e.at("tid").get<int>()};
        if (e.at("ph") == "M") {
            if (e.at("name") == "thread_name") {
                names[track] = e.at("args").at("name");
                timeline.tracks[names[track]];
            }
            continue;
        }
        EXPECT_EQ(e.at("ph"), "X");
        timeline.tracks[names.at(track)].push_back(e);
    }
    for (auto& [name, events] : timeline.tracks) {
        std::ranges::stable_sort(events, {}, [](const json& e) { return e.at("ts").get<std::uint64_t>(); });
        std::uint64_t end = 0;
        for (const json& e : events) {
            EXPECT_GE(e.at("ts").get<std::uint64_t>(), end) << name << ": " << e;
            end = e.at("ts").get<std::uint64_t>() + e.at("dur").get<std::uint64_t>();
        }
    }
    return timeline;
}

// Every unit has a track whose events add up to its books, cause by cause.
void expect_books(const Timeline& timeline, const json& result) {
    std::map<std::string, std::uint64_t> causes;
    std::map<std::pair<std::string, std::string>, std::uint64_t> of_operations;
    for (const auto& [unit, state] : result.at("cycles").at("units").items()) {
        ASSERT_TRUE(timeline.tracks.contains(unit)) << unit;
        std::uint64_t busy = 0, stall = 0;
        for (const json& e : timeline.tracks.at(unit)) {
            const auto cycles = e.at("dur").get<std::uint64_t>();
            if (e.at("cat") == "stall") {
                stall += cycles;
                causes[e.at("args").at("cause")] += cycles;
                of_operations[{e.at("args").at("operation"), e.at("args").at("cause")}] += cycles;
            } else {
                busy += cycles;
            }
        }
        EXPECT_EQ(busy, state.at("busy").get<std::uint64_t>()) << unit;
        EXPECT_EQ(stall, state.at("stall").get<std::uint64_t>()) << unit;
    }
    for (const auto& [cause, cycles] : result.at("cycles").at("stalls").items())
        EXPECT_EQ(causes[cause], cycles.get<std::uint64_t>()) << cause;
    for (const json& operation : result.at("operations"))
        for (const auto& [cause, cycles] : operation.at("stalls").items())
            EXPECT_EQ((of_operations[{operation.at("name"), cause}]), cycles.get<std::uint64_t>());
    // Commands: one dispatch a cycle, each is once at the head of a queue and once at an engine.
    const auto commands = result.at("cycles").at("units").at("controller").at("busy").get<std::uint64_t>();
    for (const char* kind : {" queue", " engine"}) {
        std::uint64_t seen = 0;
        for (const auto& [name, events] : timeline.tracks)
            if (name.ends_with(kind))
                for (const json& e : events) seen += e.at("args").value("commands", std::uint64_t{1});
        EXPECT_EQ(seen, commands) << kind;
    }
}

class TimelineOption : public testing::Test {
  protected:
    TimelineOption()
        : experiment(folder.write(
              "experiment.yaml",
              fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/edge16-posit8.yaml\n"
                          "workload: {0}/workloads/tiny.yaml\ncosts: {0}/configs/costs/unit.yaml\n"
                          "phase: {{kind: encode, batch: 1, sequence: 16}}\n",
                          OCTET_SOURCE_DIR))),
          file((folder.path() / "out.json").string()) {}
    json run(const Words& settings) const {
        Words words{"run", experiment, "--timeline", file};
        for (const auto& setting : settings) words.insert(words.end(), {"--set", setting});
        return document(words);
    }
    Folder folder;
    std::string experiment, file;
};

TEST_F(TimelineOption, AddsUpToTheBooksOfRandomMachines) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(testing::Message() << "OCTET_SEED=" << seed);
    std::mt19937 random(seed);
    const auto pick = [&](const char* key, std::initializer_list<int> of) {
        return fmt::format("{}={}", key, *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size())));
    };
    for (int i = 0; i < 10; ++i) {
        const Words settings{random() % 2 == 0 ? "matvec=array" : "matvec=vector",
                             pick("array.rows", {2, 5, 16}),
                             pick("array.cols", {2, 6, 16}),
                             pick("array.pe_latency", {1, 2}),
                             pick("vector.lanes", {1, 4, 16}),
                             pick("sram.banks", {1, 4, 16}),
                             pick("sram.capacity_kib", {16, 64, 2048}),
                             pick("dma.outstanding", {1, 16}),
                             pick("dram.latency", {1, 40}),
                             pick("dram.bytes_per_cycle", {1, 8, 256}),
                             pick("phase.sequence", {1, 7, 32})};
        SCOPED_TRACE(testing::PrintToString(settings));
        const json result = run(settings);
        expect_books(read(file), result);
        if (HasFailure()) return;
    }
}

TEST_F(TimelineOption, NamesOperationsTilesAndCauses) {
    run({"dram.bytes_per_cycle=1"});
    const Timeline timeline = read(file);
    const std::set<std::string> tracks{"array",
                                       "vector",
                                       "softmax",
                                       "codec",
                                       "sram",
                                       "load",
                                       "store",
                                       "controller",
                                       "dram",
                                       "load queue",
                                       "array queue",
                                       "vector queue",
                                       "store queue",
                                       "load engine",
                                       "input_fill engine",
                                       "weight_fill engine",
                                       "array engine",
                                       "vector engine",
                                       "store engine"};
    std::set<std::string> seen;
    for (const auto& [name, events] : timeline.tracks) seen.insert(name);
    EXPECT_EQ(seen, tracks);
    const auto find = [&](const char* track, const char* key, const json& value) {
        for (const json& e : timeline.tracks.at(track))
            if (e.at("args").contains(key) && e.at("args").at(key) == value) return e;
        ADD_FAILURE() << track << ": no event with " << key << ' ' << value;
        return json{};
    };
    EXPECT_EQ(find("array", "with", "weights").at("cat"), "busy");
    EXPECT_EQ(find("load", "cause", "dram").at("name"), "stall: dram");
    const json up = find("array engine", "operation", "layer0.ffn.up");
    EXPECT_EQ(up.at("name"), "layer0.ffn.up");
    EXPECT_EQ(up.at("args").at("rows"), 16);
    EXPECT_GT(find("array queue", "operation", "layer0.ffn.up").at("args").at("waits_for_dependency"), 0)
        << "its weights come at one byte a cycle";
    const json weights = find("load engine", "operation", "layer0.ffn.up");
    EXPECT_GT(weights.at("args").at("bytes"), 0);
    EXPECT_EQ(timeline.document.at("otherData").at("workload"), "tiny");
}

TEST_F(TimelineOption, OfOneOperationWithValues) {
    const Outcome made = octet({"op", "gemm", "--accelerator", "configs/accelerators/edge16-posit8.yaml",
                                "--shape", "20,40,50", "--timeline", file, "--json"});
    ASSERT_EQ(made.status, 0) << made.err;
    expect_books(read(file), json::parse(made.out));
}

TEST_F(TimelineOption, AFileThatCannotBeIsAnErrorBeforeTheRunAndAFailedRunLeavesNone) {
    const Outcome nowhere =
        octet({"run", experiment, "--timeline", (folder.path() / "no" / "t.json").string()});
    EXPECT_EQ(nowhere.status, 1);
    EXPECT_THAT(nowhere.err, HasSubstr("there is no folder"));
    const Outcome small = octet({"run", experiment, "--timeline", file, "--set", "sram.capacity_kib=4",
                                 "--set", "workload=workloads/bert-base.yaml"});
    EXPECT_EQ(small.status, 1);
    EXPECT_THAT(small.err, HasSubstr("sram.capacity_kib"));
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator(folder.path())) left.push_back(entry.path().filename());
    EXPECT_THAT(left, testing::ElementsAre("experiment.yaml"));
    const Outcome full = octet({"run", experiment, "--timeline", "/dev/full"});
    EXPECT_EQ(full.status, 1);
    EXPECT_EQ(full.out, "");
    EXPECT_THAT(full.err, HasSubstr("cannot write /dev/full"));
}

}  // namespace
}  // namespace octet::test

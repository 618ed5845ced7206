// Every target over what it starts from, over files that have broken readers before, and over all of these
// cut off and changed here and there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/seeds.h"
#include "tests/fuzz/targets.h"

namespace octet::fuzz {
namespace {

struct Target {
    const char* name;
    void (*run)(const std::uint8_t* data, std::size_t size);
};

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, ReadsOrRefusesEveryInput) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(given));
    SCOPED_TRACE("OCTET_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const auto run = [&](const std::string& bytes) {
        GetParam().run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    };
    const auto inputs = seeds(GetParam().name, OCTET_SOURCE_DIR);
    EXPECT_GE(inputs.size(), 3U);
    run({});
    for (const std::string& bytes : inputs) {
        run(bytes);
        for (int i = 0; i < 8 && !bytes.empty(); ++i) {
            std::string changed = bytes.substr(0, i % 2 == 0 ? bytes.size() : random() % bytes.size());
            for (unsigned k = random() % 4; k-- > 0 && !changed.empty();)
                changed[random() % changed.size()] = static_cast<char>(random());
            run(changed);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, Replay,
                         testing::Values(Target{"yaml", yaml}, Target{"csv", csv}, Target{"json", json},
                                         Target{"onnx", onnx}, Target{"safetensors", safetensors},
                                         Target{"npy", npy}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace octet::fuzz

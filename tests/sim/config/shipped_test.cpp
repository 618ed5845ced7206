// Every file that is shipped is valid.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/program.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

TEST(ShippedFiles, AreAllValid) {
    std::vector<std::string> arguments{"check"};
    for (const char* folder : {"/configs", "/workloads"})
        for (const auto& entry : fs::recursive_directory_iterator(OCTET_SOURCE_DIR + std::string(folder)))
            if (entry.path().extension() == ".yaml" || entry.path().extension() == ".csv")
                arguments.push_back(entry.path().string());
    EXPECT_GE(arguments.size(), 30U);
    const auto run = test::run_octet(arguments, test::patient);
    EXPECT_EQ(run.exit, 0);
    EXPECT_EQ(run.err, "");
}

TEST(ShippedFiles, HoldTwelveMachinesThatDifferInSizeAndFormatAlone) {
    for (const std::string size : {"8", "16", "32"})
        for (const std::string format : {"posit8", "hybrid-fp8", "int8", "bf16"}) {
            const std::string name = "edge" + size + "-" + format;
            EXPECT_TRUE(fs::exists(OCTET_SOURCE_DIR "/configs/accelerators/" + name + ".yaml"));
            EXPECT_TRUE(fs::exists(OCTET_SOURCE_DIR "/configs/experiments/bert-base-" + name + ".yaml"));
        }
}

}  // namespace
}  // namespace octet

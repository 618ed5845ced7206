// octet schema KIND: valid JSON that knows the keys.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace octet {
namespace {

TEST(Schema, OfEveryKindIsAClosedObjectThatNamesItsKind) {
    for (const std::string kind :
         {"experiment", "accelerator", "workload", "trace", "costs", "dram", "sweep"}) {
        const auto run = test::run_octet({"schema", kind});
        ASSERT_EQ(run.exit, 0) << kind;
        const auto schema = nlohmann::json::parse(run.out);
        EXPECT_EQ(schema["properties"]["kind"]["const"], kind);
        EXPECT_EQ(schema["additionalProperties"], false);
        EXPECT_GT(schema["properties"].size(), 3U) << kind;
    }
}

}  // namespace
}  // namespace octet

#include "sim/compare/lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/diagnostics.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> keys_and_values(const CompareRow& row) {
    std::vector<std::string> words;
    for (const Setting& setting : row.settings) words.push_back(setting.key + "=" + setting.value);
    return words;
}

TEST(CompareLists, MakeARowOfEveryCombinationInTheOrderOfTheirDimensions) {
    const ComparePlan plan = plan_of({{"e4m3", "int8"}, {"none", "residual"}, {}, {"8", "4x16"}, ""});
    EXPECT_THAT(plan.dimensions, ElementsAre("format", "fusion", "array"));
    ASSERT_EQ(plan.rows.size(), 8U);
    EXPECT_EQ(plan.rows[1].label(), "e4m3, none, 4x16");
    EXPECT_EQ(plan.rows[6].label(), "int8, residual, 8");
    EXPECT_THAT(keys_and_values(plan.rows[1]), ElementsAre("pe.preset=e4m3", "fusion=none", "array.rows=4",
                                                           "array.cols=16", "vector.lanes=16"));
    EXPECT_THAT(plan.baselines, testing::Each(0U));
}

TEST(CompareLists, WithoutAnyAreTheExperimentAlone) {
    const ComparePlan plan = plan_of({});
    ASSERT_EQ(plan.rows.size(), 1U);
    EXPECT_TRUE(plan.rows[0].settings.empty());
    EXPECT_TRUE(plan.dimensions.empty());
}

TEST(CompareLists, SetARowAgainstTheBaselineWithTheSameValuesOtherwise) {
    const CompareLists among{{"e4m3", "bf16"}, {"none", "residual"}, {}, {}, "bf16"};
    const ComparePlan plan = plan_of(among);
    EXPECT_EQ(plan.rows.size(), 4U);
    EXPECT_THAT(plan.baselines, ElementsAre(2U, 3U, 2U, 3U));
    EXPECT_EQ(plan.rows[3].label(), "bf16, residual");
}

TEST(CompareLists, SimulateABaselineThatIsNotAmongThem) {
    const ComparePlan plan = plan_of({{"e4m3"}, {}, {}, {}, "bf16"});
    ASSERT_EQ(plan.rows.size(), 2U);
    EXPECT_THAT(plan.baselines, ElementsAre(0U, 0U));
    EXPECT_EQ(plan.rows[0].label(), "bf16");
    EXPECT_EQ(plan_of({{}, {}, {}, {}, "bf16"}).rows.size(), 1U);
}

TEST(CompareLists, RefuseRepetitionsAndWhatIsNoSize) {
    const auto message = [](const CompareLists& lists) -> std::string {
        try {
            plan_of(lists);
        } catch (const InputError& error) {
            return error.what();
        }
        return {};
    };
    EXPECT_EQ(message({{"int8", "e4m3", "int8"}, {}, {}, {}, ""}), "--formats: 'int8' is written twice");
    for (const char* size : {"0", "-1", "x", "4x", "x4", "4x4x4", "", "16 ", "99999999999"})
        EXPECT_THAT(message({{}, {}, {}, {size}, ""}), HasSubstr("expected a size such as 16 or 16x32"))
            << size;
}

}  // namespace
}  // namespace octet

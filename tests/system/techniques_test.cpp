// Every configuration of configs/experiments/techniques runs, and docs/techniques.md speaks of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

std::vector<std::string> techniques() {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(OCTET_SOURCE_DIR) /
                                                                "configs/experiments/techniques"))
        if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
    std::ranges::sort(names);
    return names;
}

std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

class Technique : public testing::TestWithParam<std::string> {};

// As it stands, but for the number of samples.
TEST_P(Technique, RunsAndCostsAndHasValues) {
    const auto result =
        document({"run", "configs/experiments/techniques/" + GetParam() + ".yaml", "--set", "phase.batch=1"});
    EXPECT_GT(result["cycles"]["total"].get<std::uint64_t>(), 0U);
    EXPECT_GT(result["energy"]["total_pj"].get<double>(), 0);
    const std::string file = text_of(std::filesystem::path(OCTET_SOURCE_DIR) /
                                     "configs/experiments/techniques" / (GetParam() + ".yaml"));
    ASSERT_EQ(result["numerics"].is_null(), file.find("values: exact") == std::string::npos);
    if (result["numerics"].is_null()) return;
    ASSERT_TRUE(result["numerics"]["sqnr_db"].is_number());
    EXPECT_GT(result["numerics"]["sqnr_db"].get<double>(), -1);
    EXPECT_EQ(result["numerics"]["nar"], 0);
}

TEST_P(Technique, HasALinkOnThePageOfTechniquesAndARowInItsTable) {
    const std::string page = text_of(std::filesystem::path(OCTET_SOURCE_DIR) / "docs/techniques.md");
    EXPECT_NE(page.find("configs/experiments/techniques/" + GetParam() + ".yaml)"), std::string::npos);
    EXPECT_NE(page.find("\n| `" + GetParam() + "` |"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Of, Technique, testing::ValuesIn(techniques()), [](const auto& test) {
    std::string name = test.param;
    std::ranges::replace_if(
        name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return name;
});

}  // namespace
}  // namespace octet::test

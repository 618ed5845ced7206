#include "sim/config/json_reader.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

std::string errors(const std::string& text) {
    try {
        parse_json(text, "f.json");
    } catch (const InputError& error) {
        return error.what();
    }
    return {};
}

TEST(JsonReader, KnowsWhereEveryKeyAndValueStands) {
    const Node root =
        parse_json("{\"a\": 1,\n  \"b\\\"{\" : [ true,\n\t-2.5e-3 , \"x\\\\\" , {} ]}", "f.json");
    ASSERT_EQ(root.entries.size(), 2U);
    EXPECT_EQ(to_string(root.location), "f.json:1:1");
    EXPECT_EQ(to_string(root.entries[0].key_location), "f.json:1:2");
    EXPECT_EQ(to_string(root.entries[0].value.location), "f.json:1:7");
    EXPECT_EQ(root.entries[1].key, "b\"{");
    EXPECT_EQ(to_string(root.entries[1].key_location), "f.json:2:3");
    const auto& list = root.entries[1].value.items;
    ASSERT_EQ(list.size(), 4U);
    EXPECT_EQ(to_string(list[0].location), "f.json:2:14");
    EXPECT_EQ(list[0].text, "true");
    EXPECT_EQ(to_string(list[1].location), "f.json:3:2");
    EXPECT_EQ(list[1].text, "-2.5e-3");
    EXPECT_FALSE(list[1].quoted);
    EXPECT_EQ(list[2].text, "x\\");
    EXPECT_TRUE(list[2].quoted);
    EXPECT_EQ(to_string(list[3].location), "f.json:3:20");
    EXPECT_TRUE(list[3].is_map());
}

TEST(JsonReader, TakesEscapesAndNothingForAValue) {
    const Node root = parse_json(R"({"a": "\u00e9\/\ud83d\ude00\n", "b": null})", "f.json");
    EXPECT_EQ(root.entries[0].value.text, "\xC3\xA9/\xF0\x9F\x98\x80\n");
    EXPECT_EQ(root.entries[1].value.kind, Node::Kind::null);
}

TEST(JsonReader, RefusesWhatIsNoJsonWithItsPlace) {
    EXPECT_EQ(errors(""), "f.json:1:1: not valid JSON: the text ends too early");
    EXPECT_EQ(errors("{\"a\": 1,\n \"b\": tru}"), "f.json:2:10: not valid JSON at '\"b\": tru}'");
    EXPECT_NE(errors("{\"a\": 01}"), "");
    EXPECT_NE(errors("{\"a\": NaN}"), "");
    EXPECT_NE(errors("{\"a\": 1} 2"), "");
    EXPECT_NE(errors("{\"a\": 1,}"), "");
    EXPECT_NE(errors("{'a': 1}"), "");
    EXPECT_NE(errors("{\"a\": 1 // no\n}"), "");
    EXPECT_NE(errors("{\"a\": \"\\x\"}"), "");
    EXPECT_NE(errors("{\"a\": \"\n\"}"), "");
    EXPECT_NE(errors("{\"a\": \"\\ud800\"}"), "");
    EXPECT_EQ(errors("{\"a\": 1e999}"), "f.json:1:11: '1e999' does not fit a double");
    EXPECT_EQ(errors(std::string("{\"a\": \0}", 8)), "f.json:1:7: a NUL byte");
    EXPECT_EQ(errors("{\"a\": \"\xFF\"}"), "f.json:1:8: the byte 0xff is not valid UTF-8");
}

TEST(JsonReader, RefusesEqualKeysOfOneObject) {
    EXPECT_EQ(errors("{\"a\": 1,\n \"b\": {\"a\": 2}, \"a\": 3}"),
              "f.json:2:17: duplicate key 'a', first written in line 1");
}

TEST(JsonReader, LimitsDepthAndValues) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(errors(nested(max_json_depth)), "");
    EXPECT_EQ(errors(nested(max_json_depth + 1)), "f.json:1:65: nested more than 64 levels deep");
    EXPECT_NE(errors(std::string(1'000'000, '[')), "");
    std::string many = "[0";
    for (std::size_t i = 2; i < max_json_values; ++i) many += ",0";
    EXPECT_EQ(errors(many + "]"), "");
    EXPECT_EQ(errors(many + ",0]"), "f.json:1:1: more than 500000 values, the limit for a file");
}

}  // namespace
}  // namespace octet

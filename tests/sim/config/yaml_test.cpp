// The reader of YAML text: what the tree says, and where; tests/hostile holds what it refuses.
#include "sim/config/yaml.h"

#include <gtest/gtest.h>

#include <ctime>

#include "tests/sim/config/messages.h"

namespace octet {
namespace {

using test::errors_of;
using testing::HasSubstr;
using testing::StartsWith;

Node parse(std::string_view text) {
    return parse_yaml(text, "file.yaml");
}
std::string refusal(std::string_view text) {
    return errors_of([&] { parse(text); });
}

TEST(StrictReader, KeepsKeysInOrderWithLinesAndColumnsFromOne) {
    const Node root = parse("a: 1\nb:\n  c: [x, 'y']\n");
    ASSERT_TRUE(root.is_map());
    ASSERT_EQ(root.entries.size(), 2U);
    EXPECT_EQ(root.entries[0].key, "a");
    EXPECT_EQ(to_string(root.entries[0].key_location), "file.yaml:1:1");
    EXPECT_EQ(to_string(root.at("a")->location), "file.yaml:1:4");
    EXPECT_EQ(to_string(root.at("b.c")->location), "file.yaml:3:6");
    EXPECT_EQ(to_string(root.at("b.c")->items[1].location), "file.yaml:3:10");
}

TEST(StrictReader, TellsQuotedTextFromPlainText) {
    const Node root = parse("plain: 12\nsingle: '12'\ndouble: \"12\"\nblock: |\n  12\n");
    EXPECT_FALSE(root.at("plain")->quoted);
    EXPECT_TRUE(root.at("single")->quoted);
    EXPECT_TRUE(root.at("double")->quoted);
    EXPECT_TRUE(root.at("block")->quoted);
}

TEST(StrictReader, PutsAnEmptyValueAtItsKey) {
    const Node root = parse("a:\nb: 1\n");
    EXPECT_EQ(root.at("a")->kind, Node::Kind::null);
    EXPECT_EQ(to_string(root.at("a")->location), "file.yaml:1:1");
}

TEST(StrictReader, RefusesADuplicateKeyAndNamesBothLines) {
    EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "file.yaml:3:1: duplicate key 'a', first written in line 1");
}

TEST(StrictReader, FindsTheDuplicateAmongManyKeys) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "key" + std::to_string(i) + ": 1\n";
    EXPECT_EQ(refusal(text), "");
    EXPECT_THAT(refusal(text + "key500: 1\n"),
                HasSubstr(":1001:1: duplicate key 'key500', first written in line 501"));
}

TEST(StrictReader, ReportsSeveralErrorsOfATextAtOnce) {
    const std::string errors = refusal("a: &x 1\na: *x\nb: !!int 2\n<<: {}\n");
    EXPECT_THAT(errors, HasSubstr("file.yaml:1:4: an anchor"));
    EXPECT_THAT(errors, HasSubstr("file.yaml:2:1: duplicate key"));
    EXPECT_THAT(errors, HasSubstr("file.yaml:2:4: an alias"));
    EXPECT_THAT(errors, HasSubstr("file.yaml:3:4: a tag"));
    EXPECT_THAT(errors, HasSubstr("file.yaml:4:1: a merge key"));
}

TEST(StrictReader, AcceptsAByteOrderMarkWindowsLineEndsAndDocumentMarkers) {
    const Node root = parse("\xEF\xBB\xBF---\r\na: 1\r\nb: [2,\r\n  3]\r\n...\r\n# end\r\n");
    EXPECT_EQ(root.at("a")->text, "1");
    EXPECT_EQ(to_string(root.at("b")->location), "file.yaml:3:4");
    EXPECT_EQ(root.at("b")->items.size(), 2U);
}

TEST(StrictReader, AcceptsUtf8AndCountsBytesInColumns) {
    const Node root = parse("\"\xC3\xA4\": {\xF0\x9F\x98\x80: x}\n");
    EXPECT_EQ(root.entries[0].key, "\xC3\xA4");
    EXPECT_EQ(root.entries[0].value.location.column, 7U);
}

TEST(StrictReader, RefusesBytesThatAreNoText) {
    using namespace std::string_literals;
    EXPECT_EQ(refusal("a: 1\nb: \0\n"s), "file.yaml:2:4: a NUL byte");
    EXPECT_THAT(refusal("a: \x1B[1m\n"), HasSubstr("file.yaml:1:4: the control character 0x1b"));
    EXPECT_THAT(refusal("a: 1\rb: 2\n"), HasSubstr("file.yaml:1:5: a carriage return without a line feed"));
    for (const char* bad :
         {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xFF\xFE"})
        EXPECT_THAT(refusal("a: "s + bad), HasSubstr("is not valid UTF-8")) << bad;
}

TEST(StrictReader, AllowsSixtyFourLevelsAndNoMore) {
    EXPECT_EQ(refusal(std::string(64, '[') + std::string(64, ']')), "");
    EXPECT_THAT(refusal(std::string(65, '[') + std::string(65, ']')),
                HasSubstr("nested more than 64 levels deep"));
}

TEST(StrictReader, HoldsBackTextThatTheParserWouldHoard) {
    EXPECT_THAT(refusal("a: [" + std::string(8 << 20, '[')),
                HasSubstr("4 MiB of text without a complete value"));
    EXPECT_THAT(refusal("a: \"" + std::string(8 << 20, 'x')),
                HasSubstr("4 MiB of text without a complete value"));
}

// 100,000 one-line operations, 5 MB: 1.2 s on the machine it was written on, 2.3 s for yaml-cpp's own tree.
// Of the processor, which does not depend on what else runs; what grows with the square takes 100 times as
// much.
TEST(StrictReader, TakesWorkInProportionToTheText) {
    const auto work = [](int lines) {
        std::string text = "operations:\n";
        for (int i = 0; i < lines; ++i)
            text += "  - {name: op" + std::to_string(i) + ", kind: matmul, inputs: [a, b]}\n";
        const std::clock_t start = std::clock();
        EXPECT_EQ(parse(text).at("operations")->items.size(), static_cast<std::size_t>(lines));
        return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    };
    const double few = work(5'000), many = work(50'000);
    EXPECT_LT(many, 10 * few * 2.5 + 0.05);
}

TEST(StrictReader, ReadsTheValueOfASettingAsYaml) {
    const Location where = location_in("--set a=x");
    EXPECT_EQ(parse_value("16", where, "a").text, "16");
    EXPECT_EQ(parse_value("[1, 2]", where, "a").items.size(), 2U);
    EXPECT_EQ(parse_value("{kind: ideal}", where, "a").at("kind")->text, "ideal");
    EXPECT_EQ(to_string(parse_value("{b: 1}", where, "a").at("b")->location), "--set a=x");
    EXPECT_THAT(errors_of([&] { parse_value("[1", where, "a"); }), StartsWith("--set a=x: a: "));
}

}  // namespace
}  // namespace octet

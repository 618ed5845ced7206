#include "sim/report/text_table.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TextTable sample() {
    TextTable table({{"name", false}, {"n", true}});
    table.add({"a", "12,345"});
    table.add({"long|er", "7"});
    table.add({"line\nbreak \"q\""});
    return table;
}

TEST(TextTable, AlignsWordsLeftAndNumbersRightWithoutSpacesAtTheEnd) {
    TextTable table({{"name", false}, {"n", true}});
    table.add({"a", "12,345"});
    table.add({"longer", "7"});
    EXPECT_EQ(table.aligned(), "name         n\na       12,345\nlonger       7\n");
    EXPECT_EQ(table.aligned(true).substr(0, 4), "\033[1m");
}

TEST(TextTable, EscapesBarsAndBreaksInMarkdown) {
    EXPECT_EQ(sample().markdown(),
              "| name | n |\n| --- | ---: |\n| a | 12,345 |\n| long\\|er | 7 |\n| line break \"q\" |  |\n");
}

TEST(TextTable, QuotesWhatCsvNeedsQuoted) {
    EXPECT_EQ(sample().csv(), "name,n\na,\"12,345\"\nlong|er,7\n\"line\nbreak \"\"q\"\"\",\n");
}

}  // namespace
}  // namespace octet

#include "sim/report/histogram_text.h"

#include <gmock/gmock.h>

#include "models/formats/registry.h"

namespace octet {
namespace {

using testing::HasSubstr;

TensorHistogram histogram(const std::string& tensor, const char* format, std::vector<HistogramBin> bins) {
    TensorHistogram h;
    h.tensor = tensor;
    h.format = find_format(format);
    h.bins = std::move(bins);
    for (const HistogramBin& bin : h.bins) h.values += bin.count;
    if (h.format->bits <= 16) h.codes_used = h.bins.size(), h.entropy_bits = 1.5;
    return h;
}

TEST(HistogramText, DrawsCodesFromTheMostNegativeToTheLargest) {
    Result result;
    result.histograms = {histogram("pooler", "int4", {{8, -8, 1}, {0, 0, 16}, {3, 3, 8}, {7, 7, 1000}})};
    result.histograms[0].saturated = 1001;
    result.histograms[0].zeros = 16;
    EXPECT_THAT(histogram_text(result), HasSubstr("\npooler  int4                 1025   25 % 1.50 bit    "
                                                  "1.6 %      98 %     0 %  |▁       ▁  ▁   █|\n"));
    result.histograms = {histogram("x", "int4", {{8, -8, 2}, {0, 0, 8}, {3, 3, 4}})};
    EXPECT_THAT(histogram_text(result), HasSubstr("|▂       █  ▄    |\n"));
}

TEST(HistogramText, PutsSeveralCodesIntoAColumnAndLeavesNaNOut) {
    Result result;
    result.histograms = {histogram(
        "x", "posit8_1",
        {{0x81, -4096, 1}, {0x40, 1, 1}, {0x41, 1.0625, 1}, {0x7f, 4096, 1}, {0x80, std::nan(""), 99}})};
    // 255 reals, four a column: 1 is the 192nd, 1.0625 the 193rd.
    EXPECT_THAT(histogram_text(result),
                HasSubstr("|█" + std::string(46, ' ') + "██" + std::string(14, ' ') + "█|"));
}

TEST(HistogramText, DrawsTheOctavesThatAreUsedWithZeroInTheMiddle) {
    Result result;
    result.histograms = {histogram("x", "fp32", {{0, -2, 1}, {0, 0, 1}, {0, 0.25, 1}, {0, 4, 1}})};
    // 2^2 2^1 2^0 2^-1 2^-2 0 2^-2 .. 2^2
    EXPECT_THAT(histogram_text(result), HasSubstr("      4      -        -      0 %"));
    EXPECT_THAT(histogram_text(result), HasSubstr("| █   ██   █|\n"));
    const double inf = HUGE_VAL;
    result.histograms = {histogram("x", "fp32", {{0, -inf, 1}, {0, inf, 1}})};
    EXPECT_THAT(histogram_text(result), HasSubstr("|█|\n"));
}

TEST(HistogramText, JoinsTheLayersOfATensorIfTheirFormatIsTheSame) {
    Result result;
    result.histograms = {histogram("layer0.ffn.up", "int4", {{1, 1, 5}}),
                         histogram("layer1.ffn.up", "int4", {{2, 2, 7}, {3, 3, 1}}),
                         histogram("layer2.ffn.up", "bf16", {{0, 2, 3}})};
    result.histograms[1].entropy_bits = 0.5;
    const std::string text = histogram_text(result);
    EXPECT_THAT(text, HasSubstr("\nffn.up x 2  int4                   13    9 % 1.00 bit "));
    EXPECT_THAT(text, HasSubstr("|         ▆█▂    |\n"));
    EXPECT_THAT(text, HasSubstr("\nffn.up      bf16                    3 "));
}

}  // namespace
}  // namespace octet

// octet quantize and octet formats as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/formats/registry.h"
#include "tests/support/program.h"

namespace octet {
namespace {

using test::run_octet;
using testing::HasSubstr;

test::Run quantize(const std::string& input, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "quantize");
    test::RunOptions options;
    options.input = input;
    return run_octet(arguments, options);
}

TEST(Quantize, prints_the_code_and_the_shortest_decimal_of_its_value) {
    const auto run = quantize("2048\n2049\n1536\n0x1.8p-12\n0x1p-11\n1e-30\n-0.3\ninf\nnan\n-0\n",
                              {"--format", "posit8_1"});
    EXPECT_EQ(run.exit, 0) << run.err;
    EXPECT_EQ(run.out,
              "0x7e 1024\n0x7f 4096\n0x7e 1024\n0x01 0.000244140625\n0x02 0.0009765625\n0x01 0.000244140625\n"
              "0xdd -0.296875\n0x80 nan\n0x80 nan\n0x00 0\n");
    EXPECT_EQ(quantize("1e-30\n0x1p-13\n", {"--format", "posit8_1_ftz"}).out,
              "0x00 0\n0x01 0.000244140625\n");
    EXPECT_EQ(quantize("-0\n1.1\n", {"--format", "e5m3"}).out, "0x100 -0\n0x079 1.125\n");
}

TEST(Quantize, reads_a_decimal_with_one_rounding_and_keeps_finite_texts_finite) {
    EXPECT_EQ(quantize("464\n464.00000000000000000000001\n", {"--format", "e4m3", "--overflow", "nan"}).out,
              "0x7e 448\n0x7f nan\n");
    EXPECT_EQ(quantize("1e999\n-1e999\n1e-999\n", {"--format", "posit8_0"}).out,
              "0x7f 64\n0x81 -64\n0x01 0.015625\n");
}

TEST(Quantize, overflows_as_told) {
    EXPECT_EQ(quantize("61440\ninf\n", {"--format", "e5m2"}).out, "0x7b 57344\n0x7b 57344\n");
    EXPECT_EQ(quantize("61439\n61440\n-inf\n", {"--format", "e5m2", "--overflow", "inf"}).out,
              "0x7b 57344\n0x7c inf\n0xfc -inf\n");
    EXPECT_EQ(quantize("61440\n", {"--format", "e5m2", "--overflow", "nan"}).out, "0x7e nan\n");
    EXPECT_EQ(quantize("1e6\n", {"--format", "fp16"}).out, "0x7c00 inf\n");
    EXPECT_EQ(quantize("1e6\n", {"--format", "fp16", "--overflow", "saturate"}).out, "0x7bff 65504\n");
}

TEST(Quantize, scales_integers_and_codebooks_by_the_largest_magnitude_or_as_told) {
    EXPECT_EQ(quantize("254\n-3\n1\n", {"--format", "int8"}).out, "0x7f 254\n0xfe -4\n0x00 0\n");
    EXPECT_EQ(quantize("1\n-3\n99\n", {"--format", "int4", "--scale", "0.5"}).out,
              "0x2 1\n0xa -3\n0x7 3.5\n");
    EXPECT_EQ(quantize("-2\n0.1\n", {"--format", "nf4"}).out, "0x0 -2\n0x8 0.15916059911251068\n");
    EXPECT_EQ(quantize("0\n0\n", {"--format", "int8"}).out, "0x00 0\n0x00 0\n");
}

TEST(Quantize, puts_the_numbers_around_a_zero_point_or_as_told) {
    EXPECT_EQ(quantize("-100\n0\n155\n1.4\n", {"--format", "int8_zp"}).out,
              "0x80 -100\n0xe4 0\n0x7f 155\n0xe5 1\n");
    EXPECT_EQ(quantize("255\n3\n", {"--format", "int8_zp"}).out, "0x7f 255\n0x83 3\n");
    EXPECT_EQ(quantize("1\n-1\n99\nnan\n", {"--format", "int8_zp", "--scale", "0.5", "--zero", "-128"}).out,
              "0x82 1\n0x80 0\n0x46 99\n0x80 0\n");
    EXPECT_EQ(quantize("1\n-1\n", {"--format", "int8_zp", "--scale", "0.5"}).out, "0x02 1\n0xfe -1\n");
    EXPECT_EQ(
        quantize("0x80\n0x7f\n", {"--format", "int8_zp", "--decode", "--scale", "0.5", "--zero", "-100"}).out,
        "0x80 -14\n0x7f 113.5\n");
}

TEST(Quantize, reads_a_decimal_exactly_when_it_is_to_be_scaled) {
    EXPECT_EQ(quantize("126.50000000000000000000001\n-2.49999999999999999999999\n2.5\n",
                       {"--format", "int8", "--scale", "1"})
                  .out,
              "0x7f 127\n0xfe -2\n0x02 2\n");
    // The scale of the input is that of its nearest doubles, so that the largest magnitude prints as written.
    EXPECT_EQ(quantize("0.1\n-0.04\n", {"--format", "int4"}).out, "0x7 0.1\n0xd -0.04285714285714286\n");
}

TEST(Quantize, takes_a_block_a_line) {
    EXPECT_EQ(quantize("1 2 3\n0 0\n", {"--format", "mxfp4_e2m1"}).out,
              "0x7e 0x4 0x6 0x7 | 1 2 3\n0x00 0x0 0x0 | 0 0\n");
    std::string numbers;
    for (int i = 0; i < 33; ++i) numbers += "1 ";
    const auto run = quantize(numbers + "\n", {"--format", "mxint8"});
    EXPECT_EQ(run.exit, 1);
    EXPECT_THAT(run.err, HasSubstr("<stdin>:1:65: more than the 32 numbers of a block"));
}

TEST(Quantize, decodes_what_it_encoded_in_every_format) {
    const std::string numbers = "0\n-1.25\n3\n1e-5\n-40000\n7e9\n";
    for (const FormatInfo& format : formats()) {
        const std::string name(format.name);
        const auto encoded = quantize(numbers, {"--format", name});
        ASSERT_EQ(encoded.exit, 0) << name << encoded.err;
        std::vector<std::string> arguments{"--format", name, "--decode"};
        if (format.zero_point != nullptr) {
            const double scale = format.tensor_scale(7e9 + 40000);
            arguments.insert(arguments.end(), {"--scale", fmt::format("{}", scale), "--zero",
                                               fmt::format("{}", format.zero_point(-40000, scale))});
        } else if (format.tensor_scale != nullptr)
            arguments.insert(arguments.end(), {"--scale", fmt::format("{}", format.tensor_scale(7e9))});
        else if (format.encode_scaled != nullptr)
            arguments.insert(arguments.end(), {"--scale", fmt::format("{}", 7e9 / format.max)});
        EXPECT_EQ(quantize(encoded.out, arguments).out, encoded.out) << name;
    }
    EXPECT_EQ(quantize("0x7F\n0x80\n", {"--format", "posit8_1", "--decode"}).out, "0x7f 4096\n0x80 nan\n");
    EXPECT_EQ(quantize("0x80 0x4 0xc\n", {"--format", "mxfp4_e2m1", "--decode"}).out,
              "0x80 0x4 0xc | 4 -4\n");
}

TEST(Quantize, says_where_the_input_is_at_fault_and_prints_nothing_else) {
    const auto run = quantize("1\nabc\n2 3\n1e\n0x\n1,5\n", {"--format", "e4m3"});
    EXPECT_EQ(run.exit, 1);
    EXPECT_EQ(run.out, "");
    for (const char* place : {"<stdin>:2:1: 'abc' is no number", "<stdin>:3:3: more than one number",
                              "<stdin>:4:1:", "<stdin>:5:1:", "<stdin>:6:1:"})
        EXPECT_THAT(run.err, HasSubstr(place));
    EXPECT_EQ(quantize("0x100\n", {"--format", "e4m3", "--decode"}).exit, 1);
    EXPECT_EQ(quantize("12\n", {"--format", "e4m3", "--decode"}).exit, 1);
    EXPECT_THAT(quantize("0x40 1\n0x40 x\n", {"--format", "posit8_1", "--decode"}).err,
                HasSubstr("<stdin>:2:6: 'x' is no value"));
    EXPECT_THAT(quantize("0x77 0x78 | 1\n0x77\n", {"--format", "mxfp8_e4m3", "--decode"}).err,
                HasSubstr("<stdin>:2:1: a scale without codes"));
    EXPECT_THAT(quantize("0x77 0x78 | 1 |\n", {"--format", "mxfp8_e4m3", "--decode"}).err,
                HasSubstr("<stdin>:1:15: '|' is no value"));
    EXPECT_EQ(quantize("", {"--format", "e4m3"}).exit, 0);
}

TEST(Quantize, refuses_options_that_do_not_go_with_the_format) {
    EXPECT_EQ(quantize("", {"--format", "e4m4"}).exit, 2);
    EXPECT_THAT(quantize("", {"--format", "e4m4"}).err, HasSubstr("did you mean 'e4m3'?"));
    EXPECT_EQ(quantize("", {"--format", "e4m3", "--scale", "2"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "int8", "--scale", "-2"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "int8", "--scale", "nan"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "int8", "--scale", "1e309"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "int8", "--scale", "1e-320"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "posit8_1", "--overflow", "nan"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "e2m1", "--overflow", "inf"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "e4m3", "--overflow", "1"}).exit, 2);
    EXPECT_THAT(quantize("", {"--format", "e4m3", "--overflow", "wrap"}).err,
                HasSubstr("--overflow: expected saturate, nan or inf, got 'wrap'"));
    EXPECT_THAT(quantize("", {"--format", "int8", "--scale", "1", "--zero", "3"}).err,
                HasSubstr("--zero: int8 has no zero point to set"));
    EXPECT_THAT(quantize("", {"--format", "int8_zp", "--scale", "1", "--zero", "128"}).err,
                HasSubstr("--zero: 128 is no code of int8_zp, which go from -128 to 127"));
    EXPECT_THAT(quantize("", {"--format", "int8_zp", "--scale", "1", "--zero", "-129"}).err,
                HasSubstr("--zero: -129 is no code"));
    EXPECT_THAT(quantize("", {"--format", "int8_zp", "--zero", "3"}).err,
                HasSubstr("--zero goes with --scale"));
    EXPECT_EQ(quantize("", {"--format", "int8_zp", "--scale", "1", "--zero", "1.5"}).exit, 2);
    EXPECT_EQ(quantize("", {"--format", "int8_zp", "--scale", "1", "--zero", "99999999999"}).exit, 2);
    EXPECT_EQ(quantize("", {}).exit, 2);
}

TEST(Quantize, writes_a_file_instead_of_stdout) {
    const std::string path = test::scratch_folder() + "/codes.txt";
    const auto run = quantize("1\n", {"--format", "e4m3", "--out", path});
    EXPECT_EQ(run.exit, 0);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(test::read_file(path), "0x38 1\n");
    EXPECT_EQ(quantize("x\n", {"--format", "e4m3", "--out", path}).exit, 1);
    EXPECT_EQ(test::read_file(path), "0x38 1\n") << "a failure leaves what was there";
    EXPECT_EQ(quantize("1\n", {"--format", "e4m3", "--out", "/no/such/folder/x"}).exit, 1);
    EXPECT_EQ(quantize("1\n", {"--format", "e4m3", "--out", ""}).exit, 2);
    EXPECT_EQ(quantize("1\n", {"--format", "e4m3", "--out", "/dev/stdout"}).out, "0x38 1\n");
}

TEST(FormatsVerb, lists_every_format_and_shows_some_side_by_side) {
    const auto all = run_octet({"formats"});
    EXPECT_EQ(all.exit, 0);
    for (const FormatInfo& format : formats()) EXPECT_THAT(all.out, HasSubstr(std::string(format.name)));
    const auto two = run_octet({"formats", "posit8_1", "e4m3"});
    EXPECT_THAT(two.out, HasSubstr("0x7e             1024           448"));
    EXPECT_THAT(two.out, testing::Not(HasSubstr("\n\n\n")));
    EXPECT_THAT(two.out, HasSubstr("▅"));
    EXPECT_EQ(run_octet({"formats", "posit8"}).exit, 2);
}

TEST(FormatsVerb, prints_the_document_with_a_table_for_a_single_format) {
    const auto all = nlohmann::json::parse(run_octet({"formats", "--json"}).out);
    EXPECT_EQ(all["schema"], 1);
    EXPECT_TRUE(all["octet"].is_string());
    ASSERT_EQ(all["formats"].size(), formats().size());
    for (const auto& row : all["formats"]) {
        for (const char* key : {"name", "bits", "kind", "max", "min_normal", "min", "epsilon", "codes"})
            EXPECT_TRUE(row.contains(key)) << key;
        EXPECT_FALSE(row.contains("table"));
    }
    const auto one = nlohmann::json::parse(run_octet({"formats", "e4m3", "--json"}).out)["formats"][0];
    EXPECT_EQ(one["max"], 448);
    EXPECT_EQ(one["min"], 0x1p-9);
    EXPECT_EQ(one["codes"], 256);
    ASSERT_EQ(one["table"].size(), 256U);
    EXPECT_EQ(one["table"][0x7e],
              (nlohmann::json{{"code", "0x7e"}, {"fields", "0 1111 110"}, {"value", 448}}));
    EXPECT_EQ(one["table"][0x7f]["value"], nullptr);
    const auto posit =
        nlohmann::json::parse(run_octet({"formats", "posit8_1", "--json"}).out)["formats"][0]["table"];
    EXPECT_EQ(posit[0x48]["fields"], "0 10 0 1000");
    EXPECT_EQ(posit[0xb8]["fields"], "1 10 0 1000");
    EXPECT_EQ(posit[0x7f]["fields"], "0 1111111");
    EXPECT_EQ(posit[0x7e]["fields"], "0 1111110");
}

}  // namespace
}  // namespace octet

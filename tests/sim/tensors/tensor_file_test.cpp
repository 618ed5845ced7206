// Files of tensors: what is right is read, what is wrong is said, nothing crashes.
#include "sim/tensors/tensor_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <filesystem>
#include <fstream>
#include <random>

namespace octet {
namespace {

using testing::HasSubstr;

std::string file(const std::string& content) {
    static int number = 0;
    const auto path = std::filesystem::temp_directory_path() /
                      ("octet-tensor-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
}

template <class File>
std::string complaint(const std::string& content) {
    const std::string path = file(content);
    std::string text = "nothing";
    try {
        const File read(path);
    } catch (const InputError& error) {
        text = error.what();
        EXPECT_EQ(text.rfind(path, 0), 0U) << text;
    }
    std::filesystem::remove(path);
    return text;
}

std::string npy(const std::string& header, const std::string& values, char version = 1) {
    std::string text = "\x93NUMPY";
    text += version;
    text += '\0';
    for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
        text += static_cast<char>(header.size() >> (8 * i) & 0xff);
    return text + header + values;
}

template <class T>
std::string raw(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string safetensors(const std::string& header, const std::string& values) {
    std::string text(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(text.data(), &size, 8);
    return text + header + values;
}

TEST(NpyFile, IsReadInEveryTypeAndVersion) {
    const std::string shape = "'fortran_order': False, 'shape': (2, 2), }";
    const auto numbers = [](const std::string& content) {
        const std::string path = file(content);
        const NpyFile read(path);
        std::filesystem::remove(path);
        EXPECT_EQ(read.tensor().shape, (std::vector<std::uint64_t>{2, 2}));
        return read.tensor().numbers();
    };
    const std::vector<double> wanted{1, -2, 0.5, 3};
    for (const char version : {'\x01', '\x02', '\x03'})
        EXPECT_EQ(numbers(npy("{'descr': '<f4', " + shape, raw<float>({1, -2, 0.5, 3}), version)), wanted);
    EXPECT_EQ(
        numbers(npy("{'shape': (2,2), 'descr': \"<f8\", 'fortran_order': False}  \n", raw<double>(wanted))),
        wanted);
    EXPECT_EQ(numbers(npy("{'descr': '<f2', " + shape, raw<std::uint16_t>({0x3c00, 0xc000, 0x3800, 0x4200}))),
              wanted);
    const std::vector<double> whole{1, 2, 255, 0};
    EXPECT_EQ(numbers(npy("{'descr': '|u1', " + shape, raw<std::uint8_t>({1, 2, 255, 0}))), whole);
    EXPECT_EQ(numbers(npy("{'descr': '<u2', " + shape, raw<std::uint16_t>({1, 2, 255, 0}))), whole);
    EXPECT_EQ(numbers(npy("{'descr': '<u4', " + shape, raw<std::uint32_t>({1, 2, 255, 0}))), whole);
    EXPECT_EQ(numbers(npy("{'descr': '<u8', " + shape, raw<std::uint64_t>({1, 2, 255, 0}))), whole);
    EXPECT_EQ(numbers(npy("{'descr': '<i8', " + shape, raw<std::int64_t>({-1, 2, 255, 0}))),
              (std::vector<double>{-1, 2, 255, 0}));
    EXPECT_EQ(numbers(npy("{'descr': '<i4', " + shape, raw<std::int32_t>({-1, 2, 255, 0}))),
              (std::vector<double>{-1, 2, 255, 0}));
    EXPECT_EQ(numbers(npy("{'descr': '<i2', " + shape, raw<std::int16_t>({-1, 2, 255, 0}))),
              (std::vector<double>{-1, 2, 255, 0}));
    EXPECT_EQ(numbers(npy("{'descr': '|i1', " + shape, raw<std::int8_t>({-1, 2, 127, 0}))),
              (std::vector<double>{-1, 2, 127, 0}));
}

TEST(NpyFile, WrittenIsReadAgain) {
    for (const std::vector<std::uint64_t>& shape :
         {std::vector<std::uint64_t>{}, {5}, {2, 3}, {2, 3, 4}, {0, 7}}) {
        std::uint64_t count = 1;
        for (auto side : shape) count *= side;
        std::vector<float> values(count, 1.5F);
        const std::string text = npy_text(Dtype::f32, shape, std::as_bytes(std::span(values)));
        EXPECT_EQ((text.size() - 4 * count) % 64, 0U);
        const std::string path = file(text);
        const NpyFile read(path);
        std::filesystem::remove(path);
        EXPECT_EQ(read.tensor().shape, shape);
        EXPECT_EQ(read.tensor().numbers(), std::vector<double>(count, 1.5));
    }
}

TEST(NpyFile, ThatIsMalformedIsRefusedWithAReason) {
    const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", four = "1234";
    const std::pair<std::string, const char*> cases[] = {
        {"", "no .npy file"},
        {"\x93NUMPY", "no .npy file"},
        {"hello world", "no .npy file"},
        {npy(good, four, 4), "version 4.0"},
        {npy(good, four, 0), "version 0.0"},
        {std::string("\x93NUMPY\x02\x00\x01\x00", 10), "ends within its header"},
        {std::string("\x93NUMPY\x01\x00\xff\xff", 10), "a header of 65535 bytes"},
        {std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12), "a header of 4294967295 bytes"},
        {npy("", four), "'{' is missing"},
        {npy("{", four), "text in quotes is missing"},
        {npy("{'descr", four), "does not end"},
        {npy("{'descr': '<f4'", four), "comma or }"},
        {npy("{'descr': '<f4'}", four), "are needed"},
        {npy("{'descr': '<f4', 'descr': '<f4'}", four), "unknown or there twice"},
        {npy("{'what': 1}", four), "unknown or there twice"},
        {npy(good + "x", four), "follows the dictionary"},
        {npy("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}", four), "True or False"},
        {npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,1)}", four), "fortran_order: True"},
        {npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", four), "values of type '>f4'"},
        {npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", four), "values of type '|O'"},
        {npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", four),
         "in quotes is missing"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", four), "whole number is missing"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}", four), "comma or )"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': 1}", four), "'(' is missing"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1", four), "comma or )"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", four),
         "too large"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 1099511627776)}", four),
         "2^40"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", four), "8 dimensions"},
        {npy(good, "123"), "3 bytes of values for a shape of 1"},
        {npy(good, "12345"), "5 bytes of values for a shape of 1"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", four), "4 bytes of values"},
    };
    for (const auto& [content, reason] : cases) EXPECT_THAT(complaint<NpyFile>(content), HasSubstr(reason));
    EXPECT_EQ(complaint<NpyFile>(npy(good, four)), "nothing");
    EXPECT_THROW(NpyFile("/nonexistent/x.npy"), InputError);
    EXPECT_THROW(NpyFile(std::filesystem::temp_directory_path().string()), InputError);
    EXPECT_THROW(NpyFile("/dev/zero"), InputError);
}

const char* const two_tensors =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1,1],"data_offsets":[8,10]}})";

TEST(SafetensorsFile, GivesItsTensorsByName) {
    const std::string path =
        file(safetensors(two_tensors, raw<float>({1, -2}) + raw<std::uint16_t>({0x3fc0})));
    const SafetensorsFile read(path);
    std::filesystem::remove(path);
    ASSERT_EQ(read.tensors().size(), 2U);
    EXPECT_EQ(read.tensors().at("a").numbers(), (std::vector<double>{1, -2}));
    EXPECT_EQ(read.tensors().at("b").numbers(), (std::vector<double>{1.5}));
    EXPECT_EQ(read.tensors().at("b").shape, (std::vector<std::uint64_t>{1, 1}));
}

TEST(SafetensorsFile, ThatIsMalformedIsRefusedWithAReason) {
    const auto one = [](const std::string& entry) {
        return safetensors("{\"a\":" + entry + "}", "12345678");
    };
    const std::pair<std::string, const char*> cases[] = {
        {"", "shorter than 8 bytes"},
        {"1234567", "shorter than 8 bytes"},
        {std::string(8, '\xff'), "a header of 18446744073709551615 bytes"},
        {std::string("\x09\0\0\0\0\0\0\0{}", 10), "a header of 9 bytes"},
        {safetensors("", ""), "no valid JSON"},
        {safetensors("{", ""), "no valid JSON"},
        {safetensors("[]", ""), "no JSON object"},
        {safetensors("{\"a\":1}", ""), "are needed"},
        {safetensors(std::string(1000, '['), ""), "nested too deep"},
        {safetensors("{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}", ""),
         "nested too deep"},
        {safetensors("{\"\xff\xfe\":1}", ""), "no valid JSON"},
        {safetensors("{\"a\":1e999}", ""), "beyond the range"},
        {one("{}"), "are needed"},
        {one(R"({"dtype":1,"shape":[2],"data_offsets":[0,8]})"), "are needed"},
        {one(R"({"dtype":"F99","shape":[2],"data_offsets":[0,8]})"), "dtype 'F99'"},
        {one(R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})"), "no list of whole numbers"},
        {one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "no list of whole numbers"},
        {one(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), "no list of whole numbers"},
        {one(R"({"dtype":"F32","shape":[1e3],"data_offsets":[0,8]})"), "no list of whole numbers"},
        {one(R"({"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,8]})"),
         "no list of whole numbers"},
        {one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"), "2^40"},
        {one(R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]})"), "8 dimensions"},
        {one(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"), "must be two"},
        {one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "must be two"},
        {one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,9]})"), "must be two"},
        {one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]})"), "must be two"},
        {one(R"({"dtype":"F32","shape":[2],"data_offsets":["0",8]})"), "no list of whole numbers"},
        {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,8]})"), "8 bytes for a shape of 1"},
        {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), "bytes 4 to 8"},
        {one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), "bytes 0 to 4"},
        {safetensors(
             R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
             "12345678"),
         "overlaps"},
        {safetensors(
             R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
             "12345678"),
         "'a' is there twice"},
        {one(R"({"dtype":"F32","shape":[2],"dtype":"F64","data_offsets":[0,8]})"),
         "'a': 'dtype' is there twice"},
    };
    for (const auto& [content, reason] : cases)
        EXPECT_THAT(complaint<SafetensorsFile>(content), HasSubstr(reason));
    EXPECT_EQ(complaint<SafetensorsFile>(safetensors("{}", "")), "nothing");
}

// Some words of both kinds of header, and what comes out of mistakes with numbers.
const std::string words[] = {"{",
                             "}",
                             "[",
                             "]",
                             "(",
                             ")",
                             ",",
                             ":",
                             "'",
                             "\"",
                             "0",
                             "1",
                             "4",
                             "8",
                             "-1",
                             "1e9",
                             "99999999999",
                             "18446744073709551615",
                             "'<f8'",
                             "'|u1'",
                             "'>f4'",
                             "True",
                             "False",
                             "\"F64\"",
                             "\"U8\"",
                             "null",
                             "'shape'",
                             "\"shape\"",
                             "\"data_offsets\"",
                             "\"a\"",
                             std::string(1, '\0'),
                             "\xff",
                             "\xc3\xa9",
                             "\n"};

void spoil(std::string& text, std::mt19937& random) {
    for (auto i = random() % 3 + 1; i > 0 && !text.empty(); --i) {
        const std::size_t at = random() % text.size();
        const std::string& word = words[random() % std::size(words)];
        switch (random() % 5) {
            case 0:
                text[at] = static_cast<char>(random());
                break;
            case 1:
                text.erase(at, random() % 8);
                break;
            case 2:
                text.insert(at, word);
                break;
            case 3:
                text.replace(at, word.size(), word);
                break;
            default:
                text.resize(at + 1);
        }
    }
}

// The file is refused, with its name in front, or all its values lie within it.
template <class File, class Tensors>
bool is_read(const std::string& content, Tensors tensors_of) {
    const std::string path = file(content);
    bool good = true;
    try {
        const File read(path);
        for (const StoredTensor& tensor : tensors_of(read)) {
            EXPECT_LE(tensor.bytes.size(), content.size());
            EXPECT_EQ(tensor.bytes.size(), tensor.elements() * size_of(tensor.dtype));
            EXPECT_EQ(tensor.numbers().size(), tensor.elements());
        }
    } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()).rfind(path, 0), 0U) << error.what();
        good = false;
    }
    std::filesystem::remove(path);
    return good;
}

TEST(TensorFiles, WithMistakesAreRefusedOrReadWithinTheirBounds) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    SCOPED_TRACE("OCTET_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    std::size_t good = 0;
    for (int round = 0; round < 3000; ++round) {
        // Mistakes in the header alone, whose length is then right; or anywhere.
        std::string one = header, many = two_tensors;
        const bool anywhere = round % 3 == 0;
        if (!anywhere) spoil(one, random), spoil(many, random);
        one = npy(one, std::string(24, 'x'), static_cast<char>(1 + round % 3));
        many = safetensors(many, std::string(10, 'x'));
        if (anywhere) spoil(one, random), spoil(many, random);
        good += is_read<NpyFile>(one, [](const NpyFile& f) { return std::vector{f.tensor()}; });
        good += is_read<SafetensorsFile>(many, [](const SafetensorsFile& f) {
            std::vector<StoredTensor> tensors;
            for (const auto& [name, tensor] : f.tensors()) tensors.push_back(tensor);
            return tensors;
        });
    }
    EXPECT_GT(good, 0U) << "some mistakes are harmless";
    EXPECT_LT(good, 1500U);
}

}  // namespace
}  // namespace octet

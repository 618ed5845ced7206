#include "tests/fuzz/seeds.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#if OCTET_HAS_ONNX
#include "tests/sim/workload/onnx_file.h"
#endif

namespace octet::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest = 20'000;

// Of files with an ending, in the order of their names.
void add_files(const fs::path& folder, const std::string& ending, std::vector<std::string>& seeds) {
    if (!fs::is_directory(folder)) return;
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && (ending.empty() || entry.path().extension() == ending))
            paths.push_back(entry.path());
    std::ranges::sort(paths);
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(file), {}};
        if (bytes.size() <= longest) seeds.push_back(std::move(bytes));
    }
}

std::string safetensors_file(const std::string& header, std::size_t values) {
    std::string bytes(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes + header + std::string(values, '\x3c');
}

std::string npy_file(const std::string& dictionary, std::size_t values) {
    std::string header = dictionary + '\n', bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() & 255U);
    bytes += static_cast<char>(header.size() >> 8U);
    return bytes + header + std::string(values, '\x3c');
}

}  // namespace

std::vector<std::string> seeds(const std::string& target, const std::string& source) {
    std::vector<std::string> all;
    const fs::path root(source);
    add_files(root / "tests/fuzz/found" / target, "", all);
    if (target == "yaml") {
        for (const char* folder : {"workloads", "configs", "tests/hostile"})
            add_files(root / folder, ".yaml", all);
    } else if (target == "csv") {
        for (const char* folder : {"workloads/topologies", "tests/hostile"})
            add_files(root / folder, ".csv", all);
    } else if (target == "json") {
        add_files(root / "tests/sim/workload/huggingface", ".json", all);
    } else if (target == "safetensors") {
        all.push_back(safetensors_file(R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", 24));
        all.push_back(safetensors_file(
            R"({"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}})",
            16));
        all.push_back(safetensors_file("{}", 0));
    } else if (target == "npy") {
        all.push_back(npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24));
        all.push_back(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", 1));
        all.push_back(npy_file("{'descr': '<i8', 'fortran_order': True, 'shape': (3,), }", 24));
    } else if (target == "onnx") {
        all.emplace_back("\x08\x07\x3a\x02\x12\x00", 6);
        all.emplace_back("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
        all.emplace_back("\x3a\xff\xff\xff\x7f");
#if OCTET_HAS_ONNX
        all.push_back(test::bert_file({.layers = 1}).bytes());
        test::OnnxFile file;
        file.input("x", {"2", "3", "8", "8"}, true);
        const auto y = file.node("Conv", {"x", file.weight("w", {5, 3, 4, 4})}, {}, {{"strides", {4, 4}}});
        const auto z = file.node("Reshape", {y, file.integers({2, 5, -1})});
        file.output(file.node("Softmax", {file.node("Transpose", {z}, {}, {{"perm", {0, 2, 1}}})}));
        all.push_back(file.bytes());
#endif
    }
    return all;
}

}  // namespace octet::fuzz

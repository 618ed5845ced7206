#include "tests/system/octet.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/program.h"

namespace octet::test {

Outcome octet(const std::vector<std::string>& arguments, const std::filesystem::path& folder, int seconds) {
    RunOptions options;
    options.timeout_seconds = seconds;
    options.folder = folder.string();
    const Run run = run_octet(arguments, options);
    return {run.signal != 0 || run.timed_out ? 128 + run.signal : run.exit, run.out, run.err};
}

nlohmann::json document(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    const Outcome outcome = octet(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    if (outcome.status != 0) return {};
    return nlohmann::json::parse(outcome.out);
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "octet-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
    const auto path = path_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
}

nlohmann::json run_product(const Folder& folder, std::uint64_t m, std::uint64_t n, std::uint64_t k,
                           const std::vector<std::string>& settings) {
    const std::string root = OCTET_SOURCE_DIR;
    folder.write("product.yaml",
                 fmt::format("kind: trace\nname: product\n"
                             "tensors:\n"
                             "  - {{name: a, role: input, rows: {0}, cols: {2}}}\n"
                             "  - {{name: b, role: weight, rows: {2}, cols: {1}}}\n"
                             "  - {{name: c, role: output, rows: {0}, cols: {1}}}\n"
                             "operations:\n"
                             "  - {{name: product, kind: matmul, inputs: [a, b], output: c}}\n",
                             m, n, k));
    const std::string experiment = folder.write(
        "experiment.yaml",
        fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/edge16-posit8.yaml\n"
                    "workload: product.yaml\ncosts: {0}/configs/costs/unit.yaml\n"
                    "phase: {{kind: encode, batch: 1, sequence: 1}}\n",
                    root));
    std::vector<std::string> arguments{"run", experiment};
    for (const auto& setting : settings) {
        arguments.push_back("--set");
        arguments.push_back(setting);
    }
    return document(arguments);
}

}  // namespace octet::test

#include "tests/system/octet.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace octet::test {
namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

Outcome octet(const std::vector<std::string>& arguments, const std::filesystem::path& folder, int seconds) {
    const Folder scratch;
    const auto out = scratch.path() / "out", err = scratch.path() / "err";
    std::vector<std::string> words{OCTET_BINARY};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        const int o = open(out.c_str(), O_CREAT | O_WRONLY, 0600),
                  e = open(err.c_str(), O_CREAT | O_WRONLY, 0600);
        const int i = open("/dev/null", O_RDONLY);
        if (o < 0 || e < 0 || i < 0 || chdir(folder.c_str()) != 0) _exit(126);
        dup2(i, 0);
        dup2(o, 1);
        dup2(e, 2);
        alarm(static_cast<unsigned>(seconds));  // survives exec: a hang ends in SIGALRM
        execv(argv[0], argv.data());
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    Outcome outcome;
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = content(out);
    outcome.err = content(err);
    return outcome;
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

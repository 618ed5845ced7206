// `fidelity: register` and `pass`: the same document, the same codes, the same cycle of every result.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sim/tensors/tensor_file.h"
#include "tests/system/octet.h"
#include "tests/system/random_machine.h"

namespace octet::test {
namespace {

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

class Fidelities : public testing::TestWithParam<int> {};

TEST_P(Fidelities, DifferInNoNumberOfARunOnARandomMachine) {
    const unsigned seed = given_seed() + static_cast<unsigned>(GetParam());
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed - static_cast<unsigned>(GetParam())));
    Choice choice(seed);
    for (int round = 0; round < 4; ++round) {
        const auto arguments = with(
            {"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--json", "--set",
             "workload=workloads/tiny.yaml", "--set", fmt::format("phase.sequence={}", 1 + choice.below(16)),
             "--set", fmt::format("phase.batch={}", 1 + choice.below(2)), "--values",
             choice.of({"none", "exact"})},
            random_machine(choice));
        SCOPED_TRACE(fmt::format("octet {}", fmt::join(arguments, " ")));
        const Outcome pass = octet(with(arguments, {"--fidelity", "pass"}));
        const Outcome registers = octet(with(arguments, {"--fidelity", "register"}));
        ASSERT_EQ(pass.status, 0) << pass.err;
        ASSERT_EQ(registers.status, 0) << registers.err;
        ASSERT_EQ(nlohmann::json::parse(registers.out), nlohmann::json::parse(pass.out));
        ASSERT_EQ(registers.out, pass.out);
    }
}
INSTANTIATE_TEST_SUITE_P(Random, Fidelities, testing::Range(0, 12));

std::string content(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::string matrix(const Folder& folder, const std::string& name, std::uint64_t rows, std::uint64_t columns,
                   Choice& choice) {
    std::vector<float> values(rows * columns);
    for (float& x : values) x = static_cast<float>(static_cast<int>(choice.below(2001)) - 1000) / 256;
    const std::vector<std::uint64_t> shape{rows, columns};
    return folder.write(name, npy_text(Dtype::f32, shape, std::as_bytes(std::span(values))));
}

TEST_P(Fidelities, GiveEveryResultOfAProductTheSameBitsInTheSameCycle) {
    const unsigned seed = given_seed() + static_cast<unsigned>(GetParam());
    SCOPED_TRACE(fmt::format("OCTET_SEED={}", seed - static_cast<unsigned>(GetParam())));
    Choice choice(seed);
    const Folder folder;
    const std::uint64_t m = 1 + choice.below(40), n = 1 + choice.below(40), k = 1 + choice.below(60);
    const auto arguments =
        with({"op", "gemm", "--accelerator", "configs/accelerators/edge16-posit8.yaml", "--in",
              matrix(folder, "a.npy", m, k, choice), matrix(folder, "b.npy", k, n, choice), "--seed", "5",
              "--output", "accumulator"},
             random_machine(choice));
    SCOPED_TRACE(fmt::format("octet {}", fmt::join(arguments, " ")));
    for (const std::string fidelity : {"pass", "register"}) {
        const auto folder_of = (folder.path() / fidelity).string();
        const Outcome outcome =
            octet(with(arguments, {"--fidelity", fidelity, "--hex", folder_of, "--out", folder_of + ".npy"}));
        ASSERT_EQ(outcome.status, 0) << outcome.err;
    }
    for (const char* name : {"result.hex", "cycles.hex", "a.hex", "b.hex"})
        EXPECT_EQ(content(folder.path() / "register" / name), content(folder.path() / "pass" / name)) << name;
    EXPECT_FALSE(content(folder.path() / "pass.npy").empty());
    EXPECT_EQ(content(folder.path() / "register.npy"), content(folder.path() / "pass.npy"));
}

TEST(Fidelity, OfAnOperationIsOneOfTwoWords) {
    const Outcome outcome = octet({"op", "gemm", "--accelerator", "configs/accelerators/edge16-posit8.yaml",
                                   "--shape", "4,4,4", "--fidelity", "registers"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "--fidelity registers: fidelity: expected register or pass, got 'registers', did you mean "
              "'register'?\n");
}

}  // namespace
}  // namespace octet::test

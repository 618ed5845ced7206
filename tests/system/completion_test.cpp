// `octet completion bash`: a bash completes as one who presses Tab would see.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "sim/sweep/subprocess.h"
#include "tests/support/program.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;
using Words = std::vector<std::string>;

std::string script() {
    const Outcome outcome = octet({"completion", "bash"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return scratch_file("completion.bash", outcome.out);
}

// What is offered for the last word, in this folder.
Words offered(const Words& words, const std::string& folder = scratch_folder()) {
    std::string code =
        "cd \"$1\"; source \"$2\"; shift 2; COMP_WORDS=(octet \"$@\"); COMP_CWORD=$#; _octet;"
        "printf '%s\\n' \"${COMPREPLY[@]}\"";
    Words all{"bash", "--norc", "-uc", code, "bash", folder, script()};
    all.insert(all.end(), words.begin(), words.end());
    const ProgramEnd end = run_program(all);
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(end.err, "");
    Words found;
    std::istringstream lines(end.out);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) found.push_back(line);
    return found;
}

// Words at the beginning of the lines of --help below a heading.
std::set<std::string> in_help(const Words& verb, const std::string& heading, const std::string& pattern) {
    Words words = verb;
    words.emplace_back("--help");
    std::istringstream lines(octet(words).out);
    std::set<std::string> found;
    bool below = false;
    const std::regex expression(pattern);
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line[0] != ' ') below = line.starts_with(heading);
        std::smatch match;
        if (below && std::regex_search(line, match, expression)) found.insert(match[1]);
    }
    return found;
}

TEST(Completion, OffersTheVerbsOfTheHelp) {
    const Words offer = offered({""});
    EXPECT_EQ(std::set<std::string>(offer.begin(), offer.end()), in_help({}, "Subcommands:", "^  ([a-z]+) "));
    EXPECT_THAT(offered({"com"}), UnorderedElementsAre("compare", "completion"));
    EXPECT_THAT(offered({"cost", ""}), UnorderedElementsAre("show", "where", "reprice", "export", "import"));
}

TEST(Completion, OffersTheOptionsOfTheHelpOfEachVerb) {
    for (const Words& verb : {Words{"run"}, Words{"compare"}, Words{"sweep", "run"}, Words{"op", "gemm"},
                              Words{"quantize"}, Words{"cost", "export"}, Words{"sweep", "merge"}}) {
        Words words = verb;
        words.emplace_back("--");
        const Words offer = offered(words);
        EXPECT_EQ(std::set<std::string>(offer.begin(), offer.end()),
                  in_help(verb, "Options:", "^  (?:-[a-z],)?(--[a-z-]+)"))
            << fmt::format("{}", fmt::join(verb, " "));
        EXPECT_THAT(offer, Contains("--help"));
    }
    EXPECT_EQ(offered({"sweep", "--"}), offered({"sweep", "run", "--"})) << "the short form";
    EXPECT_EQ(offered({"sweep", "s.yaml", "--"}), offered({"sweep", "run", "--"}));
}

TEST(Completion, OffersWordsThatAnOptionTakes) {
    EXPECT_THAT(offered({"run", "x.yaml", "--fusion", ""}),
                UnorderedElementsAre("none", "scaling", "activation", "layernorm", "residual"));
    EXPECT_THAT(offered({"run", "--values", "e"}), UnorderedElementsAre("exact"));
    EXPECT_THAT(offered({"compare", "x.yaml", "--formats", "e4"}), Contains("e4m3"));
    EXPECT_THAT(offered({"compare", "x.yaml", "--formats", "int8,posit8_1,bf"}),
                UnorderedElementsAre("int8,posit8_1,bf16"));
    EXPECT_THAT(offered({"compare", "--formats", "=", "int"}), IsSupersetOf({"int8", "int4"}));
    EXPECT_THAT(offered({"compare", "--baseline", "posit8_1"}), Contains("posit8_1_ftz"));
    EXPECT_THAT(offered({"quantize", "--format", "mxfp8"}), Contains("mxfp8_e4m3"));
    EXPECT_THAT(offered({"formats", "int8", "nf"}), UnorderedElementsAre("nf4", "nf4_dq"))
        << "the second name as the first";
    EXPECT_THAT(offered({"schema", "sw"}), UnorderedElementsAre("sweep"));
    EXPECT_THAT(offered({"cost", "export", "r", "--as", "a"}), UnorderedElementsAre("art", "action_counts"));
    EXPECT_THAT(offered({"sweep", "s.yaml", "--launcher", ""}), UnorderedElementsAre("local", "slurm"));
    EXPECT_THAT(offered({"run", "--set", "a.b", "=", "8", "--fid"}), UnorderedElementsAre("--fidelity"));
    EXPECT_THAT(offered({"run", "--seed", ""}), IsEmpty());
}

TEST(Completion, OffersFilesWhereAFileIsMeant) {
    const std::string folder = scratch_folder() + "/files";
    std::filesystem::create_directories(folder + "/some where");
    for (const char* name : {"a.yaml", "b c.yaml", "notes.txt"}) std::ofstream(folder + "/" + name).put('\n');
    EXPECT_THAT(offered({"run", ""}, folder), UnorderedElementsAre("a.yaml", "b c.yaml", "some where"));
    EXPECT_THAT(offered({"check", "a.yaml", "b"}, folder), UnorderedElementsAre("b c.yaml"));
    EXPECT_THAT(offered({"op", "gemm", "--accelerator", "a"}, folder), UnorderedElementsAre("a.yaml"));
    EXPECT_THAT(offered({"sweep", "a"}, folder), UnorderedElementsAre("a.yaml"));
    EXPECT_THAT(offered({"run", "a.yaml", "--out", ""}, folder), UnorderedElementsAre("some where"));
}

}  // namespace
}  // namespace octet::test

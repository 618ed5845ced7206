// Every file of tests/hostile, and what cannot be kept as a file, through the program: an error with a place,
// exit 1, in time.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/support/program.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
using test::Run;
using test::run_octet;
using test::scratch_file;
using test::scratch_folder;

void expect_located_error(const Run& run, const std::string& expected) {
    EXPECT_FALSE(run.timed_out);
    EXPECT_EQ(run.signal, 0);
    EXPECT_EQ(run.exit, 1);
    EXPECT_EQ(run.out, "");
    EXPECT_NE(run.err.find(expected), std::string::npos) << "expected " << expected << "\ngot " << run.err;
    const std::string first = run.err.substr(0, run.err.find('\n'));
    EXPECT_TRUE(std::regex_search(first, std::regex("^[^ ]+:[0-9]+:[0-9]+: "))) << first;
}

void expect_refused(const std::string& path, const std::string& expected) {
    expect_located_error(run_octet({"check", path}), expected);
    expect_located_error(run_octet({"run", path, "--json"}), "");
}

void expect_table_refused(const std::string& path, const std::string& expected) {
    expect_located_error(run_octet({"check", path}), expected);
    expect_located_error(run_octet({"workload", "show", path}), expected);
    const std::string experiment = OCTET_SOURCE_DIR "/configs/experiments/bert-base-edge16-posit8.yaml";
    expect_located_error(run_octet({"run", experiment, "--set", "workload=" + path}), expected);
}

std::vector<std::string> hostile_files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(OCTET_SOURCE_DIR "/tests/hostile"))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

class HostileFile : public testing::TestWithParam<std::string> {};

TEST_P(HostileFile, IsRefused) {
    const std::string path = OCTET_SOURCE_DIR "/tests/hostile/" + GetParam();
    std::ifstream file(path);
    std::string first;
    std::getline(file, first);
    const std::string prefix = "# expect: ";
    ASSERT_TRUE(first.starts_with(prefix));
    const std::string expected = first.substr(prefix.size());
    path.ends_with(".csv") ? expect_table_refused(path, expected) : expect_refused(path, expected);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = fs::path(info.param).stem().string();
    std::ranges::replace(name, '-', '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Corpus, HostileFile, testing::ValuesIn(hostile_files()), test_name);

TEST(HostileBytes, ThatAreNoTextAreRefused) {
    using namespace std::string_literals;
    expect_refused(scratch_file("nul.yaml", "kind: accelerator\nname: a\0b\n"s), ":2:8: a NUL byte");
    expect_refused(scratch_file("latin1.yaml", "name: \xE4\n"), ":1:7: the byte 0xe4 is not valid UTF-8");
    expect_refused(scratch_file("utf16.yaml", "\xFF\xFEk\0i\0n\0d\0"s),
                   ":1:1: the byte 0xff is not valid UTF-8");
    expect_refused(scratch_file("cr.yaml", "kind: accelerator\rname: x\r"),
                   "a carriage return without a line feed");
    expect_refused(scratch_file("escape.yaml", "name: \x1B[2J\n"), ":1:7: the control character 0x1b");
    expect_refused(scratch_file("random.yaml",
                                "\x7F"
                                "ELF\x02\x01\x01"),
                   ":1:1: the control character 0x7f");
    expect_refused(scratch_file("empty.yaml", ""), ":1:1: expected a mapping");
    expect_table_refused(scratch_file("nul.csv", "Layer,M,N,K\nx\0,1,1,1\n"s), ":2:2: a NUL byte");
    expect_table_refused(scratch_file("latin1.csv", "Layer,M,N,K\n\xE4,1,1,1\n"),
                         ":2:1: the byte 0xe4 is not");
    expect_table_refused(scratch_file("empty.csv", ""), ":1:1: an empty file");
}

// Each takes at most 5 s on an idle machine.
void expect_refused_in_time(const std::string& path, const std::string& expected) {
    expect_located_error(run_octet({"check", path}, test::patient), expected);
}

TEST(HostileSizes, EndWithinTheTimeAndMemoryLimits) {
    const std::size_t million = 1'000'000;
    std::string items;
    for (std::size_t i = 0; i < 4 * million; ++i) items += "- 1\n";
    expect_refused_in_time(scratch_file("values.yaml", items), "more than 3000000 values");
    expect_refused_in_time(scratch_file("large.yaml", std::string(40 * million, '#')),
                           "is larger than 32 MiB");
    expect_refused_in_time(scratch_file("brackets.yaml", "a: [" + std::string(30 * million, '[')),
                           "4 MiB of text without");
    expect_refused_in_time(scratch_file("braces.yaml", std::string(30 * million, '{')),
                           "4 MiB of text without");
    expect_refused_in_time(scratch_file("quote.yaml", "a: \"" + std::string(30 * million, 'x')),
                           "4 MiB of text without");
    expect_refused_in_time(scratch_file("key.yaml", std::string(million, 'k') + ": 1\n"), "not valid YAML");
    std::string keys = "kind: accelerator\n";
    for (std::size_t i = 0; i < million / 2; ++i) keys += "k" + std::to_string(i) + ": 1\n";
    expect_refused_in_time(scratch_file("keys.yaml", keys), "more errors");
    expect_refused_in_time(scratch_file("large.csv", std::string(40 * million, '#')),
                           "is larger than 32 MiB");
    expect_refused_in_time(scratch_file("commas.csv", std::string(30 * million, ',')), "more than 64 cells");
    std::string rows = "Layer,M,N,K\n";
    for (std::size_t i = 0; i < 2 * million; ++i) rows += "x,1,1,1\n";
    expect_refused_in_time(scratch_file("rows.csv", rows), "more than 10000 rows");
}

TEST(HostileFiles, ThatAreNoFilesAreRefusedWithoutWaiting) {
    expect_refused(scratch_folder(), ":1:1: is a directory");
    expect_refused(scratch_folder() + "/nowhere.yaml", ":1:1: cannot open the file: No such file");
    expect_refused(scratch_folder() + "/nowhere.csv", ":1:1: cannot open the file: No such file");
    expect_refused("/dev/zero", "/dev/zero:1:1: is not a regular file");
    const std::string pipe = scratch_folder() + "/pipe.yaml", loop = scratch_folder() + "/loop.yaml";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    expect_refused(pipe, ":1:1: is not a regular file");
    fs::create_symlink(loop, loop);
    expect_refused(loop, ":1:1: cannot open the file");
    expect_refused(scratch_folder() + "/" + std::string(5000, 'x'),
                   ":1:1: cannot open the file: File name too long");
    const std::string secret = scratch_file("secret.yaml", "kind: accelerator\n");
    fs::permissions(secret, fs::perms::none);
    if (access(secret.c_str(), R_OK) != 0)
        expect_refused(secret, ":1:1: cannot open the file: Permission denied");
}

TEST(HostileReferences, AreRefusedWhereTheyAreWritten) {
    const std::string pipe = scratch_folder() + "/part.yaml";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    expect_refused(scratch_file("extends-pipe.yaml", "kind: accelerator\nextends: part.yaml\n"),
                   "part.yaml:1:1: is not a regular file");
    expect_refused(scratch_file("extends-nul.yaml", "kind: accelerator\nextends: \"a\\0b\"\n"),
                   ":2:10: extends: expected the path of a file");
    expect_refused(
        scratch_file("extends-long.yaml", "kind: accelerator\nextends: " + std::string(4000, 'x') + "\n"),
        ":2:10: extends: there is no file");
}

}  // namespace
}  // namespace octet

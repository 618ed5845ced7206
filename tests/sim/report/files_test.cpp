#include "sim/report/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "sim/report/terminal.h"
#include "tests/sim/run/sample.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class Files : public testing::Test {
  protected:
    Files() { fs::create_directories(root); }
    ~Files() override { fs::remove_all(root); }

    static std::vector<std::string> names(const fs::path& folder) {
        std::vector<std::string> list;
        for (const auto& entry : fs::directory_iterator(folder)) list.push_back(entry.path().filename());
        return list;
    }
    static std::string content(const fs::path& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    template <class Write>
    static std::string failure(Write write) {
        try {
            write();
        } catch (const OutputError& error) {
            return error.what();
        }
        return "";
    }

    const fs::path root = fs::temp_directory_path() / ("octet-files-" + std::to_string(getpid()));
};

TEST_F(Files, OneFileIsWrittenWholeWhereItsNameLeads) {
    write_file(root / "one", "first");
    fs::create_symlink(root / "one", root / "link");
    write_file(root / "link", "second");
    EXPECT_TRUE(fs::is_symlink(root / "link"));
    EXPECT_EQ(content(root / "one"), "second");
    EXPECT_THAT(names(root), UnorderedElementsAre("one", "link"));
    EXPECT_THAT(failure([&] { write_file(root / "none" / "one", ""); }), HasSubstr("there is no folder"));
    EXPECT_THAT(failure([&] { write_file(root, ""); }), HasSubstr("is a folder, not a file"));
    EXPECT_THAT(failure([&] { write_file(root / "new" / "", ""); }), HasSubstr("there is no folder"));
    EXPECT_THAT(names(root), UnorderedElementsAre("one", "link"));
}

TEST_F(Files, WhatIsNoRegularFileIsWrittenToAndNotReplaced) {
    ASSERT_EQ(mkfifo((root / "pipe").c_str(), 0600), 0);
    const int reader = open((root / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
    write_file(root / "pipe", "through");
    char text[8] = {};
    EXPECT_EQ(read(reader, text, sizeof text), 7);
    close(reader);
    EXPECT_STREQ(text, "through");
    EXPECT_TRUE(fs::is_fifo(root / "pipe"));
}

TEST_F(Files, ResultsAreThreeFilesInANewFolder) {
    const Result result = test::sample_result();
    write_results(root / "out", result, "took 3 s\n");
    EXPECT_THAT(names(root / "out"), UnorderedElementsAre("result.json", "summary.txt", "run.log"));
    EXPECT_EQ(content(root / "out/result.json"), to_text(result));
    EXPECT_EQ(content(root / "out/summary.txt"), summary(result));
    EXPECT_EQ(content(root / "out/run.log"), "took 3 s\n");
}

TEST_F(Files, AnExistingFolderKeepsItsOtherFiles) {
    write_files(root, {{"mine", "1"}, {"a", "old"}});
    write_files(root / "", {{"a", "new"}});
    EXPECT_EQ(content(root / "mine"), "1");
    EXPECT_EQ(content(root / "a"), "new");
    EXPECT_THAT(names(root), UnorderedElementsAre("mine", "a"));
}

TEST_F(Files, AFolderWrittenWithASlashIsMade) {
    write_files(root / "out" / "", {{"a", "1"}});
    EXPECT_EQ(content(root / "out/a"), "1");
}

TEST_F(Files, AMissingParentIsNamed) {
    const std::string message = failure([&] { write_files(root / "no" / "out", {{"a", "1"}}); });
    EXPECT_THAT(message, HasSubstr((root / "no" / "out").string()));
    EXPECT_THAT(message, HasSubstr("there is no folder " + (root / "no").string()));
    EXPECT_THAT(names(root), testing::IsEmpty());
}

TEST_F(Files, AFileInPlaceOfTheFolderIsNamed) {
    write_files(root, {{"out", "1"}});
    EXPECT_THAT(failure([&] {
                    write_files(root / "out", {{"a", "1"}});
                }),
                HasSubstr("is a file, not a folder"));
    EXPECT_EQ(content(root / "out"), "1");
}

TEST_F(Files, AFolderThatTakesNoFilesIsAnErrorWithItsReason) {
    EXPECT_THAT(failure([&] {
                    write_files("/proc/octet-out", {{"a", "1"}});
                }),
                HasSubstr("/proc/octet-out: cannot make"));
    EXPECT_THAT(failure([&] { write_files("/proc", {{"a", "1"}}); }), HasSubstr("cannot write in /proc: "));
    if (geteuid() == 0) return;  // permissions do not bind root
    fs::permissions(root, fs::perms::owner_read | fs::perms::owner_exec);
    EXPECT_THAT(failure([&] { write_files(root, {{"a", "1"}}); }), HasSubstr("Permission denied"));
    fs::permissions(root, fs::perms::owner_all);
}

TEST_F(Files, AFailureLeavesNothingHalfWritten) {
    fs::create_directories(root / "out" / "b" / "full");  // a folder stands where the second file should go
    EXPECT_THAT(failure([&] {
                    write_files(root / "out", {{"b", "1"}, {"c", "2"}});
                }),
                HasSubstr("cannot write"));
    EXPECT_THAT(names(root / "out"), UnorderedElementsAre("b"));
    EXPECT_THAT(failure([&] {
                    write_files(root / "new", {{"a", "1"}, {"sub/b", "2"}});
                }),
                HasSubstr("cannot write in"));
    EXPECT_FALSE(fs::exists(root / "new"));
}

}  // namespace
}  // namespace octet

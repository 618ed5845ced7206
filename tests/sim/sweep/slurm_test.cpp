#include "sim/sweep/slurm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/sweep/subprocess.h"
#include "tests/support/program.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::scratch_file;
using test::scratch_folder;
using testing::ElementsAre;
using testing::HasSubstr;

// A name with everything that a shell could read as something else.
const std::string nasty = "a 'b' \"c\" $HOME `id` \\ * ? ; & | > # ~ %a \n!é";

// Notes its words, each ended by a zero.
SlurmSweep pretended_sweep() {
    const std::string root = scratch_folder() + "/" + nasty;
    fs::remove_all(root);
    fs::create_directories(root + "/out/shards");
    fs::create_directories(root + "/out/slurm");
    fs::create_directories(root + "/cwd");
    const std::string program =
        scratch_file(nasty + "/octet", "#!/bin/sh\npwd >>words\nprintf '%s\\0' \"$@\" >>words\n");
    fs::permissions(program, fs::perms::owner_all);
    return {program,
            root + "/cwd",
            root + "/out",
            root + "/s.yaml",
            {"--set", "workload=" + nasty, "--seed", "3"}};
}

std::vector<std::string> words_of(const std::string& script, const SlurmSweep& sweep) {
    const std::string path = scratch_file("script.sh", script);
    const ProgramEnd end = run_program({"env", "SLURM_ARRAY_TASK_ID=2", "bash", path});
    EXPECT_EQ(end.code, 0) << end.err;
    std::vector<std::string> words;
    std::istringstream text(read_file(sweep.working / "words"));
    for (std::string word; std::getline(text, word, '\0');) words.push_back(word);
    return words;
}

TEST(SlurmScripts, GiveEachTextAsOneWordWhateverItsCharacters) {
    const SlurmSweep sweep = pretended_sweep();
    const std::string at = sweep.working.string() + "\n", out = sweep.folder.string();
    EXPECT_THAT(words_of(shards_script(sweep, {8, 0, "", "", {}}), sweep),
                ElementsAre(at + "sweep", "run", sweep.file, "--set", "workload=" + nasty, "--seed", "3",
                            "--out", out + "/shards/2", "--shard", "2/8", "--known", out, "-j", "1"));
    fs::remove(sweep.working / "words");
    for (const char* shard : {"/shards/1", "/shards/10"}) {
        fs::create_directories(out + shard);
        std::ofstream(out + shard + "/store.sqlite").put('\n');
    }
    EXPECT_THAT(
        words_of(merge_script(sweep), sweep),
        ElementsAre(at + "sweep", "merge", out + "/shards/1/store.sqlite", out + "/shards/10/store.sqlite",
                    "--out", out + "", at + "sweep", "run", sweep.file, "--set", "workload=" + nasty,
                    "--seed", "3", "--out", out, "--no-simulate"));
}

TEST(SlurmScripts, MergeNothingWhereNoShardHasBegunAndShowWhatIsKnown) {
    const SlurmSweep sweep = pretended_sweep();
    EXPECT_EQ(words_of(merge_script(sweep), sweep).at(1), "run");
}

TEST(SlurmScripts, SimulateAsManyAtATimeAsTheTaskHasProcessorsUnlessToldOtherwise) {
    const SlurmSweep sweep = pretended_sweep();
    EXPECT_THAT(shards_script(sweep, {8, 0, "", "", {}}), HasSubstr("-j \"${SLURM_CPUS_PER_TASK:-1}\"\n"));
    EXPECT_THAT(shards_script(sweep, {8, 3, "", "", {}}), HasSubstr("-j 3\n"));
}

TEST(SlurmScripts, NameRangesOfNumbersShortly) {
    EXPECT_EQ(number_ranges({1, 2, 3, 7}), "1-3,7");
    EXPECT_EQ(number_ranges({4}), "4");
    EXPECT_EQ(number_ranges({1, 3, 4}), "1,3-4");
}

TEST(ShardStores, AreThoseInFoldersWithNumbersInTheirOrder) {
    const fs::path folder = scratch_folder() + "/sweep";
    for (const char* name : {"2", "10", "1", "x", "3.old", "4"})
        fs::create_directories(folder / "shards" / name);
    for (const char* name : {"2", "10", "1", "x", "3.old"})
        std::ofstream(folder / "shards" / name / "store.sqlite").put('\n');
    const auto at = [&](const char* name) { return folder / "shards" / name / "store.sqlite"; };
    EXPECT_THAT(shard_stores(folder), ElementsAre(at("1"), at("2"), at("10")));
    EXPECT_TRUE(shard_stores(scratch_folder() + "/none").empty());
}

TEST(RunProgram, GivesWhatItPrintsAndHowItEnds) {
    const ProgramEnd end = run_program({"sh", "-c", "seq 20000; seq 30000 >&2; exit 3"});
    EXPECT_EQ(end.code, 3);
    EXPECT_EQ(end.out.size(), 108894U);  // 9 of 2, 90 of 3, 900 of 4, 9000 of 5 and 10001 of 6 characters
    EXPECT_EQ(end.err.size(), 168894U);
    EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}).code, 137);
    EXPECT_EQ(run_program({"cat"}).out, "") << "nothing to read";
    try {
        run_program({"no-such-program"});
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
        EXPECT_THAT(error.what(), HasSubstr("no-such-program"));
    }
}

}  // namespace
}  // namespace octet

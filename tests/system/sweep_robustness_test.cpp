// What can go wrong around a sweep: a clear error each time, and no point that was stored is lost.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "sim/sweep/store.h"
#include "sim/sweep/subprocess.h"
#include "tests/support/program.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

// On workloads/tiny.yaml with a sequence of 8.
std::string sweep_file(const std::string& axes, const std::string& name = "sweep.yaml") {
    return scratch_file(name,
                        fmt::format("kind: sweep\n"
                                    "base: {0}/configs/experiments/bert-base-edge16-posit8.yaml\n"
                                    "axes: {{workload: [{0}/workloads/tiny.yaml], sequence: [8], {1}}}\n"
                                    "strategy: {{kind: grid}}\n",
                                    OCTET_SOURCE_DIR, axes));
}

const std::string two = "array.rows: [8, 16]",
                  hundred = "array.rows: {range: [4, 13, 1]}, array.cols: {range: [4, 13, 1]}";

json status_of(const std::string& folder) {
    return document({"sweep", "status", folder});
}

// `octet WORDS`, started by the words before.
ProgramEnd octet_under(Words before, const Words& words) {
    before.emplace_back(OCTET_BINARY);
    before.insert(before.end(), words.begin(), words.end());
    return run_program(before);
}

void sql(const std::string& store, const char* text) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(store.c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

TEST(SweepThatCannotWrite, EndsWithTheReasonAndGoesOnLater) {
    const std::string file = sweep_file(hundred), folder = scratch_folder() + "/full";
    // Files may grow to 100 KiB: as if the disk were full.
    const ProgramEnd full =
        octet_under({"bash", "-c", "ulimit -f 100; exec \"$0\" \"$@\""}, {"sweep", file, "--out", folder});
    EXPECT_EQ(full.code, 1) << full.err;
    EXPECT_EQ(full.out, "");
    EXPECT_THAT(full.err, HasSubstr("cannot write the store " + folder +
                                    "/store.sqlite: disk I/O error (File too large)"));
    const std::uint64_t kept = status_of(folder).at("done");
    EXPECT_GE(kept, 5U);
    EXPECT_LT(kept, 100U);
    const Outcome later = octet({"sweep", file, "--out", folder});
    EXPECT_EQ(later.status, 0) << later.err;
    EXPECT_THAT(later.out,
                HasSubstr(fmt::format("{} simulations, {} points known before", 100 - kept, kept)));
}

// The superuser may write everywhere, unless that right is taken away.
Words without_privileges() {
    if (geteuid() != 0) return {"env"};
    return {"setpriv", "--bounding-set=-dac_override,-dac_read_search"};
}

TEST(SweepThatCannotWrite, SaysSoOfAFolderThatIsProtected) {
    const std::string folder = scratch_folder() + "/protected", file = sweep_file(two);
    ASSERT_EQ(octet({"sweep", file, "--out", folder}).status, 0);
    const std::string before = read_file(folder + "/store.sqlite");
    const std::string wider = sweep_file("array.rows: [8, 16, 32]", "wider.yaml");
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
    for (const auto& entry : fs::directory_iterator(folder)) fs::permissions(entry, fs::perms::owner_read);
    const ProgramEnd end = octet_under(without_privileges(), {"sweep", wider, "--out", folder});
    EXPECT_EQ(end.code, 1);
    EXPECT_EQ(end.out, "");
    EXPECT_THAT(end.err, HasSubstr("cannot write the store " + folder + "/store.sqlite: Permission denied"));
    const ProgramEnd inside = octet_under(without_privileges(), {"sweep", wider, "--out", folder + "/new"});
    EXPECT_EQ(inside.code, 1);
    EXPECT_THAT(inside.err, HasSubstr(folder + "/new: cannot make this folder: Permission denied"));
    // It can still be looked at.
    const ProgramEnd shown = octet_under(without_privileges(), {"sweep", "status", folder});
    EXPECT_EQ(shown.code, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("2 points: 2 done"));
    fs::permissions(folder, fs::perms::owner_all);
    EXPECT_EQ(read_file(folder + "/store.sqlite"), before);
}

TEST(SweepThatCannotWrite, SaysSoOfAFileInPlaceOfTheFolder) {
    const std::string path = scratch_file("taken", "notes");
    const Outcome outcome = octet({"sweep", sweep_file(two), "--out", path});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("taken is a file, not a folder"));
    EXPECT_EQ(read_file(path), "notes");
}

// A folder with two points, whose store is then treated so.
class DamagedStore : public testing::Test {
  protected:
    void SetUp() override {
        for (const std::string& used : {folder_, scratch_folder() + "/other"}) fs::remove_all(used);
        ASSERT_EQ(octet({"sweep", file_, "--out", folder_}).status, 0);
    }
    // Whatever is asked of the store: an error with this text, and not a byte of it changed.
    void expect_refusal(const std::string& reason) {
        const std::string before = read_file(store_);
        const std::string other = scratch_folder() + "/other";
        for (const Words& words :
             {Words{"sweep", file_, "--out", folder_}, Words{"sweep", "status", folder_},
              Words{"sweep", "export", store_}, Words{"sweep", "merge", folder_, "--out", other},
              Words{"sweep", "merge", other, "--out", folder_},
              Words{"sweep", file_, "--out", other, "--known", folder_}}) {
            const Outcome outcome = octet(words);
            EXPECT_EQ(outcome.status, 1) << fmt::format("{}", fmt::join(words, " "));
            EXPECT_EQ(outcome.out, "");
            EXPECT_THAT(outcome.err, HasSubstr(reason)) << fmt::format("{}", fmt::join(words, " "));
            if (words[1] == "export") {
                ASSERT_EQ(octet({"sweep", file_, "--out", other}).status, 0);
            }
        }
        EXPECT_EQ(read_file(store_), before);
    }
    const std::string file_ = sweep_file(two), folder_ = scratch_folder() + "/damaged",
                      store_ = folder_ + "/store.sqlite";
};

TEST_F(DamagedStore, IsRefusedIfItsHeadIsOverwritten) {
    std::fstream(store_, std::ios::in | std::ios::out | std::ios::binary) << std::string(100, '\xff');
    expect_refusal("store.sqlite: file is not a database");
}

TEST_F(DamagedStore, IsRefusedIfItsPagesAreOverwritten) {
    std::fstream stream(store_, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(4096);
    stream << std::string(fs::file_size(store_) - 4096, '\xff');
    stream.close();
    expect_refusal("store.sqlite: database disk image is malformed");
}

TEST_F(DamagedStore, IsRefusedIfItIsOfAnotherSchema) {
    sql(store_, "UPDATE meta SET value = '2' WHERE key = 'schema'; PRAGMA journal_mode=DELETE");
    expect_refusal("store.sqlite: a store of schema 2; this version reads schema 1");
}

TEST_F(DamagedStore, NamesThePointThatCannotBeRead) {
    sql(store_, "UPDATE points SET metrics = '{' WHERE id = 2");
    const Outcome outcome = octet({"sweep", file_, "--out", folder_});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("store.sqlite: point 2 is damaged"));
    sql(store_, "UPDATE points SET status = 'odd' WHERE id = 1");
    EXPECT_THAT(octet({"sweep", "export", folder_}).err,
                HasSubstr("store.sqlite: point 1 is damaged: a status 'odd'"));
}

TEST_F(DamagedStore, DoesNotKeepOthersFromBeingMerged) {
    std::fstream(store_, std::ios::in | std::ios::out | std::ios::binary) << std::string(100, '\xff');
    const std::string sound = scratch_folder() + "/sound", all = scratch_folder() + "/all";
    ASSERT_EQ(octet({"sweep", file_, "--out", sound}).status, 0);
    const Outcome merged = octet({"sweep", "merge", folder_, sound, "--out", all});
    EXPECT_EQ(merged.status, 1);
    EXPECT_THAT(merged.err, HasSubstr("damaged/store.sqlite: file is not a database"));
    EXPECT_THAT(merged.out, HasSubstr("2 points added, 0 were there"));
    EXPECT_EQ(status_of(all).at("done"), 2);
}

TEST(TwoSweeps, CannotWriteToOneStoreAndTheFirstGoesOn) {
    const std::string file = sweep_file("array.rows: {range: [4, 23, 1]}, array.cols: {range: [4, 23, 1]}");
    const std::string folder = scratch_folder() + "/shared";
    const pid_t first = fork();
    if (first == 0) {
        if (freopen("/dev/null", "w", stdout) == nullptr || freopen("/dev/null", "w", stderr) == nullptr)
            _exit(126);
        execl(OCTET_BINARY, OCTET_BINARY, "sweep", file.c_str(), "--out", folder.c_str(),
              static_cast<char*>(nullptr));
        _exit(127);
    }
    const auto begun = [&] {
        return fs::exists(folder + "/store.sqlite") &&
               SweepStore(folder + "/store.sqlite", SweepStore::Access::read).count() > 0;
    };
    for (int tries = 0; tries < 3000 && !begun(); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const Outcome second = octet({"sweep", file, "--out", folder});
    const Outcome merged = octet({"sweep", "merge", folder, "--out", folder});
    int status = -1;
    waitpid(first, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.err, HasSubstr("another sweep is writing to the store " + folder + "/store.sqlite"));
    EXPECT_EQ(merged.status, 1);
    EXPECT_EQ(status_of(folder).at("done"), 400);
}

TEST(ChangedSweepFile, ThatIsWrongLeavesTheStoreAsItIs) {
    const std::string folder = scratch_folder() + "/typo";
    ASSERT_EQ(octet({"sweep", sweep_file(two), "--out", folder}).status, 0);
    const std::string before = read_file(folder + "/store.sqlite");
    const Outcome outcome =
        octet({"sweep", sweep_file("array.rows: [8, 16], sram.capacity_kb: [64, 128]"), "--out", folder});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("unknown key, did you mean 'capacity_kib'?"));
    EXPECT_EQ(read_file(folder + "/store.sqlite"), before);
}

TEST(ChangedSweepFile, UsesThePointsThatStillApply) {
    const std::string folder = scratch_folder() + "/changed";
    const auto known = [&](const std::string& axes) {
        const Outcome outcome = octet({"sweep", sweep_file(axes), "--out", folder});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const auto at = outcome.out.find("invalid; ");
        return outcome.out.substr(at + 9, outcome.out.find('\n') - at - 9);
    };
    EXPECT_EQ(known("array.rows: [8, 16], pe.preset: [int8, bf16]"), "4 simulations, 0 points known before");
    EXPECT_EQ(known("pe.preset: [bf16, int8], array.rows: [16, 32, 8]"),
              "2 simulations, 4 points known before")
        << "other orders, one more value";
    EXPECT_EQ(known("array.rows: [8, 16], fusion: [residual, none], pe.preset: [int8]"),
              "2 simulations, 2 points known before")
        << "a new axis: the base's own value is known";
    EXPECT_EQ(known("array.rows: [8], pe.preset: [int8], sram.latency: [3]"),
              "1 simulations, 0 points known before")
        << "another machine";
    EXPECT_EQ(status_of(folder).at("points"), 9) << "what no sweep asks for any more stays";
}

}  // namespace
}  // namespace octet::test

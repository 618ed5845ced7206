#include "sim/sweep/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/program.h"

namespace octet {
namespace {

using test::scratch_file;
using test::scratch_folder;
using testing::HasSubstr;

StoredPoint sample(const std::string& key, double latency = 2) {
    return {0,
            key,
            PointStatus::done,
            "",
            {{"array.rows", 8}, {"name", "it's \"x\""}},
            {{"latency_ms", latency}},
            0.5};
}

std::string error_of(const std::string& path, SweepStore::Access access) {
    try {
        const SweepStore store(path, access);
    } catch (const StoreError& error) {
        return error.what();
    }
    return "no error";
}

TEST(SweepStore, KeepsPointsBetweenProcesses) {
    const std::string path = scratch_folder() + "/kept.sqlite";
    {
        SweepStore store(path, SweepStore::Access::write);
        EXPECT_EQ(store.put(sample("a")), 1);
        EXPECT_EQ(store.put(sample("b", 3)), 2);
        EXPECT_EQ(store.put(sample("a", 4)), 1) << "in its place";
    }
    const SweepStore store(path, SweepStore::Access::read);
    EXPECT_EQ(store.count(), 2U);
    const auto point = store.find("a");
    ASSERT_TRUE(point);
    EXPECT_EQ(point->id, 1);
    EXPECT_EQ(point->metrics.at("latency_ms"), 4);
    EXPECT_EQ(point->config, sample("a").config);
    EXPECT_FALSE(store.find("c"));
    std::vector<std::string> keys;
    store.each([&](const StoredPoint& p) { keys.push_back(p.key); });
    EXPECT_THAT(keys, testing::ElementsAre("a", "b"));
}

TEST(SweepStore, ShowsMetricsAsColumnsToAnySqlTool) {
    const std::string path = scratch_folder() + "/sql.sqlite";
    { SweepStore(path, SweepStore::Access::write).put(sample("a", 2.5)); }
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(db, "SELECT latency_ms FROM results WHERE status = 'done'", -1, &statement,
                                 nullptr),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_double(statement, 0), 2.5);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

TEST(SweepStore, LosesNothingThatWasCommittedWhenItsProcessIsKilled) {
    const std::string path = scratch_folder() + "/killed.sqlite";
    { const SweepStore store(path, SweepStore::Access::write); }
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        SweepStore store(path, SweepStore::Access::write);
        for (int i = 0;; ++i) {
            store.put(sample(std::to_string(i)));
            if (write(ends[1], "x", 1) != 1) _exit(1);
        }
    }
    char told[25];
    for (ssize_t got = 0; got < 25;) got += read(ends[0], told, sizeof told - static_cast<std::size_t>(got));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    SweepStore store(path, SweepStore::Access::write);
    EXPECT_GE(store.count(), 25U);
    for (int i = 0; i < 25; ++i) EXPECT_TRUE(store.find(std::to_string(i)));
}

// A commit of a store for any file system is half on the disk when its process dies.
TEST(SweepStore, UndoesWhatAKilledProcessBeganEvenIfItIsOnlyRead) {
    const std::string path = scratch_folder() + "/begun.sqlite";
    { SweepStore(path, SweepStore::Access::write, SweepStore::Place::any).put(sample("a")); }
    const pid_t child = fork();
    if (child == 0) {
        sqlite3* db = nullptr;
        sqlite3_open(path.c_str(), &db);
        sqlite3_exec(db,
                     "PRAGMA journal_mode=TRUNCATE; PRAGMA cache_size=1; BEGIN;"
                     "UPDATE points SET key = 'lost', message = hex(zeroblob(200000));",
                     nullptr, nullptr, nullptr);
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    ASSERT_GT(std::filesystem::file_size(path + "-journal"), 0U);
    const SweepStore store(path, SweepStore::Access::read);
    EXPECT_EQ(store.count(), 1U);
    EXPECT_TRUE(store.find("a"));
}

TEST(SweepStore, IsWithoutPointsWhenItsProcessWasKilledBeforeItsFirstCommit) {
    const SweepStore store(scratch_file("empty.sqlite", ""), SweepStore::Access::read);
    EXPECT_EQ(store.count(), 0U);
    EXPECT_FALSE(store.find("a"));
}

std::string journal_of(const std::string& path) {
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, nullptr);
    sqlite3_step(statement);
    const std::string mode = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return mode;
}

// A log (WAL) needs memory that all who use it share: not on a cluster.
TEST(SweepStore, HasNoLogOnceItIsForAnyFileSystem) {
    using enum SweepStore::Place;
    const std::string path = scratch_folder() + "/moved.sqlite";
    { SweepStore(path, SweepStore::Access::write, one_host).put(sample("a")); }
    EXPECT_EQ(journal_of(path), "wal");
    for (const auto place : {any, one_host}) {
        SweepStore store(path, SweepStore::Access::write, place);
        store.put(sample("b"));
        EXPECT_TRUE(store.find("a"));
        EXPECT_NE(journal_of(path), "wal");
        EXPECT_EQ(std::filesystem::file_size(path + "-journal"), 0U) << "emptied, not removed";
    }
}

TEST(SweepStore, AllowsOneWriterAtATime) {
    const std::string path = scratch_folder() + "/locked.sqlite";
    const SweepStore store(path, SweepStore::Access::write);
    const pid_t child = fork();
    if (child == 0)
        _exit(error_of(path, SweepStore::Access::write).find("another sweep is writing") == std::string::npos
                  ? 1
                  : 0);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(SweepStore, RefusesWhatIsNoStoreAndSaysWhy) {
    EXPECT_THAT(error_of(scratch_file("text.sqlite", std::string(5000, 'x')), SweepStore::Access::read),
                HasSubstr("file is not a database"));
    EXPECT_THAT(error_of(scratch_folder() + "/absent.sqlite", SweepStore::Access::read),
                HasSubstr("unable to open"));
    EXPECT_THAT(error_of(scratch_folder() + "/no/such/folder.sqlite", SweepStore::Access::write),
                HasSubstr("No such file"));
    const std::string path = scratch_folder() + "/other.sqlite";
    { SweepStore(path, SweepStore::Access::write).set_meta("schema", "7"); }
    EXPECT_THAT(error_of(path, SweepStore::Access::read),
                HasSubstr("a store of schema 7; this version reads schema 1"));
    const std::string foreign = scratch_folder() + "/foreign.sqlite";
    sqlite3* db = nullptr;
    sqlite3_open(foreign.c_str(), &db);
    sqlite3_exec(db, "CREATE TABLE meta (x)", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    for (const auto access : {SweepStore::Access::read, SweepStore::Access::write})
        EXPECT_THAT(error_of(foreign, access),
                    HasSubstr("foreign.sqlite is a database, but no store of a sweep"));
}

}  // namespace
}  // namespace octet

#include "sim/sweep/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sim/sweep/metrics.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto status_names = std::to_array<std::string_view>({"done", "failed", "invalid"});

PointStatus status_of(std::string_view text) {
    for (std::size_t i = 0; i < status_names.size(); ++i)
        if (status_names[i] == text) return static_cast<PointStatus>(i);
    throw StoreError(fmt::format("a point of unknown status '{}'", text));
}

constexpr const char* schema_version = "1";

// A view with a column a metric, for people with an SQL tool.
std::string view_sql() {
    std::string sql = "CREATE VIEW results AS SELECT id, status, message";
    for (const std::string_view metric : sweep_metric_names())
        sql += fmt::format(", json_extract(metrics, '$.{0}') AS {0}", metric);
    return sql + ", config FROM points;";
}

}  // namespace

std::string_view name(PointStatus status) {
    return status_names[static_cast<std::size_t>(status)];
}

// A prepared statement and what is bound to it.
class SweepStore::Statement {
  public:
    Statement(const SweepStore& store, const char* sql) : store_(store) {
        store_.check(sqlite3_prepare_v2(store_.db_, sql, -1, &statement_, nullptr), "read");
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void bind(int place, const std::string& text) {
        store_.check(sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()),
                                       SQLITE_TRANSIENT),
                     "write");
    }
    void bind(int place, double number) {
        store_.check(sqlite3_bind_double(statement_, place, number), "write");
    }
    // True if there is a row.
    bool step(const char* doing) {
        const int code = sqlite3_step(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) store_.check(code, doing);
        return code == SQLITE_ROW;
    }
    std::string text(int column) const {
        const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        const int size = sqlite3_column_bytes(statement_, column);
        return bytes == nullptr ? std::string{} : std::string(bytes, static_cast<std::size_t>(size));
    }
    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    double number(int column) const { return sqlite3_column_double(statement_, column); }

    StoredPoint point() const {
        try {
            return {integer(0),           text(1),  status_of(text(2)), text(3), Json::parse(text(4)),
                    Json::parse(text(5)), number(6)};
        } catch (const Json::exception& error) {
            throw StoreError(
                fmt::format("{}: point {} is damaged: {}", store_.path_, integer(0), error.what()));
        }
    }

  private:
    const SweepStore& store_;
    sqlite3_stmt* statement_ = nullptr;
};

SweepStore::SweepStore(const std::string& path, Access access) : path_(path) {
    const bool writes = access == Access::write;
    if (!path_.empty() && writes) lock();
    const int flags = writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int code = sqlite3_open_v2(path_.empty() ? ":memory:" : path_.c_str(), &db_, flags, nullptr);
    try {
        check(code, "open");
        sqlite3_busy_timeout(db_, 10'000);
        if (writes) make_schema();
        const std::string version = meta("schema");
        if (version != schema_version)
            throw StoreError(fmt::format("{}: a store of schema {}; this version reads schema {}", path_,
                                         version.empty() ? "unknown" : version, schema_version));
    } catch (...) {
        sqlite3_close(db_);
        if (lock_ >= 0) close(lock_);
        throw;
    }
}

SweepStore::~SweepStore() {
    sqlite3_close(db_);
    if (lock_ >= 0) close(lock_);
}

void SweepStore::check(int code, const char* doing) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    const char* reason = db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_);
    throw StoreError(
        fmt::format("cannot {} the store {}: {}", doing, path_.empty() ? "in memory" : path_, reason));
}

void SweepStore::execute(const char* sql) const {
    check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), "write");
}

void SweepStore::lock() {
    const std::string file = path_ + ".lock";
    lock_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0)
        throw StoreError(fmt::format("cannot write the store {}: {}", path_, std::strerror(errno)));
    if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
    close(lock_);
    lock_ = -1;
    throw StoreError(fmt::format("another sweep is writing to the store {}", path_));
}

void SweepStore::make_schema() {
    // A commit is in the log when put() returns, so a killed process loses none; the log reaches the disk now
    // and then, so a power failure may cost the latest ones. Where there is no shared memory (cluster file
    // systems) SQLite stays with its rollback journal.
    execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    Statement there(*this, "SELECT count(*) FROM sqlite_master");
    there.step("read");
    if (there.integer(0) > 0) return;
    execute(
        "BEGIN;"
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
        "CREATE TABLE points (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, status TEXT NOT NULL,"
        " message TEXT NOT NULL, config TEXT NOT NULL, metrics TEXT NOT NULL, seconds REAL NOT NULL,"
        " octet TEXT NOT NULL);");
    execute(view_sql().c_str());
    set_meta("schema", schema_version);
    execute("COMMIT;");
}

namespace {
constexpr const char* point_columns = "SELECT id, key, status, message, config, metrics, seconds FROM points";
}

std::optional<StoredPoint> SweepStore::find(const std::string& key) const {
    Statement statement(*this, (std::string(point_columns) + " WHERE key = ?1").c_str());
    statement.bind(1, key);
    if (!statement.step("read")) return std::nullopt;
    return statement.point();
}

std::int64_t SweepStore::put(const StoredPoint& point) {
    Statement statement(
        *this,
        "INSERT INTO points (key, status, message, config, metrics, seconds, octet)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        " ON CONFLICT (key) DO UPDATE SET status = excluded.status, message = excluded.message,"
        " config = excluded.config, metrics = excluded.metrics, seconds = excluded.seconds,"
        " octet = excluded.octet RETURNING id");
    const auto dumped = [](const Json& json) {
        return json.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    statement.bind(1, point.key);
    statement.bind(2, std::string(name(point.status)));
    statement.bind(3, point.message);
    statement.bind(4, dumped(point.config));
    statement.bind(5, dumped(point.metrics));
    statement.bind(6, point.seconds);
    statement.bind(7, OCTET_VERSION);
    statement.step("write");
    const std::int64_t id = statement.integer(0);
    statement.step("write");
    return id;
}

void SweepStore::each(const std::function<void(const StoredPoint&)>& visit) const {
    Statement statement(*this, (std::string(point_columns) + " ORDER BY id").c_str());
    while (statement.step("read")) visit(statement.point());
}

std::uint64_t SweepStore::count() const {
    Statement statement(*this, "SELECT count(*) FROM points");
    statement.step("read");
    return static_cast<std::uint64_t>(statement.integer(0));
}

void SweepStore::set_meta(const std::string& key, const std::string& value) {
    Statement statement(*this, "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)");
    statement.bind(1, key);
    statement.bind(2, value);
    statement.step("write");
}

std::string SweepStore::meta(const std::string& key) const {
    Statement statement(*this, "SELECT value FROM meta WHERE key = ?1");
    statement.bind(1, key);
    return statement.step("read") ? statement.text(0) : std::string{};
}

}  // namespace octet

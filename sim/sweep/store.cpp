#include "sim/sweep/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sim/sweep/metrics.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto status_names = std::to_array<std::string_view>({"done", "failed", "invalid"});

PointStatus status_of(std::string_view text) {
    for (std::size_t i = 0; i < status_names.size(); ++i)
        if (status_names[i] == text) return static_cast<PointStatus>(i);
    throw StoreError(fmt::format("a status '{}'", text));
}

constexpr const char* schema_version = "1";

// A view with a column a metric, for people with an SQL tool.
std::string view_sql() {
    std::string sql = "CREATE VIEW results AS SELECT id, status, message";
    for (const std::string_view metric : sweep_metric_names())
        sql += fmt::format(", json_extract(metrics, '$.{0}') AS {0}", metric);
    return sql + ", config FROM points;";
}

// A store with a log of which nothing is left, in a folder where no file can be made: SQLite then wants to be
// told that nobody writes to it.
bool is_archived(const std::string& path) {
    std::error_code error;
    const auto there = [&](const char* end) { return std::filesystem::exists(path + end, error); };
    const auto folder = std::filesystem::absolute(path).parent_path();
    return access(folder.c_str(), W_OK) != 0 && !there("-wal") && !there("-journal");
}

std::string archive_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(path).string())
        uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02x}", static_cast<unsigned>(c))
                                                : std::string(1, c);
    return uri + "?immutable=1";
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
        errno = 0;  // so that an input or output error can be told by its name
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
        } catch (const std::exception& error) {
            throw StoreError(
                fmt::format("{}: point {} is damaged: {}", store_.path_, integer(0), error.what()));
        }
    }

  private:
    const SweepStore& store_;
    sqlite3_stmt* statement_ = nullptr;
};

SweepStore::SweepStore(const std::string& path, Access access, Place place) : path_(path) {
    const bool writes = access == Access::write;
    if (!path_.empty() && writes) lock();
    try {
        open_file(writes, place);
    } catch (...) {
        sqlite3_close(db_);
        if (lock_ >= 0) close(lock_);
        throw;
    }
}

void SweepStore::open_file(bool writes, Place place) {
    // Readers may have to write too: they undo what a killed process began. SQLite opens what is protected
    // for reading alone.
    const int flags = SQLITE_OPEN_READWRITE | (writes ? SQLITE_OPEN_CREATE : 0);
    if (!writes && is_archived(path_))
        check(sqlite3_open_v2(archive_uri(path_).c_str(), &db_, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                              nullptr),
              "open");
    else
        check(sqlite3_open_v2(path_.empty() ? ":memory:" : path_.c_str(), &db_, flags, nullptr), "open");
    sqlite3_busy_timeout(db_, 10'000);
    const bool fresh = is_empty();
    if (!fresh) check_schema();
    if (fresh && !writes) {  // its process was killed before its first commit: a store without points
        sqlite3_close(db_);
        db_ = nullptr;
        check(sqlite3_open_v2(":memory:", &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr), "open");
    }
    if (writes) set_journal(fresh, place);
    if (fresh) make_schema();
    if (!writes) execute("PRAGMA query_only=1;");
}

SweepStore::~SweepStore() {
    sqlite3_close(db_);
    if (lock_ >= 0) close(lock_);
}

void SweepStore::check(int code, const char* doing) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    std::string reason = db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_);
    if ((code & 0xff) == SQLITE_IOERR && errno != 0) reason += fmt::format(" ({})", std::strerror(errno));
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

// A commit is in the log when put() returns, so a killed process loses none; the log reaches the disk now and
// then, so a power failure may cost the latest ones. With a rollback journal each commit is on the disk.
void SweepStore::set_journal(bool fresh, Place place) {
    bool log = place == Place::one_host;
    if (log && !fresh) {
        Statement mode(*this, "PRAGMA journal_mode");
        mode.step("read");
        log = mode.text(0) == "wal";
    }
    execute(log ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                : "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL;");
}

bool SweepStore::is_empty() const {
    Statement there(*this, "SELECT count(*) FROM sqlite_master");
    there.step("read");
    return there.integer(0) == 0;
}

void SweepStore::check_schema() const {
    Statement tables(*this, "SELECT count(*) FROM sqlite_master WHERE name IN ('meta', 'points')");
    tables.step("read");
    if (tables.integer(0) != 2)
        throw StoreError(fmt::format("{} is a database, but no store of a sweep", path_));
    const std::string version = meta("schema");
    if (version != schema_version)
        throw StoreError(fmt::format("{}: a store of schema {}; this version reads schema {}", path_,
                                     version.empty() ? "unknown" : version, schema_version));
}

void SweepStore::make_schema() {
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

// The points of a sweep in an SQLite file (docs/sweep.md has its schema).
//
// A point is committed when it has ended, so that a process that is killed loses at most the points in
// flight. One process at a time writes to a store; others may read meanwhile.
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace octet {

// The file cannot be read or written, is no store, or is in use. what() names it and the reason.
class StoreError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

enum class PointStatus : std::uint8_t {
    done,    // simulated
    failed,  // its simulation threw, crashed, took too long or too much memory: `message` says which
    invalid  // its configuration is refused
};
std::string_view name(PointStatus status);

struct StoredPoint {
    std::int64_t id = 0;
    std::string key;  // what was simulated with which prices: a hash of the whole experiment
    PointStatus status = PointStatus::done;
    std::string message;
    nlohmann::ordered_json config;   // {dotted key: value}
    nlohmann::ordered_json metrics;  // {name: value or null}
    double seconds = 0;              // wall time of its simulation
};

class SweepStore {
  public:
    enum class Access : std::uint8_t { read, write };
    // One host's file system: a log beside the store (WAL), which needs memory that all its users share. Any
    // file system, such as a cluster's: a rollback journal, emptied at each commit.
    enum class Place : std::uint8_t { one_host, any };
    // Opened or, to write, made. An empty path is a store in memory. A store that was made for any place
    // stays so; one made for one host becomes one for any when that is asked for. Throws StoreError.
    SweepStore(const std::string& path, Access access, Place place = Place::one_host);
    ~SweepStore();
    SweepStore(const SweepStore&) = delete;
    SweepStore& operator=(const SweepStore&) = delete;

    const std::string& path() const { return path_; }
    std::optional<StoredPoint> find(const std::string& key) const;
    // Commits a new point, or one in place of a point of the same key; returns its id.
    std::int64_t put(const StoredPoint& point);
    // In the order of ids.
    void each(const std::function<void(const StoredPoint&)>& visit) const;
    std::uint64_t count() const;

    void set_meta(const std::string& key, const std::string& value);
    std::string meta(const std::string& key) const;  // empty if it is not there

  private:
    class Statement;
    void execute(const char* sql) const;
    void check(int code, const char* doing) const;
    void lock();
    void open_file(bool writes, Place place);
    void set_journal(bool fresh, Place place);
    bool is_empty() const;
    void check_schema() const;
    void make_schema();

    std::string path_;
    int lock_ = -1;
    sqlite3* db_ = nullptr;
};

}  // namespace octet

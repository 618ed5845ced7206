// octet sweep run SWEEP, octet sweep status/export/merge STORE
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/config/paths.h"
#include "sim/report/files.h"
#include "sim/report/progress.h"
#include "sim/report/sweep_text.h"
#include "sim/report/terminal.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
constexpr auto sweep_kind = std::to_array<std::string_view>({"sweep"});
constexpr const char* store_name = "store.sqlite";

std::atomic<bool> stop_asked{false};

// The first Ctrl-C lets the points in flight end, the second one ends the program.
class InterruptGuard {
  public:
    InterruptGuard() {
        struct sigaction action {};
        action.sa_handler = [](int) { stop_asked = true; };
        action.sa_flags = SA_RESETHAND;  // and no SA_RESTART: waiting is interrupted
        sigaction(SIGINT, &action, &before_[0]);
        sigaction(SIGTERM, &action, &before_[1]);
    }
    ~InterruptGuard() {
        sigaction(SIGINT, &before_[0], nullptr);
        sigaction(SIGTERM, &before_[1], nullptr);
    }
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

  private:
    struct sigaction before_[2]{};
};

// The folder and its store; empty without a folder.
std::string store_in(const std::string& folder) {
    if (folder.empty()) return {};
    write_files(folder, {});
    return (fs::path(folder) / store_name).string();
}

// A folder that a sweep wrote, or the file itself.
std::string store_path(const std::string& written) {
    std::error_code error;
    return fs::is_directory(written, error) ? (fs::path(written) / store_name).string() : written;
}

std::vector<StoredPoint> points_of(const SweepStore& store) {
    std::vector<StoredPoint> points;
    store.each([&](const StoredPoint& point) { points.push_back(point); });
    return points;
}

}  // namespace

int sweep_run_verb(const SweepRunOptions& options, std::string& out) {
    const auto begin = std::chrono::steady_clock::now();
    Diagnostics diagnostics;
    const SweepConfig config =
        read_sweep(load_layers(resolve_argument(options.file), sweep_kind), diagnostics);
    diagnostics.throw_if_any();
    const DesignSpace space(config, diagnostics);
    diagnostics.throw_if_any();
    PointLoader loader(config.base, options.settings, options.seed);

    SweepOptions how;
    how.jobs = options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
    how.limits = {options.point_timeout, options.point_memory_mib << 20U};
    how.shard = options.shard;
    how.shards = options.shards;
    how.retry_failed = options.retry_failed;
    how.stop = &stop_asked;
    SweepStore store(store_in(options.out), SweepStore::Access::write);
    Sweep sweep(config, space, loader, store, how);

    SweepResult result;
    {
        const InterruptGuard guard;
        SweepProgress progress;
        result = sweep.run([&](std::uint64_t done, std::uint64_t total, const StoredPoint& point) {
            progress.advance(done, total, point.status != PointStatus::done);
        });
    }
    std::vector<StoredPoint> failed;
    for (const StoredPoint& point : points_of(store)) {
        const auto here = [&](const SweepPoint& p) { return p.id == point.id; };
        if (point.status != PointStatus::done && std::ranges::any_of(result.points, here))
            failed.push_back(point);
    }
    const auto objectives = objectives_or_default(config);
    const nlohmann::ordered_json document = to_json(result, config, store.path());
    if (!options.out.empty())
        write_files(options.out, {{"points.csv", sweep_csv(points_of(store))},
                                  {"summary.txt", sweep_text(result, objectives, failed)},
                                  {"sweep.json", to_text(document)}});
    out += options.json ? to_text(document) : sweep_text(result, objectives, failed, 40, wants_colour());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!options.json) {
        if (!store.path().empty()) out += fmt::format("\nstore {}\n", store.path());
        print_error(fmt::format("({:.2f} s, {:.1f} simulations a second)", seconds,
                                static_cast<double>(result.simulated) / seconds));
    }
    return result.complete ? 0 : 1;
}

int sweep_status_verb(const StoreOptions& options, std::string& out) {
    const SweepStore store(store_path(options.stores.front()), SweepStore::Access::read);
    std::array<std::uint64_t, 3> counts{};
    store.each([&](const StoredPoint& point) { ++counts[static_cast<std::size_t>(point.status)]; });
    if (options.json) {
        nlohmann::ordered_json document{{"schema", 1}, {"octet", OCTET_VERSION}, {"points", store.count()}};
        for (std::size_t i = 0; i < counts.size(); ++i)
            document[std::string(name(static_cast<PointStatus>(i)))] = counts[i];
        document["store"] = store.path();
        out += to_text(document);
        return 0;
    }
    out += fmt::format("{}: {} points: {} done, {} failed, {} invalid\n", store.path(), store.count(),
                       counts[0], counts[1], counts[2]);
    return 0;
}

int sweep_export_verb(const StoreOptions& options, std::string& out) {
    const SweepStore store(store_path(options.stores.front()), SweepStore::Access::read);
    const auto points = points_of(store);
    const auto known = columns_of(points);
    for (const std::string& column : options.columns)
        if (std::ranges::find(known, column) == known.end()) {
            const std::vector<std::string_view> names(known.begin(), known.end());
            throw StoreError(
                fmt::format("--columns: no point has {}{}", in_quotes(column), did_you_mean(column, names)));
        }
    const nlohmann::ordered_json document{
        {"schema", 1}, {"octet", OCTET_VERSION}, {"rows", sweep_rows(points, options.columns)}};
    const std::string text = options.json ? to_text(document) : sweep_csv(points, options.columns);
    if (options.out.empty())
        out += text;
    else
        write_file(options.out, text);
    return 0;
}

int sweep_merge_verb(const StoreOptions& options, std::string& out) {
    // All are read before the first is written.
    std::vector<std::vector<StoredPoint>> parts;
    for (const std::string& path : options.stores)
        parts.push_back(points_of(SweepStore(store_path(path), SweepStore::Access::read)));
    SweepStore store(store_in(options.out), SweepStore::Access::write);
    std::uint64_t added = 0, known = 0;
    for (const auto& points : parts)
        for (const StoredPoint& point : points) {
            const auto there = store.find(point.key);
            if (there && there->status == PointStatus::done) {
                ++known;
                continue;
            }
            store.put(point);
            ++added;
        }
    out += fmt::format("{}: {} points added, {} were there\n", store.path(), added, known);
    return 0;
}

}  // namespace octet

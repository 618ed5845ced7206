// octet sweep status/export/merge STORE
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "sim/cli/process.h"
#include "sim/cli/sweep_files.h"
#include "sim/cli/verbs.h"
#include "sim/report/files.h"
#include "sim/report/sweep_text.h"
#include "sim/report/terminal.h"
#include "sim/sweep/slurm.h"

namespace octet {
namespace {

using Counts = std::array<std::uint64_t, 3>;  // by status

Counts counts_of(const SweepStore& store) {
    Counts counts{};
    store.each([&](const StoredPoint& point) { ++counts[static_cast<std::size_t>(point.status)]; });
    return counts;
}

nlohmann::ordered_json counts_json(const Counts& counts) {
    nlohmann::ordered_json json{{"points", counts[0] + counts[1] + counts[2]}};
    for (std::size_t i = 0; i < counts.size(); ++i)
        json[std::string(name(static_cast<PointStatus>(i)))] = counts[i];
    return json;
}

std::string counts_text(const SweepStore& store, const Counts& counts) {
    return fmt::format("{}: {} points: {} done, {} failed, {} invalid\n", store.path(),
                       counts[0] + counts[1] + counts[2], counts[0], counts[1], counts[2]);
}

}  // namespace

// Of a sweep on a cluster the stores of its shards too: what is in them may be merged or not.
int sweep_status_verb(const StoreOptions& options, std::string& out) {
    const SweepStore store(store_path(options.stores.front()), SweepStore::Access::read);
    const Counts counts = counts_of(store);
    nlohmann::ordered_json document{{"schema", 1}, {"octet", OCTET_VERSION}};
    document.update(counts_json(counts));
    document["store"] = store.path();
    std::string text = counts_text(store, counts);
    for (const auto& path : shard_stores(options.stores.front())) {
        const SweepStore shard(path.string(), SweepStore::Access::read);
        const Counts of_shard = counts_of(shard);
        text += counts_text(shard, of_shard);
        nlohmann::ordered_json row = counts_json(of_shard);
        row["store"] = shard.path();
        document["shards"].push_back(std::move(row));
    }
    out += options.json ? to_text(document) : text;
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
    return deliver(text, options.out, out);
}

int sweep_merge_verb(const StoreOptions& options, std::string& out) {
    // All are read before the first is written; one that cannot be read does not keep the others back.
    std::vector<std::vector<StoredPoint>> parts;
    bool all_read = true;
    for (const std::string& path : options.stores) try {
            parts.push_back(points_of(SweepStore(store_path(path), SweepStore::Access::read)));
        } catch (const StoreError& error) {
            print_error(fmt::format("octet: {}", error.what()));
            all_read = false;
        }
    if (parts.empty()) return 1;
    SweepStore store(store_in(options.out), SweepStore::Access::write, SweepStore::Place::any);
    const Merged merged = merge_into(store, parts);
    out += fmt::format("{}: {} points added, {} were there\n", store.path(), merged.added, merged.known);
    return all_read ? 0 : 1;
}

}  // namespace octet

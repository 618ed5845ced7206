#include "sim/cli/sweep_files.h"

#include <filesystem>

#include "sim/report/files.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
constexpr const char* store_name = "store.sqlite";

}  // namespace

std::string store_in(const std::string& folder) {
    if (folder.empty()) return {};
    write_files(folder, {});
    return (fs::path(folder) / store_name).string();
}

std::string store_path(const std::string& written) {
    std::error_code error;
    return fs::is_directory(written, error) ? (fs::path(written) / store_name).string() : written;
}

std::vector<StoredPoint> points_of(const SweepStore& store) {
    std::vector<StoredPoint> points;
    store.each([&](const StoredPoint& point) { points.push_back(point); });
    return points;
}

Merged merge_into(SweepStore& store, const std::vector<std::vector<StoredPoint>>& parts) {
    Merged merged;
    for (const auto& points : parts)
        for (const StoredPoint& point : points) {
            const auto there = store.find(point.key);
            ++(there ? merged.known : merged.added);
            if (!there || there->status != PointStatus::done) store.put(point);
        }
    return merged;
}

}  // namespace octet

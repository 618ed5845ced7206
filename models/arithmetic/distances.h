// Distances between a query and a key in buckets, as T5 has them: of one direction the first half of the
// buckets holds a distance each, the others logarithmic ranges up to `longest_distance`, and the last one all
// beyond. Both ways: half of the buckets for keys up to the query, half for those behind. The keys of a query
// that share a bucket lie side by side.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace octet {

class DistanceBuckets {
  public:
    static constexpr std::uint32_t longest_distance = 128;

    // For queries and keys below `positions`. One way: keys behind a query count as its own.
    DistanceBuckets(std::uint64_t positions, std::uint32_t buckets, bool one_way)
        : behind_(one_way ? 0 : buckets / 2), one_way_(one_way) {
        const std::uint32_t count = std::max<std::uint32_t>(one_way ? buckets : buckets / 2, 1);
        for (std::uint64_t d = 0; d < positions; ++d) of_.push_back(bucket(d, count));
    }
    std::uint32_t operator()(std::uint64_t query, std::uint64_t key) const {
        if (key <= query) return of_[query - key];
        return one_way_ ? 0 : behind_ + (behind_ == 0 ? 0 : of_[key - query]);
    }

  private:
    static std::uint32_t bucket(std::uint64_t distance, std::uint32_t count) {
        const std::uint32_t exact = count / 2;
        if (distance < exact || count == 1)
            return static_cast<std::uint32_t>(std::min<std::uint64_t>(distance, count - 1));
        if (exact == 0 || exact >= longest_distance)
            return static_cast<std::uint32_t>(std::min<std::uint64_t>(distance, count - 1));
        // In float, as the models were trained.
        const float share = std::log(static_cast<float>(distance) / static_cast<float>(exact)) /
                            static_cast<float>(std::log(static_cast<double>(longest_distance) / exact));
        const float at = share * static_cast<float>(count - exact);
        return std::min(exact + static_cast<std::uint32_t>(std::min(at, static_cast<float>(count))),
                        count - 1);
    }

    std::vector<std::uint32_t> of_;  // by distance
    std::uint32_t behind_;           // the first bucket of keys behind
    bool one_way_;
};

}  // namespace octet

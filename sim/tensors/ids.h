// Whole numbers from .npy files: token ids and labels.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

struct IdShape {
    std::uint64_t samples = 0, length = 0;
    std::uint64_t count() const { return samples * length; }
};

// As many as the shape has, of any integer type, sample by sample. A file of samples x length may hold more
// samples, of which these are the first. Each is below `limit`, or is `other`. Throws InputError that calls
// one of them `what`.
std::vector<std::int64_t> read_ids(const std::string& path, std::string_view what, const IdShape& shape,
                                   std::uint64_t limit, std::optional<std::int64_t> other);

}  // namespace octet

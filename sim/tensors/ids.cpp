#include "sim/tensors/ids.h"

#include <fmt/format.h>

#include "sim/tensors/tensor_file.h"

namespace octet {

std::vector<std::int64_t> read_ids(const std::string& path, std::string_view what, const IdShape& shape,
                                   std::uint64_t limit, std::optional<std::int64_t> other) {
    const NpyFile file(path);
    const StoredTensor& stored = file.tensor();
    const bool more =
        stored.shape.size() == 2 && stored.shape[0] > shape.samples && stored.shape[1] == shape.length;
    if (is_float(stored.dtype) || (stored.elements() != shape.count() && !more))
        throw file_error(
            path, fmt::format("{} values of type {}; expected {} samples of {} whole numbers",
                              shape_text(stored.shape), name(stored.dtype), shape.samples, shape.length));
    std::vector<std::int64_t> ids;
    ids.reserve(shape.count());
    for (std::uint64_t i = 0; i < shape.count(); ++i) {
        const double id = stored.at(i);
        const bool is_other = other && id == static_cast<double>(*other);
        if (!is_other && !(id >= 0 && id < static_cast<double>(limit)))
            throw file_error(path, fmt::format("{} {} is {}; ids from 0 to {}{} are known", what, i, id,
                                               limit - 1, other ? fmt::format(" and {}", *other) : ""));
        ids.push_back(static_cast<std::int64_t>(id));
    }
    return ids;
}

}  // namespace octet

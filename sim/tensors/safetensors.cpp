// The safetensors format: eight bytes of length, a JSON header, values.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include "sim/tensors/json_file.h"
#include "sim/tensors/tensor_file.h"

namespace octet {
namespace {

constexpr std::uint64_t longest_header = 100U << 20U, most_elements = std::uint64_t{1} << 40U;
constexpr std::size_t most_dimensions = 8;

std::vector<std::uint64_t> whole_numbers(const Json& json, const std::string& path, const std::string& what) {
    std::vector<std::uint64_t> numbers;
    if (!json.is_array()) throw file_error(path, what + " is no list of whole numbers");
    for (const Json& number : json) {
        if (!number.is_number_unsigned()) throw file_error(path, what + " is no list of whole numbers");
        numbers.push_back(number.get<std::uint64_t>());
    }
    return numbers;
}

struct Range {
    std::uint64_t begin, end;
    std::string name;
};

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) : file_(path) {
    const auto bytes = file_.bytes();
    if (bytes.size() < 8) throw file_error(path, "is no safetensors file: shorter than 8 bytes");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length > longest_header || length > bytes.size() - 8)
        throw file_error(
            path, fmt::format("a header of {} bytes in a safetensors file of {}", length, bytes.size()));
    const Json header =
        parse_json({reinterpret_cast<const char*>(bytes.data()) + 8, length}, path, "header", 8);
    const auto data = bytes.subspan(8 + length);
    std::vector<Range> ranges;
    for (const auto& [key, entry] : header.items()) {
        if (key == "__metadata__") continue;
        const std::string what = fmt::format("tensor {}", in_quotes(key));
        if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
            !entry.contains("data_offsets") || !entry["dtype"].is_string())
            throw file_error(path, what + ": dtype, shape and data_offsets are needed");
        StoredTensor tensor;
        const auto dtype = entry["dtype"].get<std::string>();
        bool known = false;
        for (int d = 0; d <= static_cast<int>(Dtype::boolean); ++d)
            if (name(static_cast<Dtype>(d)) == dtype) tensor.dtype = static_cast<Dtype>(d), known = true;
        if (!known) throw file_error(path, fmt::format("{}: dtype {} is not known", what, in_quotes(dtype)));
        tensor.shape = whole_numbers(entry["shape"], path, what + ": shape");
        if (tensor.shape.size() > most_dimensions) throw file_error(path, what + ": more than 8 dimensions");
        std::uint64_t elements = 1;
        for (const std::uint64_t side : tensor.shape) {
            if (side != 0 && elements > most_elements / side)
                throw file_error(path, what + ": more than 2^40 values");
            elements *= side;
        }
        const auto offsets = whole_numbers(entry["data_offsets"], path, what + ": data_offsets");
        if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size())
            throw file_error(path, fmt::format("{}: data_offsets must be two, in order, of at most {}", what,
                                               data.size()));
        const std::uint64_t wanted = elements * size_of(tensor.dtype);
        if (offsets[1] - offsets[0] != wanted)
            throw file_error(path,
                             fmt::format("{}: {} bytes for a shape of {} in {}, which takes {}", what,
                                         offsets[1] - offsets[0], shape_text(tensor.shape), dtype, wanted));
        tensor.bytes = data.subspan(offsets[0], wanted);
        if (wanted > 0) ranges.push_back({offsets[0], offsets[1], key});
        tensors_.emplace(key, std::move(tensor));
    }
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::uint64_t end = 0;
    for (const Range& range : ranges) {
        if (range.begin < end)
            throw file_error(path, fmt::format("tensor {} overlaps another", in_quotes(range.name)));
        if (range.begin > end)
            throw file_error(
                path, fmt::format("bytes {} to {} of the values belong to no tensor", end, range.begin));
        end = range.end;
    }
    if (end != data.size())
        throw file_error(path,
                         fmt::format("bytes {} to {} of the values belong to no tensor", end, data.size()));
}

}  // namespace octet

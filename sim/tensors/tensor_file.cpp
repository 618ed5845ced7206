#include "sim/tensors/tensor_file.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "models/formats/registry.h"

namespace octet {
namespace {

template <class T>
T raw(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

constexpr std::array<std::string_view, 13> dtype_names{"F64", "F32", "F16", "BF16", "I64", "I32", "I16",
                                                       "I8",  "U64", "U32", "U16",  "U8",  "BOOL"};

}  // namespace

std::string_view name(Dtype dtype) {
    return dtype_names[static_cast<std::size_t>(dtype)];
}

std::size_t size_of(Dtype dtype) {
    switch (dtype) {
        case Dtype::f64:
        case Dtype::i64:
        case Dtype::u64:
            return 8;
        case Dtype::f32:
        case Dtype::i32:
        case Dtype::u32:
            return 4;
        case Dtype::f16:
        case Dtype::bf16:
        case Dtype::i16:
        case Dtype::u16:
            return 2;
        default:
            return 1;
    }
}

std::uint64_t StoredTensor::elements() const {
    std::uint64_t count = 1;
    for (const std::uint64_t side : shape) count *= side;
    return count;
}

double StoredTensor::at(std::uint64_t i) const {
    const std::byte* p = bytes.data() + i * size_of(dtype);
    switch (dtype) {
        case Dtype::f64:
            return raw<double>(p);
        case Dtype::f32:
            return double{raw<float>(p)};
        case Dtype::f16: {
            static const FormatInfo& fp16 = *find_format("fp16");
            return fp16.decode(raw<std::uint16_t>(p));
        }
        case Dtype::bf16:
            return double{std::bit_cast<float>(std::uint32_t{raw<std::uint16_t>(p)} << 16U)};
        case Dtype::i64:
            return static_cast<double>(raw<std::int64_t>(p));
        case Dtype::i32:
            return raw<std::int32_t>(p);
        case Dtype::i16:
            return raw<std::int16_t>(p);
        case Dtype::i8:
            return raw<std::int8_t>(p);
        case Dtype::u64:
            return static_cast<double>(raw<std::uint64_t>(p));
        case Dtype::u32:
            return raw<std::uint32_t>(p);
        case Dtype::u16:
            return raw<std::uint16_t>(p);
        default:
            return raw<std::uint8_t>(p);
    }
}

std::vector<double> StoredTensor::numbers() const {
    std::vector<double> values(elements());
    for (std::uint64_t i = 0; i < values.size(); ++i) values[i] = at(i);
    return values;
}

std::string shape_text(std::span<const std::uint64_t> shape) {
    if (shape.empty()) return "a number";
    std::string text;
    for (const std::uint64_t side : shape) text += fmt::format("{}{}", text.empty() ? "" : " x ", side);
    return text;
}

InputError file_error(const std::string& path, const std::string& message) {
    return InputError(location_in(path), "", message);
}

}  // namespace octet

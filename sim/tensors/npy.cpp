// The .npy format of NumPy, versions 1 to 3.
#include <fmt/format.h>

#include <cstring>

#include "sim/config/scalars.h"
#include "sim/tensors/tensor_file.h"

namespace octet {
namespace {

constexpr std::uint64_t most_elements = std::uint64_t{1} << 40U;
constexpr std::size_t most_dimensions = 8, longest_header = 1 << 16;

// Reads the header, a Python dictionary of three keys in any order.
class Header {
  public:
    Header(std::string_view text, const std::string& path, std::size_t offset)
        : text_(text), path_(path), offset_(offset) {}

    void read() {
        expect('{');
        while (!accept('}')) {
            const std::string key = quoted();
            expect(':');
            if (key == "descr" && dtype.empty())
                dtype = quoted();
            else if (key == "fortran_order" && !has_order_)
                fortran = boolean();
            else if (key == "shape" && !has_shape_)
                tuple();
            else
                fail(fmt::format("the key {} is unknown or there twice", in_quotes(key)));
            if (!accept(',') && !peek('}')) fail("a comma or } is missing");
        }
        skip();
        if (at_ != text_.size()) fail("something follows the dictionary");
        if (dtype.empty() || !has_order_ || !has_shape_) fail("descr, fortran_order and shape are needed");
    }

    std::string dtype;
    bool fortran = false;
    std::vector<std::uint64_t> shape;

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw file_error(path_, fmt::format("header of the .npy file, byte {}: {}", offset_ + at_, what));
    }
    void skip() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }
    bool peek(char c) {
        skip();
        return at_ < text_.size() && text_[at_] == c;
    }
    bool accept(char c) {
        const bool there = peek(c);
        at_ += there;
        return there;
    }
    void expect(char c) {
        if (!accept(c)) fail(fmt::format("'{}' is missing", c));
    }
    std::string quoted() {
        skip();
        const char quote = at_ < text_.size() ? text_[at_] : ' ';
        if (quote != '\'' && quote != '"') fail("a text in quotes is missing");
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos || end - at_ > 64) fail("a text in quotes does not end");
        const std::string word(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return word;
    }
    bool boolean() {
        skip();
        has_order_ = true;
        for (const auto& [word, value] : {std::pair{std::string_view("True"), true}, {"False", false}})
            if (text_.substr(at_, word.size()) == word) {
                at_ += word.size();
                return value;
            }
        fail("True or False is missing");
    }
    void tuple() {
        has_shape_ = true;
        expect('(');
        std::uint64_t elements = 1;
        while (!accept(')')) {
            skip();
            std::uint64_t side = 0;
            const std::size_t first = at_;
            for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
                side = side * 10 + static_cast<std::uint64_t>(text_[at_] - '0');
                if (side > most_elements) fail("a side of the shape is too large");
            }
            if (at_ == first) fail("a whole number is missing in the shape");
            shape.push_back(side);
            if (side != 0 && elements > most_elements / side) fail("the shape has more than 2^40 values");
            elements *= side;
            if (shape.size() > most_dimensions) fail("the shape has more than 8 dimensions");
            if (!accept(',') && !peek(')')) fail("a comma or ) is missing in the shape");
        }
    }

    std::string_view text_;
    const std::string& path_;
    std::size_t offset_, at_ = 0;
    bool has_order_ = false, has_shape_ = false;
};

struct NumpyType {
    std::string_view text;
    Dtype dtype;
};
constexpr NumpyType numpy_types[] = {{"<f8", Dtype::f64}, {"<f4", Dtype::f32}, {"<f2", Dtype::f16},
                                     {"<i8", Dtype::i64}, {"<i4", Dtype::i32}, {"<i2", Dtype::i16},
                                     {"|i1", Dtype::i8},  {"<u8", Dtype::u64}, {"<u4", Dtype::u32},
                                     {"<u2", Dtype::u16}, {"|u1", Dtype::u8},  {"|b1", Dtype::boolean}};

}  // namespace

NpyFile::NpyFile(const std::string& path) : file_(path) {
    const auto bytes = file_.bytes();
    const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
    if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
        throw file_error(path, "is no .npy file: it does not begin with \\x93NUMPY and a version");
    const unsigned version = byte(6);
    if (version < 1 || version > 3 || byte(7) != 0)
        throw file_error(
            path, fmt::format("a .npy file of version {}.{}; 1.0, 2.0 and 3.0 are known", version, byte(7)));
    std::size_t start = version == 1 ? 10 : 12, length = byte(8) | byte(9) << 8U;
    if (version > 1) {
        if (bytes.size() < start) throw file_error(path, "the .npy file ends within its header");
        length |= std::size_t{byte(10)} << 16U | std::size_t{byte(11)} << 24U;
    }
    if (length > longest_header || length > bytes.size() - start)
        throw file_error(path,
                         fmt::format("a header of {} bytes in a .npy file of {}", length, bytes.size()));
    Header header({reinterpret_cast<const char*>(bytes.data()) + start, length}, path, start);
    header.read();
    const NumpyType* type = nullptr;
    for (const NumpyType& known : numpy_types)
        if (known.text == header.dtype) type = &known;
    if (type == nullptr)
        throw file_error(path, fmt::format("values of type {}; known are little-endian f8, f4, f2, i8, i4, "
                                           "i2, i1, u8, u4, u2, u1 and b1",
                                           in_quotes(header.dtype)));
    if (header.fortran && header.shape.size() > 1)
        throw file_error(
            path, "fortran_order: True; only row by row is read (numpy.ascontiguousarray makes it so)");
    tensor_.dtype = type->dtype;
    tensor_.shape = header.shape;
    const std::uint64_t wanted = tensor_.elements() * size_of(type->dtype),
                        there = bytes.size() - start - length;
    if (wanted != there)
        throw file_error(path, fmt::format("{} bytes of values for a shape of {} in {}, which takes {}",
                                           there, shape_text(header.shape), header.dtype, wanted));
    tensor_.bytes = bytes.subspan(start + length);
}

std::string npy_text(Dtype dtype, std::span<const std::uint64_t> shape, std::span<const std::byte> values) {
    std::string sides;
    for (const std::uint64_t side : shape) sides += fmt::format("{}{}", sides.empty() ? "" : " ", side) + ",";
    std::string_view type;
    for (const NumpyType& known : numpy_types)
        if (known.dtype == dtype) type = known.text;
    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, sides);
    header.append(63 - (10 + header.size()) % 64, ' ');
    header += '\n';
    std::string text = "\x93NUMPY";
    text += '\x01';
    text += '\0';
    text += static_cast<char>(header.size() & 0xff);
    text += static_cast<char>(header.size() >> 8U);
    text += header;
    text.append(reinterpret_cast<const char*>(values.data()), values.size());
    return text;
}

}  // namespace octet

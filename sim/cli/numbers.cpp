#include "sim/cli/numbers.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cfenv>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace octet {
namespace {

// strtod follows the rounding mode of the process.
double read(const std::string& text, int rounding, char** end) {
    const int before = std::fegetround();
    std::fesetround(rounding);
    const double value = std::strtod(text.c_str(), end);
    std::fesetround(before);
    return value;
}

std::string bits_text(Code code, int bits) {
    return fmt::format("{:0{}b}", code, bits);
}

}  // namespace

std::optional<double> parse_number(std::string_view written, bool to_odd) {
    const std::string text(written);
    const bool named =
        text.find_first_of("iInN") != std::string::npos && text.find_first_of("xX") == std::string::npos;
    if (text.empty() || text.find_first_of(" \t\r\n\f\v(") != std::string::npos ||
        text.find('\0') != std::string::npos)
        return std::nullopt;
    char* end = nullptr;
    errno = 0;
    double value = read(text, FE_TONEAREST, &end);
    const bool out_of_range = errno == ERANGE;
    if (end != text.c_str() + text.size()) return std::nullopt;
    if (named) return value;
    if (out_of_range && std::isinf(value)) return std::copysign(std::numeric_limits<double>::max(), value);
    if (out_of_range && value == 0) return std::copysign(std::numeric_limits<double>::denorm_min(), value);
    if (to_odd) {
        const double below = read(text, FE_DOWNWARD, &end), above = read(text, FE_UPWARD, &end);
        if (below != above) value = (std::bit_cast<std::uint64_t>(below) & 1) != 0 ? below : above;
    }
    return value;
}

std::string number_text(double value) {
    return value == value ? fmt::format("{}", value) : "nan";
}

std::string code_text(Code code, int bits) {
    return fmt::format("0x{:0{}x}", code, (bits + 3) / 4);
}

std::optional<Code> parse_code(std::string_view text, int bits) {
    if (text.size() < 3 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) return std::nullopt;
    Code code = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + 2, end, code, 16);
    if (error != std::errc{} || at != end || (bits < 32 && code >> bits != 0)) return std::nullopt;
    return code;
}

std::string field_text(const FormatInfo& format, Code code) {
    const int bits = format.bits;
    if (format.kind == FormatKind::codebook) return bits_text(code, bits);
    const Code rest = code & ((Code{1} << (bits - 1)) - 1);
    const std::string sign = bits_text(code >> (bits - 1), 1);
    if (format.kind == FormatKind::posit) {
        const Code mask = (Code{1} << (bits - 1)) * 2 - 1;
        const std::string body = bits_text((sign == "1" ? (~code + 1) & mask : code) & (mask >> 1), bits - 1);
        if (rest == 0) return sign + ' ' + body;
        const std::size_t regime = std::min(body.find(body[0] == '1' ? '0' : '1'), body.size() - 1) + 1;
        const auto es = std::min(static_cast<std::size_t>(format.exponent_bits), body.size() - regime);
        std::string text = sign + ' ' + body.substr(0, regime);
        if (es != 0) text += ' ' + body.substr(regime, es);
        if (regime + es < body.size()) text += ' ' + body.substr(regime + es);
        return text;
    }
    if (format.exponent_bits == 0) return sign + ' ' + bits_text(rest, bits - 1);
    return fmt::format("{} {} {}", sign, bits_text(rest >> format.mantissa_bits, format.exponent_bits),
                       bits_text(rest & ((Code{1} << format.mantissa_bits) - 1), format.mantissa_bits));
}

}  // namespace octet

#include "sim/config/scalars.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace octet {
namespace {

bool digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view without_sign(std::string_view text) {
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    return text;
}

bool plain(const Node& node, std::string& problem) {
    if (!node.is_scalar()) return false;
    if (!node.quoted) return true;
    problem = "it is in quotes";
    return false;
}

// `010` is 8 to some readers and 10 to others.
bool leading_zero(std::string_view text, std::string& problem) {
    text = without_sign(text);
    if (text.size() < 2 || text[0] != '0' || !digit(text[1])) return false;
    problem = "a leading zero is ambiguous (octal or decimal)";
    return true;
}

}  // namespace

std::optional<std::int64_t> as_integer(const Node& node, std::string& problem) {
    if (!plain(node, problem) || leading_zero(node.text, problem)) return {};
    const std::string_view digits = without_sign(node.text);
    if (digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b")) {
        problem = "write it in decimal";
        return {};
    }
    if (digits.empty() || !std::ranges::all_of(digits, digit)) return {};
    std::int64_t value = 0;
    const char* first = node.text.data() + (node.text[0] == '+');
    const char* last = node.text.data() + node.text.size();
    if (std::from_chars(first, last, value).ec != std::errc{}) {
        problem = "it does not fit 64 bits";
        return {};
    }
    return value;
}

std::optional<double> as_number(const Node& node, std::string& problem) {
    if (!plain(node, problem) || leading_zero(node.text, problem)) return {};
    const std::string_view digits = without_sign(node.text);
    if (digits == ".nan" || digits == ".NaN" || digits == ".NAN" || digits == ".inf" || digits == ".Inf" ||
        digits == ".INF") {
        problem = "it must be finite";
        return {};
    }
    if (digits.empty() || !(digit(digits[0]) || (digits[0] == '.' && digits.size() > 1 && digit(digits[1]))))
        return {};
    double value = 0;
    const char* first = node.text.data() + (node.text[0] == '+');
    const char* last = node.text.data() + node.text.size();
    const auto [end, error] = std::from_chars(first, last, value);
    if (error == std::errc::result_out_of_range) {
        problem = "it does not fit a double";
        return {};
    }
    if (error != std::errc{} || end != last || !std::isfinite(value)) return {};
    return value;
}

std::optional<bool> as_boolean(const Node& node, std::string& problem) {
    if (!plain(node, problem)) return {};
    if (node.text == "true") return true;
    if (node.text == "false") return false;
    return {};
}

std::optional<std::string> as_text(const Node& node, std::string& problem) {
    if (!node.is_scalar()) return {};
    if (node.text.empty()) {
        problem = "it is empty";
        return {};
    }
    if (node.text.size() > 4096) {
        problem = "it is longer than 4096 bytes";
        return {};
    }
    if (std::ranges::any_of(node.text,
                            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
        problem = "it holds control characters";
        return {};
    }
    return node.text;
}

}  // namespace octet

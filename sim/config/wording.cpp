// How messages quote the input and suggest names.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/config/diagnostics.h"

namespace octet {
namespace {

// Edits (insert, delete, replace, swap neighbours) that turn `a` into `b`.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = above;
        above.swap(row);
    }
    return above.back();
}

}  // namespace

std::string did_you_mean(std::string_view written, std::span<const std::string_view> names) {
    if (written.size() > 64) return {};
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, written.size() / 3) + 1;
    for (const auto name : names)
        if (const auto d = distance(written, name); d < least && d < name.size()) {
            least = d;
            best = name;
        }
    return best.empty() ? std::string{} : fmt::format(", did you mean '{}'?", best);
}

std::string printable(std::string_view text) {
    std::string safe;
    std::size_t shown = 0;
    for (const char character : text) {
        const auto c = static_cast<unsigned char>(character);
        const bool starts_character = (c & 0xC0) != 0x80;
        if (starts_character && shown++ == 60) return safe += "...";
        if (c < 0x20 || c == 0x7F)
            safe += fmt::format("\\x{:02x}", c);
        else
            safe += character;
    }
    return safe;
}

std::string in_quotes(std::string_view text) {
    return fmt::format("'{}'", printable(text));
}

std::string any_of(std::span<const std::string_view> names) {
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) list += i + 1 == names.size() ? " or " : ", ";
        list += names[i];
    }
    return list;
}

}  // namespace octet

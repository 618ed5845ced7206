#include "sim/report/vectors.h"

#include <fmt/format.h>

#include <iterator>

namespace octet {
namespace {

template <class Values>
OutputFile file(const std::string& name, const std::string& content, const Values& values,
                std::uint64_t columns, int digits) {
    OutputFile out{name, fmt::format("// {}\n", content)};
    for (std::size_t i = 0; i < values.size(); ++i)
        fmt::format_to(std::back_inserter(out.content), "{:0{}x}{}", values[i], digits,
                       (i + 1) % columns == 0 ? '\n' : ' ');
    return out;
}

}  // namespace

OutputFile hex_file(const std::string& name, const std::string& content, std::span<const Code> codes,
                    std::uint64_t columns, int bits) {
    return file(name, content, codes, columns, (bits + 3) / 4);
}

OutputFile cycle_file(const std::string& name, const std::string& content, std::span<const Cycle> cycles,
                      std::uint64_t columns) {
    return file(name, content, cycles, columns, 16);
}

}  // namespace octet

#include "models/memory/dram_mapping.h"

#include <bit>
#include <stdexcept>

namespace octet {

DramMapping::DramMapping(const DramPart& part, std::string_view order)
    : groups_(part.groups), banks_(part.banks), columns_(static_cast<std::uint32_t>(part.columns)) {
    constexpr std::array<std::string_view, count> names{"channel", "rank", "bankgroup",
                                                        "bank",    "row",  "column"};
    const std::array<std::uint64_t, count> sizes{part.channels, part.ranks, part.groups,
                                                 part.banks,    part.rows,  part.columns};
    std::uint64_t divisor = 1;
    const auto add = [&](std::string_view word) {
        for (std::size_t i = 0; i < count; ++i) {
            if (names[i] != word) continue;
            fields_[i] = {divisor, sizes[i], static_cast<std::uint32_t>(std::countr_zero(divisor)),
                          std::has_single_bit(divisor) && std::has_single_bit(sizes[i])};
            divisor *= sizes[i];
            return;
        }
        throw std::logic_error("a DRAM mapping of unknown fields");
    };
    if (order.find("channel") == order.npos) add("channel");
    while (!order.empty()) {
        const auto bar = order.rfind('|');
        add(order.substr(bar == order.npos ? 0 : bar + 1));
        order = order.substr(0, bar == order.npos ? 0 : bar);
    }
    columns_first_ = fields_[column].divisor == 1;
}

}  // namespace octet

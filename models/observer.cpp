#include "models/observer.h"

namespace octet {

std::string_view name(BusyWith with) {
    constexpr std::array<std::string_view, busy_with_count> names{"work", "weights", "drain"};
    return names[static_cast<std::size_t>(with)];
}

}  // namespace octet

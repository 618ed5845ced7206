#include "models/accelerator/command.h"

namespace octet {

std::string_view name(Engine engine) {
    constexpr std::array<std::string_view, engine_count> names{"load",  "input_fill", "weight_fill",
                                                               "array", "vector",     "store"};
    return names[static_cast<std::size_t>(engine)];
}

std::string_view name(Queue queue) {
    constexpr std::array<std::string_view, queue_count> names{"load", "array", "vector", "store"};
    return names[static_cast<std::size_t>(queue)];
}

}  // namespace octet

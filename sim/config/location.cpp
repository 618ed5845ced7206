#include "sim/config/location.h"

#include <fmt/format.h>

#include <mutex>
#include <unordered_set>

namespace octet {

Location location_in(std::string_view file, std::uint32_t line, std::uint32_t column) {
    static std::mutex mutex;
    static std::unordered_set<std::string> files;
    const std::scoped_lock lock(mutex);
    return {&*files.emplace(file).first, line, column};
}

std::string to_string(const Location& location) {
    if (location.file == nullptr) return {};
    if (location.line == 0) return *location.file;
    return fmt::format("{}:{}:{}", *location.file, location.line, location.column);
}

}  // namespace octet

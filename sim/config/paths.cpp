#include "sim/config/paths.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace octet {
namespace fs = std::filesystem;
namespace {

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

std::string find(const fs::path& folder, std::string_view written) {
    const fs::path path(written);
    fs::path near = path.is_absolute() ? path : (folder / path).lexically_normal();
    if (path.is_absolute() || is_there(near)) return near.string();
    const std::string share = share_folder();
    // `../x` names something beside a file of the user's, never something outside the share folder.
    const fs::path inside = path.lexically_normal();
    if (share.empty() || inside.empty() || *inside.begin() == "..") return near.string();
    const fs::path far = fs::path(share) / inside;
    return is_there(far) ? far.string() : near.string();
}

}  // namespace

std::string share_folder() {
    std::error_code error;
    if (const char* home = std::getenv("OCTET_HOME"); home != nullptr && *home != '\0')
        return fs::is_directory(home, error) ? home : "";
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const fs::path share = program.parent_path().parent_path() / "share" / "octet";
    return fs::is_directory(share, error) ? share.string() : "";
}

std::string resolve_path(std::string_view written, const Location& where) {
    const bool in_file = where.file != nullptr && where.line > 0;
    return find(in_file ? fs::path(*where.file).parent_path() : fs::path(), written);
}

std::string resolve_argument(std::string_view written) {
    return find({}, written);
}

}  // namespace octet

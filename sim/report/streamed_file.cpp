#include "sim/report/streamed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sim/report/files.h"

namespace octet {

namespace fs = std::filesystem;

StreamedFile::StreamedFile(const fs::path& path) : path_(path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) throw OutputError(fmt::format("{} is a folder, not a file", path.string()));
    target_ = fs::is_regular_file(status) ? fs::canonical(path) : path;  // not the link that leads there
    if (!fs::exists(status) || fs::is_regular_file(status)) {
        const fs::path folder = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
        if (!target_.has_filename() || !fs::is_directory(folder, error))
            throw OutputError(fmt::format("{}: cannot make this file, there is no folder {}", path.string(),
                                          folder.string()));
        temporary_ = folder / fmt::format(".{}.{}.part", target_.filename().string(), getpid());
    }
    const fs::path& open_as = temporary_.empty() ? target_ : temporary_;
    descriptor_ = open(open_as.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
        throw OutputError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

StreamedFile::~StreamedFile() {
    close();
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void StreamedFile::flush() {
    for (std::string_view text = buffer_; !text.empty() && error_ == 0;) {
        const ssize_t written = ::write(descriptor_, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            error_ = errno;
    }
    buffer_.clear();
}

void StreamedFile::close() {
    if (descriptor_ >= 0 && ::close(descriptor_) != 0 && error_ == 0) error_ = errno;
    descriptor_ = -1;
}

void StreamedFile::keep() {
    flush();
    close();
    if (error_ == 0 && !temporary_.empty() && std::rename(temporary_.c_str(), target_.c_str()) != 0)
        error_ = errno;
    if (error_ != 0)
        throw OutputError(fmt::format("cannot write {}: {}", path_.string(), std::strerror(error_)));
    temporary_.clear();
}

}  // namespace octet

#include "sim/tensors/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "sim/tensors/tensor_file.h"

namespace octet {

MappedFile::MappedFile(std::string path) : path_(std::move(path)) {
    const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) throw file_error(path_, fmt::format("cannot be read: {}", std::strerror(errno)));
    struct stat status {};
    const bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    void* data = nullptr;
    if (regular && status.st_size > 0)
        data = mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    const int reason = errno;
    close(fd);
    if (!regular) throw file_error(path_, "is no regular file");
    if (data == MAP_FAILED)
        throw file_error(path_, fmt::format("cannot be mapped: {}", std::strerror(reason)));
    data_ = static_cast<const std::byte*>(data);
    size_ = static_cast<std::size_t>(status.st_size);
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

}  // namespace octet

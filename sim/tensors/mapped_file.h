// A file in memory, read-only.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace octet {

class MappedFile {
  public:
    // Throws InputError, naming the file, if it is not a regular file that can be read.
    explicit MappedFile(std::string path);
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&&) = delete;

    const std::string& path() const { return path_; }
    std::span<const std::byte> bytes() const { return {data_, size_}; }

  private:
    std::string path_;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace octet

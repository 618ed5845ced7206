// A file that is written piece by piece while something runs, and is there whole or not at all.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace octet {

class StreamedFile {
  public:
    // Opens a temporary file beside `path` (beside what it leads to, if it is a link), in a folder that is
    // there. What is there and no regular file (a device, a pipe) is written to as it is. Throws OutputError.
    explicit StreamedFile(const std::filesystem::path& path);
    // Leaves nothing behind, unless the file was kept.
    ~StreamedFile();
    StreamedFile(const StreamedFile&) = delete;
    StreamedFile& operator=(const StreamedFile&) = delete;

    // Does not throw: what goes wrong is remembered for `keep`.
    void write(std::string_view text) {
        buffer_ += text;
        if (buffer_.size() >= flush_from) flush();
    }
    std::string& buffer() { return buffer_; }  // to append to before `write`
    // Everything is on the disk under its name. Throws OutputError if something could not be written.
    void keep();

  private:
    static constexpr std::size_t flush_from = std::size_t{1} << 20;
    void flush();
    void close();

    std::filesystem::path path_, target_, temporary_;  // temporary_: empty if there is none
    int descriptor_ = -1;
    int error_ = 0;  // errno of the first failure
    std::string buffer_;
};

}  // namespace octet

// Requests from a text file, a line each: `0xADDR R` or `0xADDR W`, and optionally the earliest clock.
#pragma once
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "models/memory/dram_stream.h"

namespace octet {

// Reads as it goes: the file may be of any length. Blank lines and comments (# to the end of the line) are
// skipped. Throws InputError with line and column of the first fault, or if the file cannot be read.
class RequestFile : public DramRequests {
  public:
    explicit RequestFile(const std::string& path);
    std::size_t read(std::span<DramRequest> room) override;

  private:
    bool next_line(const char*& begin, const char*& end);
    bool parse(const char* begin, const char* end, DramRequest& request) const;  // false: nothing in the line
    [[noreturn]] void fail(const char* line, const char* at, std::string message) const;

    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    std::vector<char> buffer_;
    std::size_t from_ = 0, to_ = 0;  // what of the buffer has not been read yet
    bool ended_ = false;
    std::uint64_t line_ = 0;
};

}  // namespace octet

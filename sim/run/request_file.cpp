#include "sim/run/request_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "sim/config/diagnostics.h"

namespace octet {
namespace {

constexpr std::size_t longest_line = 4096;

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

}  // namespace

RequestFile::RequestFile(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "rb"), std::fclose), buffer_(std::size_t{1} << 18U) {
    if (file_ == nullptr) throw InputError(location_in(path), "", std::strerror(errno));
}

void RequestFile::fail(const char* line, const char* at, std::string message) const {
    throw InputError(location_in(path_, static_cast<std::uint32_t>(std::min<std::uint64_t>(line_, ~0U)),
                                 static_cast<std::uint32_t>(at - line + 1)),
                     "", std::move(message));
}

bool RequestFile::next_line(const char*& begin, const char*& end) {
    for (;;) {
        begin = buffer_.data() + from_;
        const void* newline = std::memchr(begin, '\n', to_ - from_);
        if (newline != nullptr || (ended_ && from_ < to_)) {
            end = newline != nullptr ? static_cast<const char*>(newline) : buffer_.data() + to_;
            from_ = static_cast<std::size_t>(end - buffer_.data()) + (newline != nullptr ? 1 : 0);
            ++line_;
            return true;
        }
        if (ended_) return false;
        if (to_ - from_ > longest_line) {
            ++line_;
            fail(begin, begin, fmt::format("the line is longer than {} characters", longest_line));
        }
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(from_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(to_), buffer_.begin());
        to_ -= from_;
        from_ = 0;
        errno = 0;
        to_ += std::fread(buffer_.data() + to_, 1, buffer_.size() - to_, file_.get());
        if (std::ferror(file_.get()) != 0)
            throw InputError(location_in(path_), "", errno != 0 ? std::strerror(errno) : "cannot be read");
        ended_ = std::feof(file_.get()) != 0;
    }
}

bool RequestFile::parse(const char* begin, const char* end, DramRequest& request) const {
    const char* at = begin;
    const auto skip = [&] {
        while (at != end && is_blank(*at)) ++at;
        return at == end || *at == '#';
    };
    const auto rest_of_word = [&] {
        return in_quotes({at, static_cast<std::size_t>(std::find_if(at, end, is_blank) - at)});
    };
    if (skip()) return false;
    if (end - at < 3 || at[0] != '0' || (at[1] != 'x' && at[1] != 'X'))
        fail(begin, at, fmt::format("expected an address such as 0x1f40, got {}", rest_of_word()));
    auto [after, fault] = std::from_chars(at + 2, end, request.address, 16);
    if (fault != std::errc{} || (after != end && !is_blank(*after)))
        fail(begin, at, fmt::format("expected an address of up to 64 bits, got {}", rest_of_word()));
    at = after;
    if (skip()) fail(begin, at, "expected R or W after the address");
    if ((*at != 'R' && *at != 'W') || (at + 1 != end && !is_blank(at[1])))
        fail(begin, at, fmt::format("expected R or W, got {}", rest_of_word()));
    request.write = *at++ == 'W';
    request.earliest = 0;
    if (skip()) return true;
    const auto earliest = std::from_chars(at, end, request.earliest);
    if (earliest.ec != std::errc{} || (earliest.ptr != end && !is_blank(*earliest.ptr)) ||
        request.earliest > std::uint64_t{1} << 60U)
        fail(begin, at,
             fmt::format("expected the earliest clock, an integer from 0 to 2^60, got {}", rest_of_word()));
    at = earliest.ptr;
    if (!skip()) fail(begin, at, fmt::format("expected the end of the line, got {}", rest_of_word()));
    return true;
}

std::size_t RequestFile::read(std::span<DramRequest> room) {
    std::size_t count = 0;
    const char *begin, *end;
    while (count < room.size() && next_line(begin, end)) count += parse(begin, end, room[count]);
    return count;
}

}  // namespace octet

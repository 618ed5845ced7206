#include "sim/config/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace octet {
namespace {

struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) close(fd);
    }
};

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none (overlong forms,
// surrogates and values above U+10FFFF are not well formed).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    if (!follows(1)) return 0;
    if (first < 0xE0) return 2;
    if (first < 0xF0) {
        const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second >= 0xA0;
        return !overlong && !surrogate && follows(2) ? 3 : 0;
    }
    const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second >= 0x90;
    return !overlong && !beyond && follows(2) && follows(3) ? 4 : 0;
}

}  // namespace

std::string read_text_file(const std::string& path) {
    const auto fail = [&](std::string message) -> InputError {
        return {location_in(path, 1, 1), "", std::move(message)};
    };
    if (path.find('\0') != std::string::npos) throw fail("a path cannot hold a NUL byte");
    // O_NONBLOCK: opening a pipe without a writer must not wait for one.
    const Descriptor file{open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    if (file.fd < 0) throw fail(fmt::format("cannot open the file: {}", std::strerror(errno)));
    struct stat status {};
    if (fstat(file.fd, &status) != 0)
        throw fail(fmt::format("cannot read the file: {}", std::strerror(errno)));
    if (S_ISDIR(status.st_mode)) throw fail("is a directory, expected a file");
    if (!S_ISREG(status.st_mode)) throw fail("is not a regular file (a pipe, socket or device)");

    std::string text;
    std::string chunk(std::size_t{1} << 16, '\0');
    for (;;) {
        const ssize_t got = read(file.fd, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw fail(fmt::format("cannot read the file: {}", std::strerror(errno)));
        if (got == 0) return text;
        text.append(chunk, 0, static_cast<std::size_t>(got));
        if (text.size() > max_input_bytes)
            throw fail(
                fmt::format("is larger than {} MiB, the limit for an input file", max_input_bytes >> 20));
    }
}

std::string_view checked_text(std::string_view text, std::string_view file, Tabs tabs) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::uint32_t line = 1;
    std::size_t line_start = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '\n') {
            ++line;
            line_start = ++i;
            continue;
        }
        const auto fail = [&](std::string message) -> InputError {
            return {location_in(file, line, static_cast<std::uint32_t>(i - line_start + 1)), "",
                    std::move(message)};
        };
        if (c == '\t') {
            if (tabs == Tabs::refused) throw fail("a tab; use spaces");
        } else if (c == '\r') {
            if (i + 1 < text.size() && text[i + 1] != '\n')
                throw fail("a carriage return without a line feed");
        } else if (c < 0x20 || c == 0x7F) {
            throw fail(c == 0 ? std::string("a NUL byte") : fmt::format("the control character 0x{:02x}", c));
        }
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0) throw fail(fmt::format("the byte 0x{:02x} is not valid UTF-8", c));
        i += length;
    }
    return text;
}

}  // namespace octet

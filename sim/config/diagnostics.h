// What is wrong with the input: collected, then reported all at once.
#pragma once
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/location.h"

namespace octet {

struct Diagnostic {
    Location where;
    std::string key;  // dotted path, may be empty
    std::string message;
};

// `path:line:col: array.fromat: unknown key, did you mean 'format'?`
std::string to_string(const Diagnostic& diagnostic);

class Diagnostics {
  public:
    // Keeps the first `limit` errors and counts the rest.
    static constexpr std::size_t limit = 200;

    void add(const Location& where, std::string key, std::string message);
    bool empty() const { return total_ == 0; }
    std::size_t total() const { return total_; }
    std::span<const Diagnostic> all() const { return kept_; }

    std::string text() const;   // a line an error, no newline at the end
    void throw_if_any() const;  // InputError with all of them
    void append(const Diagnostics& more);

  private:
    std::vector<Diagnostic> kept_;
    std::size_t total_ = 0;
};

// The input is at fault. what() is the text of all errors; the program prints it and exits 1.
class InputError : public std::runtime_error {
  public:
    explicit InputError(Diagnostics diagnostics);
    InputError(const Location& where, std::string key, std::string message);
    const Diagnostics& diagnostics() const { return diagnostics_; }

  private:
    Diagnostics diagnostics_;
};

// ", did you mean 'format'?" if one of the names is close to what was written, else "".
std::string did_you_mean(std::string_view written, std::span<const std::string_view> names);

// Text of the input made fit for a message: control characters escaped, cut after 60 characters.
std::string printable(std::string_view text);
std::string in_quotes(std::string_view text);

// "a, b or c"
std::string any_of(std::span<const std::string_view> names);

}  // namespace octet

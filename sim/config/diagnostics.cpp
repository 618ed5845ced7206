#include "sim/config/diagnostics.h"

#include <fmt/format.h>

namespace octet {

std::string to_string(const Diagnostic& diagnostic) {
    std::string line = to_string(diagnostic.where);
    for (const auto& part : {diagnostic.key, diagnostic.message}) {
        if (part.empty()) continue;
        if (!line.empty()) line += ": ";
        line += part;
    }
    return line;
}

void Diagnostics::add(const Location& where, std::string key, std::string message) {
    ++total_;
    if (kept_.size() < limit) kept_.push_back({where, std::move(key), std::move(message)});
}

void Diagnostics::append(const Diagnostics& more) {
    for (const auto& diagnostic : more.kept_)
        if (kept_.size() < limit) kept_.push_back(diagnostic);
    total_ += more.total_;
}

std::string Diagnostics::text() const {
    std::string lines;
    for (const auto& diagnostic : kept_) {
        if (!lines.empty()) lines += '\n';
        lines += to_string(diagnostic);
    }
    if (total_ > kept_.size()) lines += fmt::format("\nand {} more errors", total_ - kept_.size());
    return lines;
}

void Diagnostics::throw_if_any() const {
    if (!empty()) throw InputError(*this);
}

InputError::InputError(Diagnostics diagnostics)
    : std::runtime_error(diagnostics.text()), diagnostics_(std::move(diagnostics)) {}

namespace {
Diagnostics one(const Location& where, std::string key, std::string message) {
    Diagnostics diagnostics;
    diagnostics.add(where, std::move(key), std::move(message));
    return diagnostics;
}
}  // namespace

InputError::InputError(const Location& where, std::string key, std::string message)
    : InputError(one(where, std::move(key), std::move(message))) {}

}  // namespace octet

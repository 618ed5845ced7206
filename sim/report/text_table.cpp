#include "sim/report/text_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace octet {
namespace {

const std::string nothing;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

std::string as_csv(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    return '"' + replaced(text, "\"", "\"\"") + '"';
}

}  // namespace

const std::string& TextTable::cell(const std::vector<std::string>& row, std::size_t column) const {
    return column < row.size() ? row[column] : nothing;
}

std::string TextTable::aligned(bool colour) const {
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        widths.push_back(columns_[c].title.size());
        for (const auto& row : rows_) widths[c] = std::max(widths[c], cell(row, c).size());
    }
    const auto line = [&](const auto& text_of) {
        std::string text;
        for (std::size_t c = 0; c < columns_.size(); ++c)
            text += columns_[c].right ? fmt::format("{}{:>{}}", c == 0 ? "" : "  ", text_of(c), widths[c])
                                      : fmt::format("{}{:<{}}", c == 0 ? "" : "  ", text_of(c), widths[c]);
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    };
    const std::string titles = line([&](std::size_t c) { return columns_[c].title; });
    std::string out = (colour ? "\033[1m" + titles + "\033[0m" : titles) + "\n";
    for (const auto& row : rows_) out += line([&](std::size_t c) { return cell(row, c); }) + "\n";
    return out;
}

std::string TextTable::markdown() const {
    std::string out = "|", rule = "|";
    for (const Column& column : columns_) {
        out += fmt::format(" {} |", column.title);
        rule += column.right ? " ---: |" : " --- |";
    }
    out += "\n" + rule + "\n";
    for (const auto& row : rows_) {
        out += "|";
        for (std::size_t c = 0; c < columns_.size(); ++c)
            out += fmt::format(" {} |", replaced(replaced(cell(row, c), "|", "\\|"), "\n", " "));
        out += "\n";
    }
    return out;
}

std::string TextTable::csv() const {
    std::string out;
    const auto line = [&](const auto& text_of) {
        for (std::size_t c = 0; c < columns_.size(); ++c) out += (c == 0 ? "" : ",") + as_csv(text_of(c));
        out += "\n";
    };
    line([&](std::size_t c) { return columns_[c].title; });
    for (const auto& row : rows_) line([&](std::size_t c) { return cell(row, c); });
    return out;
}

}  // namespace octet

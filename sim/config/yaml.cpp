#include "sim/config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>

#include "sim/config/text.h"
#include "sim/config/tree_builder.h"

namespace octet {
namespace {

// Hands the text to the parser in pieces, and no further ahead of the events than max_lookahead: the parser
// holds every token of a flow collection that could still turn out to be a key, at a few hundred bytes each.
class Pieces : public std::streambuf {
  public:
    Pieces(std::string_view text, const TreeBuilder& builder) : text_(text), builder_(builder) {}

    struct TooFarAhead {};

  protected:
    int_type underflow() override {
        if (given_ == text_.size()) return traits_type::eof();
        if (given_ > builder_.position() + max_lookahead) throw TooFarAhead{};
        const std::size_t length = std::min(piece, text_.size() - given_);
        char* first = const_cast<char*>(text_.data()) + given_;
        setg(first, first, first + length);
        given_ += length;
        return traits_type::to_int_type(*first);
    }

  private:
    static constexpr std::size_t piece = std::size_t{1} << 14, max_lookahead = std::size_t{4} << 20;
    std::string_view text_;
    const TreeBuilder& builder_;
    std::size_t given_ = 0;
};

void move_to(Node& node, const Location& where) {
    node.location = where;
    for (auto& item : node.items) move_to(item, where);
    for (auto& entry : node.entries) {
        entry.key_location = where;
        move_to(entry.value, where);
    }
}

// The parser skips directives that it does not know, and some lines that look like one.
void refuse_directives(std::string_view text, std::string_view file) {
    std::size_t at = text.starts_with('%') ? 0 : text.find("\n%");
    if (at == text.npos) return;
    if (at > 0) ++at;
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    throw InputError(location_in(file, static_cast<std::uint32_t>(line), 1), "",
                     "a line cannot start with % (directives are not allowed)");
}

}  // namespace

Node parse_yaml(std::string_view text, std::string_view file) {
    text = checked_text(text, file);
    refuse_directives(text, file);
    TreeBuilder builder(text, file);
    Pieces pieces(text, builder);
    std::istream stream(&pieces);
    builder.root.location = location_in(file, 1, 1);
    try {
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    } catch (const YAML::Exception& error) {
        builder.errors.add(builder.locate(error.mark), "", fmt::format("not valid YAML: {}", error.msg));
    } catch (const Pieces::TooFarAhead&) {
        builder.errors.add(builder.last(), "",
                           "4 MiB of text without a complete value; write long lists one item a line");
    }
    builder.errors.throw_if_any();
    return std::move(builder.root);
}

Node parse_value(std::string_view text, const Location& where, const std::string& key) {
    try {
        Node node = parse_yaml(text, *where.file);
        move_to(node, where);
        return node;
    } catch (const InputError& error) {
        Diagnostics moved;
        for (const auto& diagnostic : error.diagnostics().all()) moved.add(where, key, diagnostic.message);
        throw InputError(std::move(moved));
    }
}

Node read_yaml(const std::string& path) {
    return parse_yaml(read_text_file(path), path);
}

}  // namespace octet

#include "sim/config/json_reader.h"

#include <fmt/format.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "sim/config/text.h"

namespace octet {
namespace {

using Json = nlohmann::json;

// The parser tells what it reads, not where. Its events come in the order of the text's tokens, so a cursor
// that walks over one token an event knows.
class Cursor {
  public:
    Cursor(std::string_view text, std::string_view file) : text_(text), file_(location_in(file)) {}

    // The place of the next token, and the token. Only what the parser has read is looked at.
    Location next() {
        skip([](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':'; });
        const Location where = here();
        start_ = at_;
        if (at_ == text_.size()) return where;
        const char first = text_[at_];
        if (first == '"') {
            for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
                if (text_[at_] == '\\') ++at_;
            at_ = std::min(at_ + 1, text_.size());
        } else if (first == '{' || first == '}' || first == '[' || first == ']') {
            ++at_;
        } else {
            skip([](char c) {
                return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
            });
        }
        return where;
    }
    std::string_view token() const { return text_.substr(start_, at_ - start_); }

    // Of a byte further on.
    Location locate(std::size_t byte) {
        while (at_ < std::min(byte, text_.size())) step();
        return here();
    }

  private:
    Location here() const { return {file_.file, line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)}; }
    void step() {
        if (text_[at_++] == '\n') {
            ++line_;
            line_start_ = at_;
        }
    }
    template <class F>
    void skip(F&& of) {
        while (at_ < text_.size() && of(text_[at_])) step();
    }

    std::string_view text_;
    Location file_;
    std::size_t at_ = 0, start_ = 0, line_start_ = 0;
    std::uint32_t line_ = 1;
};

class JsonTree : public Json::json_sax_t {
  public:
    JsonTree(std::string_view text, std::string_view file) : cursor_(text, file) {}

    Node root;
    Diagnostics errors;

    bool null() override { return attach(Node::Kind::null); }
    bool boolean(bool) override { return attach(Node::Kind::scalar); }
    bool number_integer(number_integer_t) override { return attach(Node::Kind::scalar); }
    bool number_unsigned(number_unsigned_t) override { return attach(Node::Kind::scalar); }
    bool number_float(number_float_t, const string_t&) override { return attach(Node::Kind::scalar); }
    bool string(string_t& text) override {
        Node node;
        node.kind = Node::Kind::scalar;
        node.quoted = true;
        node.location = cursor_.next();
        node.text = text;
        return attach(std::move(node));
    }
    bool binary(binary_t&) override { return false; }  // not in a text

    bool key(string_t& text) override {
        Open& map = open_.back();
        map.key_location = cursor_.next();
        map.key = text;
        const auto [known, fresh] = map.lines.emplace(text, map.key_location.line);
        if (!fresh)
            errors.add(
                map.key_location, "",
                fmt::format("duplicate key {}, first written in line {}", in_quotes(text), known->second));
        return true;
    }
    bool start_object(std::size_t) override { return start(Node::Kind::map); }
    bool start_array(std::size_t) override { return start(Node::Kind::list); }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }

    bool parse_error(std::size_t position, const std::string& last, const Json::exception& error) override {
        const auto* beyond = dynamic_cast<const nlohmann::detail::out_of_range*>(&error);
        errors.add(cursor_.locate(position == 0 ? 0 : position - 1), "",
                   beyond != nullptr ? fmt::format("{} does not fit a double", in_quotes(last))
                   : last.empty()    ? "not valid JSON: the text ends too early"
                                     : fmt::format("not valid JSON at {}", in_quotes(last)));
        return false;
    }

  private:
    struct Open {
        Node node;
        std::string key;
        Location key_location;
        std::unordered_map<std::string, std::uint32_t> lines;  // of its keys
    };

    [[noreturn]] void stop(const Location& where, std::string message) {
        errors.add(where, "", std::move(message));
        throw InputError(errors);
    }

    bool start(Node::Kind kind) {
        Open open;
        open.node.kind = kind;
        open.node.location = cursor_.next();
        if (open_.size() == max_json_depth)
            stop(open.node.location, fmt::format("nested more than {} levels deep", max_json_depth));
        open_.push_back(std::move(open));
        return true;
    }
    bool end() {
        cursor_.next();
        Node node = std::move(open_.back().node);
        open_.pop_back();
        return attach(std::move(node));
    }

    bool attach(Node::Kind kind) {
        Node node;
        node.kind = kind;
        node.location = cursor_.next();
        if (kind == Node::Kind::scalar) node.text = cursor_.token();
        return attach(std::move(node));
    }
    bool attach(Node node) {
        if (++values_ > max_json_values)
            stop(node.location, fmt::format("more than {} values, the limit for a file", max_json_values));
        if (open_.empty())
            root = std::move(node);
        else if (Open& parent = open_.back(); parent.node.is_list())
            parent.node.items.push_back(std::move(node));
        else
            parent.node.entries.push_back({std::move(parent.key), parent.key_location, std::move(node)});
        return true;
    }

    Cursor cursor_;
    std::vector<Open> open_;
    std::size_t values_ = 0;
};

}  // namespace

Node parse_json(std::string_view text, std::string_view file) {
    text = checked_text(text, file, Tabs::allowed);
    JsonTree tree(text, file);
    Json::sax_parse(text, &tree);
    tree.errors.throw_if_any();
    return std::move(tree.root);
}

Node read_json(const std::string& path) {
    return parse_json(read_text_file(path), path);
}

}  // namespace octet

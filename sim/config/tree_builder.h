// The parser's events to a tree, closing the gaps of the parser on the way. Part of yaml.cpp.
#pragma once
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/config/yaml.h"

namespace octet {

// Builds the tree from the parser's events. Errors that leave the structure intact are collected; others end
// the parse.
class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(std::string_view text, std::string_view file)
        : text_(text), file_(location_in(file)), last_(location_in(file, 1, 1)) {}

    Node root;
    Diagnostics errors;
    bool seen_document = false;

    Location locate(const YAML::Mark& mark) const {
        if (mark.line < 0) return {file_.file, 1, 1};
        return {file_.file, static_cast<std::uint32_t>(mark.line) + 1,
                static_cast<std::uint32_t>(mark.column) + 1};
    }

    // How far into the text the last event was.
    std::size_t position() const { return position_; }
    Location last() const { return last_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        // The parser would go on for ever over some trailing content, so this must end it.
        if (seen_document)
            stop(locate(mark), "content after the end of the document: a file holds one document");
        seen_document = true;
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Node node;
        node.location = locate(mark);
        // An empty value is reported by the parser at whatever comes next; its key says better where it is.
        const char first = at(mark);
        if (first != '~' && first != 'n' && first != 'N' && !expects_key() && !open_.empty() &&
            open_.back().node.is_map())
            node.location = open_.back().key_location;
        refuse_properties(mark, "?", anchor);
        if (expects_key()) stop(locate(mark), "a key is missing before ':'");
        attach(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        if (expects_key()) stop(locate(mark), "an alias (*name) cannot be a key; aliases are not allowed");
        errors.add(locate(mark), "", "an alias (*name); write the value out, or use `extends`");
        Node node;
        node.location = locate(mark);
        attach(std::move(node));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_properties(mark, tag, anchor);
        const std::size_t end = end_of_scalar(mark, value);
        if (expects_key()) {
            check_colon(mark, end);
            add_key(value, locate(mark), tag == "?");
            return;
        }
        Node node;
        node.kind = Node::Kind::scalar;
        node.quoted = tag != "?";
        node.location = locate(mark);
        node.text = value;
        attach(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        start(Node::Kind::list, mark, tag, anchor, style);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        start(Node::Kind::map, mark, tag, anchor, style);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapEnd() override { end(); }

  private:
    // A list or mapping that has started and not ended.
    struct Open {
        Node node;
        bool flow = false;     // in brackets
        bool has_key = false;  // a key waits for its value
        std::string key;
        Location key_location;
        std::unordered_map<std::string, std::uint32_t> lines;  // of the keys, once there are many
    };

    char at(const YAML::Mark& mark) {
        position_ = std::max(position_, static_cast<std::size_t>(std::max(mark.pos, 0)));
        last_ = locate(mark);
        const auto position = static_cast<std::size_t>(mark.pos);
        return mark.pos >= 0 && position < text_.size() ? text_[position] : '\0';
    }

    [[noreturn]] void stop(const Location& where, std::string message) {
        errors.add(where, "", std::move(message));
        throw InputError(errors);
    }

    bool expects_key() const { return !open_.empty() && open_.back().node.is_map() && !open_.back().has_key; }

    void refuse_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        // The parser gives quoted scalars the tag "!", so a written "!" shows in the text only.
        if ((tag != "?" && tag != "!" && !tag.empty()) || at(mark) == '!')
            errors.add(locate(mark), "", "a tag (!name); types follow from the key, tags are not allowed");
        if (anchor != 0)
            errors.add(locate(mark), "",
                       "an anchor (&name); write the value out where it is used, or use `extends`");
    }

    // Behind the scalar at `mark`. The parser takes the end of the text for a closing quote, so look for it.
    std::size_t end_of_scalar(const YAML::Mark& mark, const std::string& value) {
        const auto first = static_cast<std::size_t>(mark.pos);
        const char quote = at(mark);
        if (quote != '"' && quote != '\'') return first + value.size();
        const std::string_view stops = quote == '"' ? "\"\\" : "'";
        auto i = text_.find_first_of(stops, first + 1);
        while (i != text_.npos) {
            const bool doubled = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote;
            if (text_[i] == quote && !doubled) return i + 1;
            i = text_.find_first_of(stops, i + 2);
        }
        stop(locate(mark), "the quote that starts here is not closed");
    }

    // The parser takes a word alone for a key without a value, and words on several lines for one key.
    void check_colon(const YAML::Mark& mark, std::size_t end) {
        const auto next = text_.find_first_not_of(' ', end);
        if (next == text_.npos || text_[next] != ':') {
            const bool flow = open_.back().flow;
            stop(locate(mark), flow ? "expected a colon behind this key, or a closing bracket"
                                    : "expected a colon behind this key");
        }
    }

    void add_key(const std::string& key, const Location& where, bool plain) {
        if (plain && key == "<<") errors.add(where, "", "a merge key (<<) is not allowed; use `extends`");
        Open& map = open_.back();
        map.has_key = true;
        map.key = key;
        map.key_location = where;
        if (const std::uint32_t line = line_of(map, key); line != 0)
            errors.add(where, "",
                       fmt::format("duplicate key {}, first written in line {}", in_quotes(key), line));
    }

    // The line of an earlier equal key, 0 if there is none. Hashing starts late: most mappings are small.
    static std::uint32_t line_of(Open& map, const std::string& key) {
        const auto& entries = map.node.entries;
        if (entries.size() < 16) {
            const Entry* entry = map.node.find(key);
            return entry == nullptr ? 0 : entry->key_location.line;
        }
        for (std::size_t i = map.lines.empty() ? 0 : entries.size() - 1; i < entries.size(); ++i)
            map.lines.emplace(entries[i].key, entries[i].key_location.line);
        const auto found = map.lines.find(key);
        return found == map.lines.end() ? 0 : found->second;
    }

    void start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
               YAML::EmitterStyle::value style) {
        refuse_properties(mark, tag, anchor);
        if (expects_key()) stop(locate(mark), "a list or mapping cannot be a key (is a bracket not closed?)");
        if (open_.size() == max_yaml_depth)
            stop(locate(mark), fmt::format("nested more than {} levels deep", max_yaml_depth));
        Open open;
        open.node.kind = kind;
        open.flow = style == YAML::EmitterStyle::Flow;
        open.node.location = locate(mark);
        open_.push_back(std::move(open));
    }

    void end() {
        Node node = std::move(open_.back().node);
        open_.pop_back();
        attach(std::move(node));
    }

    void attach(Node node) {
        if (++values_ > max_yaml_values)
            stop(node.location, fmt::format("more than {} values, the limit for a file", max_yaml_values));
        if (open_.empty()) {
            root = std::move(node);
        } else if (Open& parent = open_.back(); parent.node.is_list()) {
            parent.node.items.push_back(std::move(node));
        } else {
            parent.node.entries.push_back({std::move(parent.key), parent.key_location, std::move(node)});
            parent.has_key = false;
        }
    }

    std::string_view text_;
    Location file_;
    std::vector<Open> open_;
    std::size_t position_ = 0, values_ = 0;
    Location last_;
};

}  // namespace octet

// What a YAML text says, before it means anything: a tree in which every value and every key knows where it
// was written.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/location.h"

namespace octet {

struct Entry;

struct Node {
    enum class Kind : std::uint8_t { null, scalar, list, map };

    Kind kind = Kind::null;
    bool faulty = false;  // its error was reported already: readers pass over it
    bool quoted = false;  // a scalar written in quotes or as a block: text, never a number
    Location location;
    std::string text;            // scalar
    std::vector<Node> items;     // list
    std::vector<Entry> entries;  // map, in the order written; no key twice

    bool is_scalar() const { return kind == Kind::scalar; }
    bool is_list() const { return kind == Kind::list; }
    bool is_map() const { return kind == Kind::map; }

    // Linear in the number of keys: for mappings with known keys. nullptr if absent.
    const Entry* find(std::string_view key) const;
    Entry* find(std::string_view key);
    // The value at a dotted path of keys, nullptr if absent.
    const Node* at(std::string_view dotted) const;
};

struct Entry {
    std::string key;
    Location key_location;
    Node value;
};

// "the word 'x'", "the quoted text '12'", "a list", "nothing": for messages.
std::string describe_value(const Node& node);

}  // namespace octet

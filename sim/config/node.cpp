#include "sim/config/node.h"

#include "sim/config/diagnostics.h"

namespace octet {

const Entry* Node::find(std::string_view key) const {
    for (const auto& entry : entries)
        if (entry.key == key) return &entry;
    return nullptr;
}

Entry* Node::find(std::string_view key) {
    return const_cast<Entry*>(static_cast<const Node*>(this)->find(key));
}

const Node* Node::at(std::string_view dotted) const {
    const Node* node = this;
    while (node != nullptr) {
        const auto dot = dotted.find('.');
        const Entry* entry = node->find(dotted.substr(0, dot));
        node = entry == nullptr ? nullptr : &entry->value;
        if (dot == std::string_view::npos) break;
        dotted.remove_prefix(dot + 1);
    }
    return node;
}

std::string describe_value(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::list:
            return "a list";
        case Node::Kind::map:
            return "a mapping";
        case Node::Kind::scalar:
            break;
    }
    return (node.quoted ? "the quoted text " : "") + in_quotes(node.text);
}

}  // namespace octet

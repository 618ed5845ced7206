// A configuration of another program: keys in several spellings, each of which must be known. What is asked
// for here is counted; finish() reports the rest, so nothing that may change a computation is passed over.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/describe.h"
#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/workload/description.h"

namespace octet {

using Spellings = std::initializer_list<std::string_view>;

class ConfigFields {
  public:
    // `node`, a mapping, must outlive this. `prefix` stands before keys in messages.
    ConfigFields(const Node& node, Diagnostics& diagnostics, std::string prefix = {})
        : node_(node), diagnostics_(diagnostics), prefix_(std::move(prefix)) {}

    // The value under one of the spellings, nullptr if there is none or it is null. Two must agree.
    const Node* find(Spellings spellings);
    bool has(Spellings spellings) { return find(spellings) != nullptr; }

    // What is not there keeps its value, unless it is required. Whether it was there.
    bool integer(Spellings spellings, std::uint64_t& value, Bounds bounds = {1, max_size}, Presence = {});
    bool number(Spellings spellings, double& value, Interval interval, Presence = {});
    bool flag(Spellings spellings, bool& value);
    bool text(Spellings spellings, std::string& value);

    template <class E, std::size_t N>
    void choice(Spellings spellings, E& value, const std::array<Named<E>, N>& table) {
        std::string word;
        if (!text(spellings, word)) return;
        for (const auto& row : table)
            if (row.name == word) return void(value = row.value);
        unknown(spellings, word, names_of(table));
    }

    // Must be absent, null or this: anything else changes the computation and is not modelled.
    void only(std::string_view key, Spellings texts);
    void without_influence(std::initializer_list<std::string_view> keys);

    // At the key if it is there, else at the mapping.
    void error(std::string_view key, std::string message);
    void finish();
    Diagnostics& diagnostics() const { return diagnostics_; }
    std::string path(std::string_view key) const { return prefix_ + std::string(key); }

  private:
    std::string_view written(Spellings spellings) const;  // the one that is there, else the first
    const Node* expect(Spellings spellings, Presence presence, std::string_view expected);
    void unknown(Spellings spellings, std::string_view word, Words known);

    const Node& node_;
    Diagnostics& diagnostics_;
    std::string prefix_;
    std::vector<std::string_view> known_;
};

}  // namespace octet

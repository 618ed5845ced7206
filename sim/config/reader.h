// YAML to struct, after the struct's description. Every error of the mapping is reported, none stops the
// reading.
#pragma once
#include <concepts>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "sim/config/describe.h"
#include "sim/config/diagnostics.h"
#include "sim/config/node.h"

namespace octet {

// Reads one mapping. Use read() below for a whole struct; other code that walks a tree may hold a Reader by
// itself: construct, visit keys, call finish(), which reports the keys nobody asked for.
class Reader {
  public:
    static constexpr bool reads = true;

    // `node` must outlive the reader. `key` is what the mapping is called in messages ("" for the root of a
    // file).
    Reader(const Node& node, Diagnostics& diagnostics, std::string_view key = {});
    Reader(const Reader& parent, const Node& node, std::string_view key);  // the value of a key
    Reader(const Reader& parent, const Node& node,
           std::size_t index);  // an item of the list `parent` stands on
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    template <std::integral T>
    void integer(std::string_view key, T& value, Bounds bounds, std::string_view, Presence presence = {}) {
        if (const auto read = read_integer(key, bounds, {}, presence)) value = static_cast<T>(*read);
    }
    template <std::integral T>
    void integer(std::string_view key, std::optional<T>& value, Bounds bounds, std::string_view,
                 Presence presence = {}) {
        if (const auto read = read_integer(key, bounds, {}, presence)) value = static_cast<T>(*read);
    }
    template <std::integral T>
    void integer_or_word(std::string_view key, T& value, Bounds bounds, std::string_view word, T meaning,
                         std::string_view, Presence presence = {}) {
        if (is_word(key, word)) {
            value = meaning;
        } else if (const auto read = read_integer(key, bounds, word, presence)) {
            value = static_cast<T>(*read);
        }
    }
    void number(std::string_view key, double& value, Interval interval, std::string_view,
                Presence presence = {}) {
        if (const auto read = read_number(key, interval, presence)) value = *read;
    }
    void number(std::string_view key, std::optional<double>& value, Interval interval, std::string_view,
                Presence presence = {}) {
        if (const auto read = read_number(key, interval, presence)) value = *read;
    }
    void boolean(std::string_view key, bool& value, std::string_view, Presence presence = {});
    void text(std::string_view key, std::string& value, std::string_view, Presence presence = {});
    void text(std::string_view key, std::optional<std::string>& value, std::string_view,
              Presence presence = {}) {
        if (std::string read; text(key, read, {}, presence), !read.empty()) value = std::move(read);
    }
    // Resolved against the folder of the file that names it (paths.h).
    void path(std::string_view key, std::string& value, std::string_view, Presence presence = {});

    template <class E, std::size_t N>
    void choice(std::string_view key, E& value, const std::array<Named<E>, N>& table, std::string_view,
                Presence presence = {}) {
        if (const auto i = read_word(key, names_of(table), presence)) value = table[*i].value;
    }
    template <class E, std::size_t N>
    void choice_or_auto(std::string_view key, E& value, const std::array<Named<E>, N>& table,
                        std::string_view) {
        if (is_word(key, "auto")) return;
        std::vector<std::string_view> names{"auto"};
        for (const auto& row : table) names.push_back(row.name);
        if (const auto i = read_word(key, names, {}); i && *i > 0) value = table[*i - 1].value;
    }
    void word(std::string_view key, std::string& value, Words allowed, std::string_view,
              Presence presence = {}) {
        if (const auto i = read_word(key, allowed, presence)) value = allowed[*i];
    }
    void word_or_auto(std::string_view key, std::string& value, Words allowed, std::string_view doc) {
        if (!is_word(key, "auto")) word(key, value, allowed, doc);
    }

    void numbers(std::string_view key, std::vector<double>& values, Interval interval, std::string_view,
                 Presence presence = {});
    void texts(std::string_view key, std::vector<std::string>& values, std::string_view,
               Presence presence = {});
    void words(std::string_view key, std::vector<std::string>& values, Words allowed, std::string_view,
               Presence presence = {});
    void one_or_more_words(std::string_view key, std::vector<std::string>& values, Words allowed,
                           std::string_view, Presence presence = {});

    template <class F>
    void group(std::string_view key, std::string_view, F&& keys, Presence presence = {}) {
        const Node* node = find(key, presence, "a mapping");
        if (node == nullptr) return;
        Reader inner(*this, *node, key);
        if (!inner.is_map()) return;
        keys(inner);
        inner.finish();
    }
    template <class T>
    void section(std::string_view key, T& value, std::string_view doc, Presence presence = {}) {
        group(
            key, doc, [&](Reader& inner) { describe(inner, value); }, presence);
    }
    template <class T>
    void section(std::string_view key, std::optional<T>& value, std::string_view doc,
                 Presence presence = {}) {
        group(
            key, doc, [&](Reader& inner) { describe(inner, value.emplace()); }, presence);
    }
    template <class T>
    void records(std::string_view key, std::vector<T>& values, std::string_view, Presence presence = {}) {
        const Node* node = find(key, presence, "a list of mappings");
        if (node == nullptr) return;
        const Reader list(*this, *node, key);
        if (!list.is_list()) return;
        values.clear();
        values.reserve(node->items.size());
        for (std::size_t i = 0; i < node->items.size(); ++i) {
            Reader inner(list, node->items[i], i);
            T& value = values.emplace_back();
            if (!inner.is_map()) continue;
            describe(inner, value);
            inner.finish();
        }
    }
    template <class... Ts>
    void variant(std::string_view key, std::variant<Ts...>& value,
                 const std::array<std::string_view, sizeof...(Ts)>& kinds, std::string_view,
                 Presence presence = {}) {
        const Node* node = find(key, presence, "a mapping");
        if (node == nullptr) return;
        Reader inner(*this, *node, key);
        if (!inner.is_map()) return;
        const auto kind = inner.read_word("kind", kinds, required);
        if (!kind) return;
        std::size_t i = 0;
        ((i++ == *kind ? describe(inner, value.template emplace<Ts>()) : void()), ...);
        inner.finish();
    }
    // `condition` is what the keys need, in words: "phase.kind decode".
    template <class F>
    void when(bool applies, std::string_view condition, F&& keys) {
        const std::string_view outer = std::exchange(refused_, applies ? refused_ : condition);
        keys();
        refused_ = outer;
    }
    void check(std::string_view key, bool holds, std::string_view message) {
        if (!holds) error(key, std::string(message));
    }

    // At the key (or dotted path of keys) if it is there, else at the mapping.
    void error(std::string_view key, std::string message);
    // The value of a key, counted as asked for; nullptr if absent. Missing and required is reported as
    // `expected ...`.
    const Node* find(std::string_view key, Presence presence = {}, std::string_view expected = {});
    void finish();
    // Whether the node is what the code expects; reported if not.
    bool is_map() const;
    bool is_list() const;
    std::string key_path(std::string_view key = {}) const;
    Diagnostics& diagnostics() const { return diagnostics_; }

  private:
    std::optional<std::int64_t> read_integer(std::string_view key, Bounds bounds, std::string_view word,
                                             Presence);
    std::optional<double> read_number(std::string_view key, Interval interval, Presence);
    std::optional<std::size_t> read_word(std::string_view key, Words allowed, Presence);
    bool is_word(std::string_view key, std::string_view word);
    bool wrong_kind(std::string_view expected) const;

    const Node& node_;
    Diagnostics& diagnostics_;
    const Reader* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = no_index;
    std::string_view refused_;             // not empty: keys seen now are errors, this is what they need
    std::vector<std::string_view> known_;  // keys asked for
    std::size_t found_ = 0;                // of them, how many were there
    static constexpr std::size_t no_index = ~std::size_t{0};
};

// Reads a whole mapping with a description. `also` are further keys that the caller has dealt with.
template <class T>
void read(const Node& node, T& value, Diagnostics& diagnostics,
          std::initializer_list<std::string_view> also = {}, std::string_view key = {}) {
    Reader reader(node, diagnostics, key);
    if (!reader.is_map()) return;
    for (const auto name : also) reader.find(name);
    describe(reader, value);
    reader.finish();
}

}  // namespace octet

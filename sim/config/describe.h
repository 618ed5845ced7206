// One description per struct serves for reading it, printing it and explaining it. A description is a
// function template
//
//     template <class V> void describe(V& v, ArrayConfig& c) {
//         v.integer("rows", c.rows, {1, 4096}, "PEs along the reduction dimension", required);
//     }
//
// found by its argument, that names every key in order. The visitors are Reader (reader.h: YAML to struct),
// JsonWriter (json_writer.h: struct to the resolved JSON) and SchemaWriter (schema.h: JSON Schema). What a
// struct holds before it is read are the defaults. All visitors offer:
//
// - integer, number, boolean, text, path: one value (integer, number and text also into std::optional)
// - integer_or_word: an integer, or one word that stands for a value (`unlimited`)
// - choice, choice_or_auto: a word for an enumerator; `auto` keeps what the struct holds
// - word, word_or_auto: a word of a closed list, kept as text
// - numbers, texts, words: lists; numbers takes a lone number as a list of one
// - one_or_more_words: words of a closed list; a lone word is a list of one
// - section, group: a mapping; of a struct with a description, or of the keys a lambda visits
// - records: a list of structs with descriptions
// - variant: a mapping whose `kind` selects one of several structs
// - when: keys that only some value of an earlier key allows
// - check: a condition between keys (reading only)
// - V::reads: whether the visitor fills the struct
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

enum class Presence : bool { optional, required };
inline constexpr Presence required = Presence::required;

struct Bounds {  // inclusive
    std::int64_t min = 0, max = std::numeric_limits<std::int64_t>::max();
};
struct Interval {  // inclusive
    double min = 0, max = std::numeric_limits<double>::max();
};

template <class E>
struct Named {
    std::string_view name;
    E value;
};

template <class E, std::size_t N>
std::array<std::string_view, N> names_of(const std::array<Named<E>, N>& table) {
    std::array<std::string_view, N> names;
    for (std::size_t i = 0; i < N; ++i) names[i] = table[i].name;
    return names;
}

template <class E, std::size_t N>
std::string_view name_in(const std::array<Named<E>, N>& table, E value) {
    for (const auto& row : table)
        if (row.value == value) return row.name;
    return "?";
}

using Words = std::span<const std::string_view>;

}  // namespace octet

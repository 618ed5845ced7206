// Description to JSON Schema (draft 2020-12): what `octet schema KIND` prints for editors.
#pragma once
#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "sim/config/describe.h"

namespace octet {

using Json = nlohmann::ordered_json;

// A file that extends another one may leave out anything, so keys are demanded inside of lists and of files
// that do not extend, and not in nested mappings.
class SchemaWriter {
  public:
    static constexpr bool reads = false;

    Json properties = Json::object();
    Json required_keys = Json::array();

    Json object() const {
        return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    }

    template <std::integral T>
    void integer(std::string_view key, const T& value, Bounds bounds, std::string_view doc,
                 Presence presence = {}) {
        put(key, with_default(integer_schema(bounds), value, presence), doc, presence);
    }
    template <std::integral T>
    void integer(std::string_view key, const std::optional<T>&, Bounds bounds, std::string_view doc,
                 Presence presence = {}) {
        put(key, integer_schema(bounds), doc, presence);
    }
    template <std::integral T>
    void integer_or_word(std::string_view key, const T& value, Bounds bounds, std::string_view word,
                         T meaning, std::string_view doc, Presence presence = {}) {
        Json schema{{"anyOf", {integer_schema(bounds), {{"const", word}}}}};
        if (presence != required) schema["default"] = value == meaning ? Json(word) : Json(value);
        put(key, std::move(schema), doc, presence);
    }
    void number(std::string_view key, double value, Interval interval, std::string_view doc,
                Presence presence = {}) {
        put(key, with_default(number_schema(interval), value, presence), doc, presence);
    }
    void number(std::string_view key, const std::optional<double>&, Interval interval, std::string_view doc,
                Presence presence = {}) {
        put(key, number_schema(interval), doc, presence);
    }
    void boolean(std::string_view key, bool value, std::string_view doc, Presence presence = {}) {
        put(key, with_default({{"type", "boolean"}}, value, presence), doc, presence);
    }
    void text(std::string_view key, const std::string&, std::string_view doc, Presence presence = {}) {
        put(key, {{"type", "string"}, {"minLength", 1}}, doc, presence);
    }
    void text(std::string_view key, const std::optional<std::string>&, std::string_view doc,
              Presence presence = {}) {
        text(key, std::string{}, doc, presence);
    }
    void path(std::string_view key, const std::string& value, std::string_view doc, Presence presence = {}) {
        text(key, value, doc, presence);
    }
    template <class E, std::size_t N>
    void choice(std::string_view key, const E& value, const std::array<Named<E>, N>& table,
                std::string_view doc, Presence presence = {}) {
        put(key, with_default({{"enum", names_of(table)}}, name_in(table, value), presence), doc, presence);
    }
    template <class E, std::size_t N>
    void choice_or_auto(std::string_view key, const E&, const std::array<Named<E>, N>& table,
                        std::string_view doc) {
        word_or_auto(key, {}, names_of(table), doc);
    }
    void word(std::string_view key, const std::string& value, Words allowed, std::string_view doc,
              Presence presence = {}) {
        Json schema{{"enum", std::vector<std::string_view>(allowed.begin(), allowed.end())}};
        put(key, value.empty() ? schema : with_default(schema, value, presence), doc, presence);
    }
    void word_or_auto(std::string_view key, const std::string&, Words allowed, std::string_view doc) {
        std::vector<std::string_view> names{"auto"};
        names.insert(names.end(), allowed.begin(), allowed.end());
        put(key, {{"enum", names}, {"default", "auto"}}, doc, {});
    }
    void numbers(std::string_view key, const std::vector<double>&, Interval interval, std::string_view doc,
                 Presence presence = {}) {
        const Json one = number_schema(interval);
        put(key, {{"anyOf", {one, {{"type", "array"}, {"items", one}}}}}, doc, presence);
    }
    void texts(std::string_view key, const std::vector<std::string>&, std::string_view doc,
               Presence presence = {}) {
        put(key, {{"type", "array"}, {"items", {{"type", "string"}}}}, doc, presence);
    }
    void words(std::string_view key, const std::vector<std::string>& values, Words allowed,
               std::string_view doc, Presence presence = {}) {
        const std::vector<std::string_view> names(allowed.begin(), allowed.end());
        put(key, with_default({{"type", "array"}, {"items", {{"enum", names}}}}, values, presence), doc,
            presence);
    }
    void one_or_more_words(std::string_view key, const std::vector<std::string>&, Words allowed,
                           std::string_view doc, Presence presence = {}) {
        const Json one{{"enum", std::vector<std::string_view>(allowed.begin(), allowed.end())}};
        put(key, {{"anyOf", {one, {{"type", "array"}, {"items", one}}}}}, doc, presence);
    }
    template <class F>
    void group(std::string_view key, std::string_view doc, F&& keys, Presence presence = {}) {
        SchemaWriter inner;
        keys(inner);
        put(key, inner.object(), doc, presence);
    }
    template <class T>
    void section(std::string_view key, T& value, std::string_view doc, Presence presence = {}) {
        group(
            key, doc, [&](SchemaWriter& inner) { describe(inner, value); }, presence);
    }
    template <class T>
    void section(std::string_view key, std::optional<T>&, std::string_view doc, Presence presence = {}) {
        T value;
        section(key, value, doc, presence);
    }
    template <class T>
    void records(std::string_view key, std::vector<T>&, std::string_view doc, Presence presence = {}) {
        SchemaWriter inner;
        T value;
        describe(inner, value);
        Json item = inner.object();
        item["required"] = inner.required_keys;
        put(key, {{"type", "array"}, {"items", std::move(item)}}, doc, presence);
    }
    // A text is the path of a file that holds the mapping.
    template <class... Ts>
    void variant(std::string_view key, std::variant<Ts...>&,
                 const std::array<std::string_view, sizeof...(Ts)>& kinds, std::string_view doc,
                 Presence presence = {}) {
        Json forms = Json::array({{{"type", "string"}}});
        std::size_t i = 0;
        (forms.push_back(alternative<Ts>(kinds[i++])), ...);
        put(key, {{"anyOf", std::move(forms)}}, doc, presence);
    }
    template <class F>
    void when(bool, std::string_view condition, F&& keys) {
        const std::string outer = std::exchange(condition_, std::string(condition));
        keys();
        condition_ = outer;
    }
    void check(std::string_view, bool, std::string_view) {}

    // A key with a schema of its own.
    void put(std::string_view key, Json schema, std::string_view doc, Presence presence = {}) {
        std::string description(doc);
        if (!condition_.empty()) description += " (with " + condition_ + ")";
        if (!description.empty()) schema["description"] = std::move(description);
        properties[std::string(key)] = std::move(schema);
        if (presence == required && condition_.empty()) required_keys.push_back(key);
    }

  private:
    static Json integer_schema(Bounds bounds) {
        Json schema{{"type", "integer"}, {"minimum", bounds.min}};
        if (bounds.max != Bounds{}.max) schema["maximum"] = bounds.max;
        return schema;
    }
    static Json number_schema(Interval interval) {
        constexpr double endless = std::numeric_limits<double>::max();
        Json schema{{"type", "number"}};
        if (interval.min != -endless) schema["minimum"] = interval.min;
        if (interval.max != endless) schema["maximum"] = interval.max;
        return schema;
    }
    template <class T>
    static Json with_default(Json schema, const T& value, Presence presence) {
        if (presence != required) schema["default"] = value;
        return schema;
    }
    template <class T>
    static Json alternative(std::string_view kind) {
        SchemaWriter inner;
        T value;
        inner.put("kind", {{"const", kind}}, {}, required);
        describe(inner, value);
        Json schema = inner.object();
        schema["required"] = Json::array({"kind"});
        return schema;
    }

    std::string condition_;
};

// The schema of a whole file. `keys` visits everything but `kind` and `extends`.
template <class F>
Json file_schema(std::string_view kind, F&& keys) {
    SchemaWriter writer;
    writer.put("kind", {{"const", kind}}, "what this file is");
    writer.put("extends", {{"type", "string"}}, "a file of the same kind that is taken first");
    keys(writer);
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "Octet " + std::string(kind)}};
    schema.update(writer.object());
    schema["required"] = Json::array({"kind"});
    if (!writer.required_keys.empty())
        schema["anyOf"] = {{{"required", {"extends"}}}, {{"required", writer.required_keys}}};
    return schema;
}

}  // namespace octet

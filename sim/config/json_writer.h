// Struct to JSON, after the struct's description: the resolved configuration in result documents.
#pragma once
#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include "sim/config/describe.h"

namespace octet {

class JsonWriter {
  public:
    static constexpr bool reads = false;

    nlohmann::json document = nlohmann::json::object();

    template <std::integral T>
    void integer(std::string_view key, const T& value, Bounds, std::string_view, Presence = {}) {
        put(key, value);
    }
    template <std::integral T>
    void integer(std::string_view key, const std::optional<T>& value, Bounds, std::string_view,
                 Presence = {}) {
        if (value) put(key, *value);
    }
    template <std::integral T>
    void integer_or_word(std::string_view key, const T& value, Bounds, std::string_view word, T meaning,
                         std::string_view, Presence = {}) {
        value == meaning ? put(key, word) : put(key, value);
    }
    void number(std::string_view key, double value, Interval, std::string_view, Presence = {}) {
        put(key, value);
    }
    void number(std::string_view key, const std::optional<double>& value, Interval, std::string_view,
                Presence = {}) {
        if (value) put(key, *value);
    }
    void boolean(std::string_view key, bool value, std::string_view, Presence = {}) { put(key, value); }
    void text(std::string_view key, const std::string& value, std::string_view, Presence = {}) {
        if (!value.empty()) put(key, value);
    }
    void text(std::string_view key, const std::optional<std::string>& value, std::string_view,
              Presence = {}) {
        if (value) put(key, *value);
    }
    void path(std::string_view key, const std::string& value, std::string_view doc, Presence = {}) {
        text(key, value, doc);
    }
    template <class E, std::size_t N>
    void choice(std::string_view key, const E& value, const std::array<Named<E>, N>& table, std::string_view,
                Presence = {}) {
        put(key, name_in(table, value));
    }
    template <class E, std::size_t N>
    void choice_or_auto(std::string_view key, const E& value, const std::array<Named<E>, N>& table,
                        std::string_view doc) {
        choice(key, value, table, doc);
    }
    void word(std::string_view key, const std::string& value, Words, std::string_view doc, Presence = {}) {
        text(key, value, doc);
    }
    void word_or_auto(std::string_view key, const std::string& value, Words, std::string_view doc) {
        text(key, value, doc);
    }
    void numbers(std::string_view key, const std::vector<double>& values, Interval, std::string_view,
                 Presence = {}) {
        if (!values.empty()) put(key, values);
    }
    void texts(std::string_view key, const std::vector<std::string>& values, std::string_view,
               Presence = {}) {
        if (!values.empty()) put(key, values);
    }
    void words(std::string_view key, const std::vector<std::string>& values, Words, std::string_view doc,
               Presence = {}) {
        texts(key, values, doc);
    }
    void one_or_more_words(std::string_view key, const std::vector<std::string>& values, Words,
                           std::string_view doc, Presence = {}) {
        texts(key, values, doc);
    }
    template <class F>
    void group(std::string_view key, std::string_view, F&& keys, Presence = {}) {
        JsonWriter inner;
        keys(inner);
        put(key, std::move(inner.document));
    }
    template <class T>
    void section(std::string_view key, T& value, std::string_view doc, Presence = {}) {
        group(key, doc, [&](JsonWriter& inner) { describe(inner, value); });
    }
    template <class T>
    void section(std::string_view key, std::optional<T>& value, std::string_view doc, Presence = {}) {
        if (value) section(key, *value, doc);
    }
    template <class T>
    void records(std::string_view key, std::vector<T>& values, std::string_view, Presence = {}) {
        auto list = nlohmann::json::array();
        for (T& value : values) {
            JsonWriter inner;
            describe(inner, value);
            list.push_back(std::move(inner.document));
        }
        put(key, std::move(list));
    }
    template <class... Ts>
    void variant(std::string_view key, std::variant<Ts...>& value,
                 const std::array<std::string_view, sizeof...(Ts)>& kinds, std::string_view doc,
                 Presence = {}) {
        group(key, doc, [&](JsonWriter& inner) {
            inner.put("kind", kinds[value.index()]);
            std::visit([&](auto& alternative) { describe(inner, alternative); }, value);
        });
    }
    template <class F>
    void when(bool applies, std::string_view, F&& keys) {
        if (applies) keys();
    }
    void check(std::string_view, bool, std::string_view) {}

  private:
    template <class T>
    void put(std::string_view key, T&& value) {
        document[std::string(key)] = std::forward<T>(value);
    }
};

// The JSON of a struct with a description.
template <class T>
nlohmann::json write_json(T value) {
    JsonWriter writer;
    describe(writer, value);
    return std::move(writer.document);
}

}  // namespace octet

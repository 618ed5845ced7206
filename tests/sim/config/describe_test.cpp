// One description: read, printed, explained.
#include <gtest/gtest.h>

#include "sim/config/json_writer.h"
#include "sim/config/reader.h"
#include "sim/config/schema.h"
#include "sim/config/yaml.h"
#include "tests/sim/config/messages.h"

namespace octet {
namespace {

using testing::HasSubstr;

enum class Colour : std::uint8_t { red, green };
constexpr auto colour_names = std::to_array<Named<Colour>>({{"red", Colour::red}, {"green", Colour::green}});
constexpr auto sizes = std::to_array<std::string_view>({"small", "large"});

struct Wheel {
    int spokes = 1;
};
struct Sail {
    double area = 2;
};

struct Cart {
    int wheels = 4;
    std::uint64_t load = 10;
    double speed = 1.5;
    bool covered = false;
    std::string name;
    Colour colour = Colour::red;
    std::string size = "small";
    std::vector<double> prices;
    std::vector<std::string> stops;
    std::optional<int> year;
    std::vector<Wheel> spares;
    std::variant<Wheel, Sail> drive;
};

template <class V>
void describe(V& v, Wheel& w) {
    v.integer("spokes", w.spokes, {1, 9}, "of one wheel", required);
}
template <class V>
void describe(V& v, Sail& s) {
    v.number("area", s.area, {0, 9}, "in square metres");
}
template <class V>
void describe(V& v, Cart& c) {
    v.integer("wheels", c.wheels, {1, 8}, "how many", required);
    v.integer_or_word("load", c.load, {0, 100}, "unlimited", ~std::uint64_t{0}, "in kg");
    v.number("speed", c.speed, {0, 10}, "in km/h");
    v.boolean("covered", c.covered, "has a roof");
    v.text("name", c.name, "shown");
    v.choice_or_auto("colour", c.colour, colour_names, "of the paint");
    v.word("size", c.size, sizes, "class");
    v.numbers("prices", c.prices, {0, 100}, "by year");
    v.texts("stops", c.stops, "on the way");
    v.integer("year", c.year, {1900, 2100}, "of make");
    v.records("spares", c.spares, "spare wheels");
    v.variant("drive", c.drive, std::to_array<std::string_view>({"wheel", "sail"}), "what moves it");
    v.when(c.colour == Colour::green, "colour green", [&] { v.boolean("leaves", c.covered, "painted on"); });
}

std::string read_into(Cart& cart, std::string_view text) {
    Diagnostics diagnostics;
    const Node root = parse_yaml(text, "f");
    read(root, cart, diagnostics, {"kind"});
    return diagnostics.text();
}

TEST(Description, FillsEveryKindOfKey) {
    Cart cart;
    EXPECT_EQ(
        read_into(
            cart,
            "kind: cart\nwheels: 2\nload: unlimited\nspeed: 3\ncovered: true\nname: x y\ncolour: green\n"
            "size: large\nprices: [1, 2.5]\nstops: [a, b]\nyear: 1999\nspares: [{spokes: 3}, {spokes: 4}]\n"
            "drive: {kind: sail, area: 4}\nleaves: true\n"),
        "");
    EXPECT_EQ(cart.wheels, 2);
    EXPECT_EQ(cart.load, ~std::uint64_t{0});
    EXPECT_EQ(cart.speed, 3);
    EXPECT_EQ(cart.colour, Colour::green);
    EXPECT_EQ(cart.size, "large");
    EXPECT_EQ(cart.prices, (std::vector<double>{1, 2.5}));
    EXPECT_EQ(cart.year, 1999);
    EXPECT_EQ(cart.spares.at(1).spokes, 4);
    EXPECT_EQ(std::get<Sail>(cart.drive).area, 4);
    EXPECT_TRUE(cart.covered);
}

TEST(Description, LeavesDefaultsWhereNothingIsWritten) {
    Cart cart;
    cart.colour = Colour::green;
    EXPECT_EQ(read_into(cart, "wheels: 2\ncolour: auto\n"), "");
    EXPECT_EQ(cart.colour, Colour::green);
    EXPECT_EQ(cart.speed, 1.5);
    EXPECT_EQ(cart.year, std::nullopt);
}

TEST(Description, ReportsEveryErrorWithPlaceKeyAndWhatIsAllowed) {
    Cart cart;
    const std::string errors =
        read_into(cart,
                  "load: 1e3\nspeed: fast\ncolour: gren\nprices: [1, x]\nspares: [{spokes: 0}, 3]\n"
                  "leaves: true\nstops: [[]]\nsped: 1\n");
    EXPECT_EQ(errors,
              "f:1:1: wheels: missing key, expected an integer from 1 to 8\n"
              "f:1:7: load: expected an integer from 0 to 100, or unlimited, got '1e3'\n"
              "f:2:8: speed: expected a number from 0 to 10, got 'fast'\n"
              "f:3:9: colour: expected auto, red or green, got 'gren', did you mean 'green'?\n"
              "f:4:13: prices: expected a number from 0 to 100 or a list of such, got 'x'\n"
              "f:7:9: stops[0]: expected a text, got a list\n"
              "f:5:19: spares[0].spokes: expected an integer from 1 to 9, got '0'\n"
              "f:5:23: spares[1]: expected a mapping, got '3'\n"
              "f:6:1: leaves: only with colour green\n"
              "f:8:1: sped: unknown key, did you mean 'speed'?");
}

TEST(Description, CountsErrorsBeyondTheLimitInsteadOfKeepingThem) {
    std::string text = "wheels: 1\n";
    for (int i = 0; i < 1000; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
    Cart cart;
    EXPECT_THAT(read_into(cart, text), HasSubstr("and 800 more errors"));
}

TEST(Description, PrintsWhatItReads) {
    Cart cart;
    ASSERT_EQ(
        read_into(cart,
                  "wheels: 2\nload: unlimited\ndrive: {kind: wheel, spokes: 5}\nspares: [{spokes: 3}]\n"),
        "");
    EXPECT_EQ(
        write_json(cart).dump(),
        R"({"colour":"red","covered":false,"drive":{"kind":"wheel","spokes":5},"load":"unlimited","size":"small",)"
        R"("spares":[{"spokes":3}],"speed":1.5,"wheels":2})");
    Cart again;
    EXPECT_EQ(read_into(again, write_json(cart).dump()), "") << "JSON is YAML";
    EXPECT_EQ(write_json(again), write_json(cart));
}

TEST(Description, ExplainsItselfAsJsonSchema) {
    const Json schema = file_schema("cart", [](SchemaWriter& v) {
        Cart cart;
        describe(v, cart);
    });
    EXPECT_EQ(schema["properties"]["kind"]["const"], "cart");
    EXPECT_EQ(schema["properties"]["wheels"]["maximum"], 8);
    EXPECT_FALSE(schema["properties"]["wheels"].contains("default"));
    EXPECT_EQ(schema["properties"]["speed"]["default"], 1.5);
    EXPECT_EQ(schema["properties"]["colour"]["enum"].dump(), R"(["auto","red","green"])");
    EXPECT_EQ(schema["properties"]["spares"]["items"]["required"].dump(), R"(["spokes"])");
    EXPECT_EQ(schema["properties"]["leaves"]["description"], "painted on (with colour green)");
    EXPECT_EQ(schema["additionalProperties"], false);
    EXPECT_EQ(schema["anyOf"].dump(), R"([{"required":["extends"]},{"required":["wheels"]}])");
}

TEST(Suggestions, AreMadeForNearNamesOnly) {
    constexpr auto names = std::to_array<std::string_view>({"format", "depth", "rows"});
    EXPECT_EQ(did_you_mean("fromat", names), ", did you mean 'format'?");
    EXPECT_EQ(did_you_mean("row", names), ", did you mean 'rows'?");
    EXPECT_EQ(did_you_mean("capacity", names), "");
    EXPECT_EQ(did_you_mean(std::string(1000, 'x'), names), "");
}

}  // namespace
}  // namespace octet

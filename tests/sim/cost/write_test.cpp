// Tables to YAML and CSV and back.
#include "sim/cost/write.h"

#include <gmock/gmock.h>

#include "sim/cost/vocabulary.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::shipped;
using test::table_of;
using testing::HasSubstr;

CostTable from_yaml(const std::string& text) {
    Diagnostics errors;
    CostTable table = read_costs(parse_yaml(text, "t.yaml"), "t.yaml", errors);
    errors.throw_if_any();
    return table;
}
CostTable from_csv(const std::string& text) {
    Diagnostics errors;
    CostTable table = read_costs(tree_of_csv(text, "t.csv"), "t.csv", errors);
    errors.throw_if_any();
    return table;
}
std::string failure(const std::string& csv) {
    try {
        from_csv(csv);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

void expect_equal(const CostTable& a, const CostTable& b) {
    ASSERT_EQ(a.rows.size(), b.rows.size());
    for (std::size_t i = 0; i < a.rows.size(); ++i) {
        const CostRow &x = a.rows[i], &y = b.rows[i];
        EXPECT_EQ(x.components, y.components);
        EXPECT_EQ(x.actions, y.actions);
        EXPECT_EQ(x.values, y.values);
        EXPECT_EQ(x.source, y.source);
        EXPECT_EQ(x.node_nm, y.node_nm);
        EXPECT_EQ(x.voltage, y.voltage);
        EXPECT_EQ(x.uncertainty, y.uncertainty);
        EXPECT_EQ(x.confidence, y.confidence);
        ASSERT_EQ(x.keys.size(), y.keys.size());
        for (std::size_t k = 0; k < x.keys.size(); ++k) {
            EXPECT_EQ(x.keys[k].name, y.keys[k].name);
            EXPECT_EQ(x.keys[k].words, y.keys[k].words);
            EXPECT_EQ(x.keys[k].points, y.keys[k].points);
        }
    }
    for (const CostKeyName& key : number_keys())
        for (std::size_t q = 0; q < quantity_count; ++q)
            EXPECT_EQ(a.interpolation(key.name, static_cast<Quantity>(q)),
                      b.interpolation(key.name, static_cast<Quantity>(q)))
                << key.name;
}

TEST(WrittenTable, ReadsAsTheSameFromYamlAndCsv) {
    for (const char* name : {"asplos24-40nm.yaml", "horowitz-45nm.yaml", "unit.yaml"}) {
        const CostTable table = shipped(name);
        expect_equal(table, from_yaml(costs_yaml(table)));
        expect_equal(table, from_csv(costs_csv(table)));
        EXPECT_EQ(costs_csv(from_csv(costs_csv(table))), costs_csv(table));
    }
}

TEST(WrittenTable, KeepsTextsThatNeedQuotes) {
    CostTable table = table_of({"component: mac, action: mac, energy: 1"});
    for (const char* source : {"a, b", "he said \"5 pJ\"", "'", "yes", "12", " leading", "a: b",
                               "# no comment", "[x]", "\xc2\xb5", "back\\slash", ",", "\""}) {
        table.rows[0].source = source;
        EXPECT_EQ(from_yaml(costs_yaml(table)).rows[0].source, source);
        EXPECT_EQ(from_csv(costs_csv(table)).rows[0].source, source);
    }
}

TEST(WrittenTable, SplitsARowWhoseQuantitiesAreKnownInDifferentWays) {
    CostTable table = table_of({"component: mac, action: mac, energy: 1, area: 2"});
    table.rows[0].adjusted[static_cast<std::size_t>(Quantity::area)] = Adjusted{Confidence::fitted, 0.5};
    const CostTable read = from_csv(costs_csv(table));
    ASSERT_EQ(read.rows.size(), 2U);
    EXPECT_EQ(read.rows[0].confidence, Confidence::published);
    EXPECT_EQ(read.rows[0][Quantity::energy].front(), 1);
    EXPECT_EQ(read.rows[1].confidence, Confidence::fitted);
    EXPECT_EQ(read.rows[1].uncertainty, 0.5);
    EXPECT_TRUE(read.rows[1][Quantity::energy].empty());
}

TEST(CostCsv, MayLeaveColumnsOutAndPutThemInAnyOrder) {
    const CostTable table = from_csv(
        "source,energy_pj,component,action,confidence\n"
        "\"a book, page 3\",1.5,mac,mac mac_zero_operand,measured\r\n");
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_EQ(table.rows[0].source, "a book, page 3");
    EXPECT_EQ(table.rows[0].actions, (std::vector<std::string>{"mac", "mac_zero_operand"}));
    EXPECT_EQ(table.rows[0][Quantity::energy], std::vector<double>{1.5});
}

TEST(CostCsv, ErrorsAreWhereTheCellIs) {
    const std::string header = "component,action,energy_pj,source,confidence\n";
    EXPECT_THAT(failure(""), HasSubstr("t.csv:1:1: there is no header"));
    EXPECT_THAT(failure("component,enrgy_pj\n"),
                HasSubstr("t.csv:1:11: 'enrgy_pj' is no column, did you mean 'energy_pj'?"));
    EXPECT_THAT(failure("component,component\n"),
                HasSubstr("t.csv:1:11: the column component is there twice"));
    EXPECT_THAT(failure("action,source\n"), HasSubstr("there is no column component"));
    EXPECT_THAT(failure(header + "mac,mac,1,s\n"), HasSubstr("t.csv:2:1: 4 cells under a header of 5"));
    EXPECT_THAT(failure(header + "mac,mac,x,s,measured\n"),
                HasSubstr("t.csv:2:9: rows[0].energy: expected a number"));
    EXPECT_THAT(failure(header + "mac,mac,1,s,measured\nmca,mac,1,s,measured\n"),
                HasSubstr("t.csv:3:1: rows[1].component"));
    EXPECT_THAT(failure(header + "mac,mac,1e-12,s,measured\n"), HasSubstr("in J?"));
    EXPECT_THAT(failure(header + "mac,mac,1,\"s,measured\n"),
                HasSubstr("t.csv:2:11: a quote without its end"));
    EXPECT_THAT(failure(header + "mac,mac,1,\"s\"s,measured\n"), HasSubstr("a quoted cell must end"));
    EXPECT_THAT(failure(header + "interpolate,,,,\ninterpolate,,,,\n"), HasSubstr("is there twice"));
}

}  // namespace
}  // namespace octet

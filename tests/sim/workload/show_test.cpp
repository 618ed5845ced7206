#include "sim/workload/show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/workload/builder.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ShowJson, HasTheKeysOfTheSchema) {
    const auto json = show_json(expand(bert_base(), {.sequence = 128}), 8);
    EXPECT_EQ(json["schema"], 1);
    EXPECT_EQ(json["name"], "bert");
    EXPECT_EQ(json["parameters"], 109'482'240);
    EXPECT_EQ(json["macs"], 11'173'625'856);
    EXPECT_EQ(json["bytes"]["weights"], 109'482'240);
    EXPECT_GT(json["bytes"]["activations"], 0);
    std::uint64_t macs = 0, parameters = 0;
    for (const auto& layer : json["layers"]) {
        macs += layer["macs"].get<std::uint64_t>();
        parameters += layer["parameters"].get<std::uint64_t>();
    }
    EXPECT_EQ(macs, json["macs"]);
    EXPECT_EQ(parameters, json["parameters"]);
}

TEST(ShowJson, GivesAMatmulItsShapeAndOthersTheirElements) {
    const auto json = show_json(expand(bert_base(), {.batch = 2, .sequence = 10}), 8);
    const auto& query = json["operations"][2];
    EXPECT_EQ(query["name"], "layer0.attention.query");
    EXPECT_EQ(query["kind"], "matmul");
    EXPECT_EQ(query["m"], 20);
    EXPECT_EQ(query["n"], 768);
    EXPECT_EQ(query["k"], 768);
    EXPECT_EQ(query["macs"], 20 * 768 * 768);
    EXPECT_EQ(query["inputs"], (nlohmann::json{"embeddings.norm", "layer0.attention.query.weight",
                                               "layer0.attention.query.bias"}));
    EXPECT_EQ(query["outputs"], nlohmann::json{"layer0.attention.query"});
    const auto& norm = json["operations"][1];
    EXPECT_EQ(norm["elements"], 20 * 768);
    EXPECT_EQ(norm["macs"], 0);
    EXPECT_FALSE(norm.contains("k"));
}

TEST(ShowText, ShowsEqualLayersOnce) {
    const auto text = show_text(expand(bert_base(), {.sequence = 128}), 8, "encode");
    EXPECT_THAT(text, HasSubstr("109,482,240"));
    EXPECT_THAT(text, HasSubstr("11,173,625,856"));
    EXPECT_THAT(text, HasSubstr("layer0 to layer11, each of 12"));
    EXPECT_THAT(text, HasSubstr("12 of 128 x 128 x 64"));
    EXPECT_THAT(text, HasSubstr("pooler (not run)"));
    EXPECT_THAT(text, Not(HasSubstr("layer5")));
}

TEST(ShowText, ShowsLayersApartThatDiffer) {
    auto graph = expand(bert(3, 24, 3), {.sequence = 5});
    for (auto& operation : graph.operations)
        if (operation.name == "layer1.ffn.activation") operation.kind = OperationKind::relu;
    const auto text = show_text(graph, 8, "encode");
    EXPECT_THAT(text, HasSubstr("\nlayer0 "));
    EXPECT_THAT(text, HasSubstr("\nlayer1 "));
    EXPECT_THAT(text, HasSubstr("\nlayer2 "));
}

TEST(ShowText, GivesALoneOperationOneLine) {
    GraphBuilder builder("one");
    const auto x = builder.tensor("x", TensorRole::input, 2, 3);
    builder.mark_output(builder.elementwise("relu", OperationKind::relu, {x}));
    EXPECT_THAT(
        show_text(builder.finish(), 8, "a trace"),
        testing::EndsWith(
            "\n"
            "operation  kind  shape (m x n x k)  MACs  parameters  weight bytes  activation bytes\n"
            "relu       relu  2 x 3                 0           0             0                12\n"));
}

}  // namespace
}  // namespace octet

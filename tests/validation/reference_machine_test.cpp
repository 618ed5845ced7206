// Cycle counts of the published machine's RTL, and the totals of its table, beside ours (docs/validation.md).
#include <gtest/gtest.h>

#include <map>

#include "sim/run/simulate.h"

namespace octet::testing {
namespace {

struct Seen {
    std::map<std::string, Cycle> cycles;  // by operation; those that joined another's pass have 0
    Cycle matrix = 0, vector = 0;         // without the embedding
    Cycle total = 0;
    double ideal = 0;  // as the table counts it, without the embedding
};

bool is_embedding(const std::string& name) {
    return name.starts_with("embeddings");
}

// GEMMs: multiply-accumulates / (R * C). What has a pass of its own: elements / lanes, three times for
// softmax, four times for LayerNorm.
double ideal_of(const Operation& operation, const AcceleratorConfig& machine) {
    if (operation.kind == OperationKind::matmul)
        return static_cast<double>(operation.macs()) / machine.array.rows / machine.array.cols;
    const int passes = operation.kind == OperationKind::softmax     ? 3
                       : operation.kind == OperationKind::layernorm ? 4
                                                                    : 1;
    return static_cast<double>(operation.elements()) * passes / machine.vector.lanes;
}

Seen run(const std::string& experiment, const std::vector<std::pair<std::string, std::string>>& settings) {
    std::vector<Setting> set;
    for (const auto& [key, value] : settings) set.push_back({key, value, "--set " + key});
    const ExperimentConfig config =
        load_experiment(OCTET_SOURCE_DIR "/configs/experiments/" + experiment, set);
    const Simulation simulation = simulate(config);
    Seen result;
    result.total = simulation.result.machine.total;
    for (std::size_t i = 0; i < simulation.graph.operations.size(); ++i) {
        const Operation& operation = simulation.graph.operations[i];
        const OperationResult& seen = simulation.result.operations[i];
        const Cycle cycles = seen.end - seen.start;
        result.cycles[operation.name] = cycles;
        if (is_embedding(operation.name) || cycles == 0) continue;
        (operation.kind == OperationKind::matmul ? result.matrix : result.vector) += cycles;
        result.ideal += ideal_of(operation, config.accelerator);
    }
    return result;
}

void expect_within(double share, Cycle simulated, double published, const std::string& what) {
    EXPECT_NEAR(static_cast<double>(simulated) / published, 1, share)
        << what << ": " << simulated << ", published " << published;
}

constexpr const char* mobilebert_tiny = "voyager16-mobilebert-tiny-128.yaml";
constexpr int layers = 21, heads = 4;

// The released program on its machine with a FIFO of so many words.
std::vector<std::pair<std::string, std::string>> released(const char* words) {
    return {{"pe.preset", "int8"}, {"vector.writeback_fifo", words}, {"workload.head", "classifier"}};
}

TEST(ReferenceMachine, TakesTheCyclesOfTheReleasedRtlWithAFifoOfOneWord) {
    const Seen r = run(mobilebert_tiny, released("1"));
    const std::vector<std::pair<const char*, double>> published{{"bottleneck.input", 65'661},
                                                                {"bottleneck.attention", 65'661},
                                                                {"attention.query", 16'524},
                                                                {"attention.key", 16'524},
                                                                {"attention.value", 65'676},
                                                                {"attention.scores", heads * 4'239},
                                                                {"attention.softmax", heads * 6'358},
                                                                {"attention.context", heads * 4'236},
                                                                {"attention.output", 16'510},
                                                                {"attention.residual", 2'082},
                                                                {"ffn0.up", 65'676},
                                                                {"ffn0.down", 65'662},
                                                                {"ffn0.residual", 2'082},
                                                                {"ffn1.up", 65'676},
                                                                {"ffn1.down", 65'662},
                                                                {"ffn1.residual", 2'082},
                                                                {"bottleneck.output", 65'662},
                                                                {"bottleneck.residual", 8'227}};
    for (int layer = 0; layer < layers; ++layer)
        for (const auto& [name, cycles] : published) {
            const std::string operation = "layer" + std::to_string(layer) + "." + name;
            expect_within(0.05, r.cycles.at(operation), cycles, operation);
        }
    // The first pass of the published program quantizes what the embedding has left; here the pass that ends
    // it.
    const Cycle quantize = r.cycles.at("embeddings.sum");
    expect_within(0.05, quantize, 8'226, "quantize");
    expect_within(0.05, r.cycles.at("classifier"), 1'085, "classifier, on the lanes");
    expect_within(0.01, r.matrix, 12'785'759, "matrix");
    expect_within(0.01, r.vector + quantize, 846'211, "vector");
    expect_within(0.01, r.matrix + r.vector + quantize, 13'631'970, "sum");
}

TEST(ReferenceMachine, TakesTheCyclesOfTheRtlWithAFifoOfTwoWords) {
    const Seen r = run(mobilebert_tiny, released("2"));
    expect_within(0.05, r.cycles.at("layer3.attention.scores"), heads * 2'567, "QK");
    expect_within(0.05, r.cycles.at("layer3.attention.query"), 8'337, "query");
    expect_within(0.05, r.cycles.at("layer3.ffn0.up"), 32'913, "FFN");
    expect_within(0.02, r.matrix + r.vector + r.cycles.at("embeddings.sum"), 7.38e6, "sum");
}

TEST(ReferenceMachine, StandsBesideTheTableForMobileBertTiny) {
    const Seen r = run(mobilebert_tiny, {});
    expect_within(0.05, r.matrix + r.vector, 7.71e6, "cycles");
    expect_within(0.05, r.total, 7.71e6, "cycles with the embedding");
    EXPECT_NEAR(r.ideal, 6'778'368 - 4'096 - 512, 0.5)
        << "the released program's, without quantize and classifier";
}

TEST(ReferenceMachine, StandsBesideTheTableForBertBase) {
    const Seen r = run("voyager16-bert-base-128.yaml", {});
    expect_within(0.02, r.matrix + r.vector, 46.07e6, "cycles");
    expect_within(0.02, r.total, 46.07e6, "cycles with the embedding");
    expect_within(0.03, static_cast<Cycle>(r.ideal), 45.79e6, "ideal");
}

// The rule that is closest to the table's program: nothing but the bias joins a product.
TEST(ReferenceMachine, HasTheIdealOfTheTableForMobileBertTinyIfNothingIsFused) {
    const Seen r = run(mobilebert_tiny, {{"fusion", "none"}});
    expect_within(0.05, r.matrix + r.vector, 7.71e6, "cycles");
    expect_within(0.01, static_cast<Cycle>(r.ideal), 7.33e6, "ideal");
}

TEST(ReferenceMachine, HasTheIdealOfTheTableForBertBaseIfNothingIsFused) {
    const Seen r = run("voyager16-bert-base-128.yaml", {{"fusion", "none"}});
    expect_within(0.02, r.matrix + r.vector, 46.07e6, "cycles");
    expect_within(0.01, static_cast<Cycle>(r.ideal), 45.79e6, "ideal");
}

TEST(ReferenceMachine, OperationsOneAfterAnotherAddUpToTheRun) {
    const Seen r = run(mobilebert_tiny, {});
    Cycle sum = 0;
    for (const auto& [name, cycles] : r.cycles) sum += cycles;
    EXPECT_EQ(sum, r.total);
}

}  // namespace
}  // namespace octet::testing

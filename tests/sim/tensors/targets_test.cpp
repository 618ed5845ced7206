#include "sim/tensors/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/tensors/bind.h"
#include "sim/tensors/tensor_file.h"
#include "tests/sim/tensors/checkpoint_file.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TargetsOfARun : public testing::Test {
  protected:
    // Two samples of three tokens, a vocabulary of 11.
    static Graph graph_of(Head head, bool causal, PhaseConfig phase = {.batch = 2, .sequence = 3}) {
        auto d = bert(1, 8, 2);
        d.vocabulary = 11;
        d.positions = 5;
        d.head = head;
        d.causal = causal;
        d.padding_mask = !causal;
        d.tied = d.has_vocabulary_head();
        d.labels = 4;
        return expand(d, phase);
    }
    template <class T>
    std::string npy(const std::string& name, Dtype dtype, std::vector<std::uint64_t> shape,
                    std::vector<T> values) {
        return folder.write(name, npy_text(dtype, shape, std::as_bytes(std::span(values))));
    }
    static std::string complaint(const Graph& graph, const InputsConfig& inputs) {
        try {
            bind_sources(graph, inputs, 0, 1);
        } catch (const InputError& error) {
            return error.what();
        }
        return "nothing";
    }
    InputsConfig inputs() {
        InputsConfig i;
        i.tokens = npy<std::uint8_t>("t.npy", Dtype::u8, {2, 3}, {1, 2, 3, 4, 5, 10});
        return i;
    }
    test::CheckpointFolder folder;
    static constexpr std::int64_t none = Targets::none;
};

TEST_F(TargetsOfARun, OfAStepOfTrainingAreWhatItsLossIsMadeOf) {
    PhaseConfig phase{.kind = PhaseKind::train, .batch = 2, .sequence = 3};
    const Graph graph = graph_of(Head::classifier, false, phase);
    const auto labels = static_cast<TensorId>(std::ranges::find(graph.tensors, "labels", &Tensor::name) -
                                              graph.tensors.begin());
    InputsConfig given = inputs();
    EXPECT_FALSE(bind_sources(graph, given, 0, 1).targets) << "labels that are drawn";
    given.labels = npy<std::int64_t>("l.npy", Dtype::i64, {2}, {3, 1});
    const Sources sources = bind_sources(graph, given, 0, 1);
    EXPECT_EQ(graph.operations[sources.targets->operation].name, "classifier");
    EXPECT_THAT(sources.targets->classes, ElementsAre(3, 1));
    EXPECT_THAT(sources.tensors[labels], ElementsAre(0, 0, 0, -1, 0, -1, 0, 0));
    given.labels = npy<std::int64_t>("n.npy", Dtype::i64, {2}, {3, none});
    EXPECT_THAT(complaint(graph, given), HasSubstr("n.npy: label 1"));
    // Of every token as they stand: nothing is shifted, for every row has one.
    const Graph model = graph_of(Head::lm, true, phase);
    given.labels = npy<std::int64_t>("m.npy", Dtype::i64, {2, 3}, {1, 2, 3, 4, 5, 6});
    EXPECT_THAT(bind_sources(model, given, 0, 1).targets->classes, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(TargetsOfARun, AreTheNextTokensOfALanguageModel) {
    const Graph graph = graph_of(Head::lm, true);
    const Sources sources = bind_sources(graph, inputs(), 0, 1);
    ASSERT_TRUE(sources.targets);
    EXPECT_EQ(graph.operations[sources.targets->operation].name, "head");
    EXPECT_THAT(sources.targets->classes, ElementsAre(2, 3, none, 5, 10, none));
}

TEST_F(TargetsOfARun, OfALanguageModelAreTheNextTokensLabelsIfThereAreSome) {
    InputsConfig with = inputs();
    with.labels = npy<std::int16_t>("l.npy", Dtype::i16, {2, 3}, {7, -100, 3, 4, 5, -100});
    EXPECT_THAT(bind_sources(graph_of(Head::lm, true), with, 0, 1).targets->classes,
                ElementsAre(none, 3, none, 5, none, none));
}

TEST_F(TargetsOfARun, OfAMaskedModelAreItsLabels) {
    InputsConfig with = inputs();
    EXPECT_FALSE(bind_sources(graph_of(Head::mlm, false), with, 0, 1).targets);
    with.labels = npy<std::int16_t>("l.npy", Dtype::i16, {2, 3}, {-100, 9, -100, -100, -100, 0});
    EXPECT_THAT(bind_sources(graph_of(Head::mlm, false), with, 0, 1).targets->classes,
                ElementsAre(none, 9, none, none, none, 0));
}

TEST_F(TargetsOfARun, OfAClassifierAndOfAPrefillAreOneForASample) {
    InputsConfig with;
    with.labels = npy<std::int64_t>("l.npy", Dtype::i64, {2}, {3, 0});
    EXPECT_THAT(bind_sources(graph_of(Head::classifier, false), with, 0, 1).targets->classes,
                ElementsAre(3, 0));
    const Graph prefill = graph_of(Head::lm, true, {.kind = PhaseKind::prefill, .batch = 2, .sequence = 3});
    EXPECT_THAT(bind_sources(prefill, with, 0, 1).targets->classes, ElementsAre(3, 0));
    EXPECT_FALSE(bind_sources(prefill, inputs(), 0, 1).targets);
}

TEST_F(TargetsOfARun, AreNotMadeOfTokensThatWereDrawn) {
    EXPECT_FALSE(bind_sources(graph_of(Head::lm, true), {}, 0, 1).targets);
}

TEST_F(TargetsOfARun, AndTokensAreThoseOfTheFirstSamplesOfALongerFile) {
    const Graph graph = graph_of(Head::lm, true, {.batch = 1, .sequence = 3});
    const Sources sources = bind_sources(graph, inputs(), 0, 1);
    EXPECT_THAT(sources.tokens, ElementsAre(1, 2, 3));
    EXPECT_THAT(sources.targets->classes, ElementsAre(2, 3, none));
    EXPECT_THAT(complaint(graph_of(Head::lm, true, {.batch = 1, .sequence = 2}), inputs()),
                HasSubstr("t.npy: 2 x 3 values of type U8; expected 1 samples of 2 whole numbers"));
    EXPECT_THAT(complaint(graph_of(Head::lm, true, {.batch = 3, .sequence = 3}), inputs()),
                HasSubstr("expected 3 samples of 3"));
}

TEST_F(TargetsOfARun, ThatMakeNoSenseAreRefused) {
    InputsConfig with = inputs();
    with.labels = npy<std::int16_t>("l.npy", Dtype::i16, {2, 3}, {-100, 11, -100, -100, -100, 0});
    EXPECT_THAT(complaint(graph_of(Head::mlm, false), with),
                HasSubstr("l.npy: label 1 is 11; ids from 0 to 10 and -100 are known"));
    with.labels = npy<std::int16_t>("l.npy", Dtype::i16, {2, 3}, {-100, -1, -100, -100, -100, 0});
    EXPECT_THAT(complaint(graph_of(Head::mlm, false), with), HasSubstr("label 1 is -1"));
    with.labels = npy<float>("l.npy", Dtype::f32, {2, 3}, std::vector<float>(6));
    EXPECT_THAT(complaint(graph_of(Head::mlm, false), with), HasSubstr("values of type F32"));
    with.labels = npy<std::int16_t>("l.npy", Dtype::i16, {2, 3}, std::vector<std::int16_t>(6, -100));
    EXPECT_THAT(complaint(graph_of(Head::mlm, false), with),
                HasSubstr("every label says that there is none"));
    EXPECT_THAT(complaint(graph_of(Head::none, false), with), HasSubstr("the workload makes no logits"));
    const Graph decode =
        graph_of(Head::lm, true, {.kind = PhaseKind::decode, .batch = 2, .context = 3, .tokens = 2});
    with = {};
    with.labels = npy<std::int16_t>("l.npy", Dtype::i16, {2, 2}, {1, 2, 3, 4});
    EXPECT_THAT(complaint(decode, with), HasSubstr("the workload makes logits 2 times"));
}

}  // namespace
}  // namespace octet

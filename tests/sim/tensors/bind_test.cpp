#include "sim/tensors/bind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "sim/tensors/tensor_file.h"

namespace octet {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class BoundSources : public testing::Test {
  protected:
    BoundSources() {
        fs::create_directories(folder);
        graph.tensors = {{"words", TensorRole::weight, 1, 10, 2},
                         {"look_up", TensorRole::activation, 1, 6, 2},
                         {"weight", TensorRole::weight, 1, 2, 3},
                         {"bias", TensorRole::weight, 1, 1, 3},
                         {"result", TensorRole::output, 1, 6, 3}};
        Operation look_up;
        look_up.name = "look_up";
        look_up.kind = OperationKind::embedding;
        look_up.inputs = {0};
        look_up.output = 1;
        look_up.batch = 2, look_up.m = 3, look_up.n = 2;
        Operation product;
        product.name = "product";
        product.inputs = {1, 2, 3};
        product.has_bias = true;
        product.output = 4;
        product.m = 6, product.n = 3, product.k = 2;
        graph.operations = {look_up, product};
    }
    ~BoundSources() override { fs::remove_all(folder); }

    template <class T>
    std::string npy(const std::string& name, Dtype dtype, std::vector<std::uint64_t> shape,
                    std::vector<T> values) {
        const fs::path path = folder / name;
        std::ofstream(path, std::ios::binary) << npy_text(dtype, shape, std::as_bytes(std::span(values)));
        return path.string();
    }
    void all_weights() {
        npy<float>("words.npy", Dtype::f32, {10, 2}, std::vector<float>(20, 0.5F));
        npy<float>("weight.npy", Dtype::f32, {2, 3}, {1, 2, 3, 4, 5, 6});
        npy<double>("bias.npy", Dtype::f64, {3}, {7, 8, 9});
    }
    std::string complaint(const InputsConfig& inputs) {
        try {
            bind_sources(graph, inputs, 0, 1);
        } catch (const InputError& error) {
            return error.what();
        }
        return "nothing";
    }
    fs::path folder = fs::temp_directory_path() / ("octet-bind-" + std::to_string(getpid()));
    Graph graph;
};

TEST_F(BoundSources, ComeFromAFolderByName) {
    all_weights();
    npy<float>("other.npy", Dtype::f32, {1}, {1});
    InputsConfig inputs;
    inputs.weights = folder.string();
    const Sources sources = bind_sources(graph, inputs, 0, 1);
    EXPECT_EQ(sources.tensors[2], (std::vector<double>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(sources.tensors[3], (std::vector<double>{7, 8, 9}));
    EXPECT_EQ(sources.unused, std::vector<std::string>{"other"});
    EXPECT_EQ(sources.tokens.size(), 6U);  // drawn
}

TEST_F(BoundSources, ComeFromASafetensorsFile) {
    const std::string header =
        R"({"words":{"dtype":"F32","shape":[10,2],"data_offsets":[0,80]},"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[80,104]},"bias":{"dtype":"F32","shape":[1,3],"data_offsets":[104,116]}})";
    std::string text(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(text.data(), &size, 8);
    std::vector<float> values(29, 2.0F);
    values[26] = 5;
    text += header + std::string(reinterpret_cast<const char*>(values.data()), 116);
    std::ofstream(folder / "model.safetensors", std::ios::binary) << text;
    InputsConfig inputs;
    inputs.weights = (folder / "model.safetensors").string();
    EXPECT_EQ(bind_sources(graph, inputs, 0, 1).tensors[3], (std::vector<double>{5, 2, 2}));
}

TEST_F(BoundSources, TakeTokensAndActivations) {
    InputsConfig inputs;
    inputs.tokens = npy<std::int64_t>("t.npy", Dtype::i64, {2, 3}, {0, 9, 1, 2, 3, 4});
    EXPECT_EQ(bind_sources(graph, inputs, 0, 1).tokens, (std::vector<std::uint64_t>{0, 9, 1, 2, 3, 4}));
    graph.operations.erase(graph.operations.begin());
    graph.tensors[1].role = TensorRole::input;
    inputs = {};
    inputs.activations = npy<float>("x.npy", Dtype::f32, {6, 2}, std::vector<float>(12, 3.0F));
    EXPECT_EQ(bind_sources(graph, inputs, 0, 1).tensors[1], std::vector<double>(12, 3.0));
}

TEST_F(BoundSources, SayWhatIsMissingOrDoesNotFit) {
    InputsConfig inputs;
    inputs.weights = folder.string();
    npy<float>("wieght.npy", Dtype::f32, {1}, {1});
    EXPECT_THAT(complaint(inputs),
                HasSubstr("3 of the workload's weights are not there: 'words', 'weight', 'bias'"));
    all_weights();
    EXPECT_EQ(complaint(inputs), "nothing");
    npy<float>("weight.npy", Dtype::f32, {3, 2}, std::vector<float>(6));
    EXPECT_THAT(complaint(inputs), HasSubstr("weight.npy: tensor 'weight' is 3 x 2, expected 2 x 3"));
    npy<std::int32_t>("weight.npy", Dtype::i32, {2, 3}, std::vector<std::int32_t>(6));
    EXPECT_THAT(complaint(inputs), HasSubstr("values of type I32"));
    inputs.weights = (folder / "nothing").string();
    EXPECT_THAT(complaint(inputs), HasSubstr("nothing: cannot be read"));
    inputs = {};
    inputs.tokens = npy<std::int32_t>("t.npy", Dtype::i32, {6}, {0, 1, 2, 3, 4, 10});
    EXPECT_THAT(complaint(inputs), HasSubstr("token 5 is 10; ids from 0 to 9 are known"));
    inputs.tokens = npy<std::int32_t>("t.npy", Dtype::i32, {6}, {0, 1, 2, 3, 4, -1});
    EXPECT_THAT(complaint(inputs), HasSubstr("token 5 is -1"));
    inputs.tokens = npy<std::int32_t>("t.npy", Dtype::i32, {5}, {0, 1, 2, 3, 4});
    EXPECT_THAT(complaint(inputs), HasSubstr("5 values of type I32; expected 2 samples of 3 whole numbers"));
    inputs.tokens = npy<float>("t.npy", Dtype::f32, {6}, std::vector<float>(6));
    EXPECT_THAT(complaint(inputs), HasSubstr("values of type F32"));
    inputs = {};
    inputs.activations = npy<float>("x.npy", Dtype::f32, {6, 2}, std::vector<float>(12));
    EXPECT_THAT(complaint(inputs), HasSubstr("the first operation reads 'words', a weight, no activations"));
    inputs = {};
    inputs.tokens = npy<std::int32_t>("t.npy", Dtype::i32, {6}, {0, 1, 2, 3, 4, 5});
    graph.operations.erase(graph.operations.begin());  // the embedding
    graph.tensors[1].role = TensorRole::input;
    EXPECT_THAT(complaint(inputs), HasSubstr("t.npy: no operation of the workload looks up tokens"));
}

}  // namespace
}  // namespace octet

// Seeded tensors for runs without a trained model.
//
// Number i of a tensor depends on the seed, the tensor's name and i alone. Its random bits are
// scatter(s + i), where s = scatter(seed + hash of the name) and the hash is FNV-1a of 64 bits. Numbers are
// rounded to float.
#pragma once
#include <cstdint>
#include <vector>

#include "sim/config/experiment.h"
#include "sim/workload/graph.h"

namespace octet {

// By TensorId, in the order batch, row, column; empty for what operations make.
using SourceTensors = std::vector<std::vector<double>>;

// Weights of products: standard deviation 1 / sqrt(K), so that activations keep their size; biases and betas
// and the second matrices of adapters 0.02; gammas 1 + 0.02 times; tables of embeddings and inputs 1. Masks
// are 0, tables of angles what their rope says, biases by distance what their table does. Of weights (not of
// biases, gammas and betas) and inputs a share of `outlier_rate` is `outlier_scale` times as large.
SourceTensors synthetic_tensors(const Graph& graph, const SyntheticInputs& inputs, std::uint64_t seed,
                                unsigned threads = 1);

// Numbers of mean 0 and deviation 1 from 64 random bits: the quantile of the probability (bits + 1/2) / 2^64.
// Normal quantiles are exact at multiples of 2^-16 and linear in between, and exact beyond the first and
// last.
double gaussian(std::uint64_t bits);
double laplace(std::uint64_t bits);
double uniform(std::uint64_t bits);

}  // namespace octet

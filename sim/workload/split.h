// LLM.int8() (Dettmers et al. 2022): products with weights in two parts, a few columns of their input in the
// storage format, the rest in a narrow one.
//
// Product P, y = x W with columns of x that are outliers, becomes
//
//   x.regular = x * a row of ones, zeros for outliers      (multiply; formats.quantized)
//   x.outliers = the columns of x that are outliers        (copy)
//   P.quantized = x.regular W                              (matmul; W in formats.quantized)
//   P.outliers = x.outliers * rows of W, plus P's bias     (matmul)
//   P = P.outliers + P.quantized                           (add)
//
// The first two are made once for all products that read x. Inputs whose products share weights have the same
// outliers.
#pragma once
#include <vector>

#include "sim/workload/graph.h"

namespace octet {

struct OutlierSplit {
    std::vector<TensorId> inputs;
    TensorId regular = no_tensor;    // the row, an input of ones
    std::vector<OperationId> picks;  // the copies, one for each input
    std::uint64_t count = 0;         // of outliers
    struct Weight {
        TensorId all = no_tensor, outliers = no_tensor;  // `outliers`: k x n whatever `turned` says
        bool turned = false;
    };
    std::vector<Weight> weights;
};

// Splits products of one matrix whose second operand is of use `weights`, but for reductions of one value.
// ceil(share * k) columns are outliers, at least one and fewer than k: which, the values of `regular`, those
// of the weights' rows and the columns of `picks` say; until they do, columns all over x. Tensors keep their
// ids.
std::vector<OutlierSplit> split_outliers(Graph& graph, double share);

}  // namespace octet

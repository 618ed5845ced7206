// How the values of an N-dimensional tensor lie in the one that holds them: a stride a dimension, in values.
// Reshapes and transpositions are other strides over the same values wherever that is possible.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace octet {

using Dims = std::vector<std::uint64_t>;

struct Strided {
    Dims dims, strides;  // of one length; stride 0: the same values again
    std::uint64_t offset = 0;
    bool operator==(const Strided&) const = default;
};

// The product, or `most` + 1 if it is larger.
std::uint64_t elements_of(const Dims& dims, std::uint64_t most = std::uint64_t{1} << 40);

// Row by row.
Strided dense_layout(Dims dims);
// Every value that `whole` values hold, once and in order.
bool is_dense(const Strided& s, std::uint64_t whole);
// Every value that `whole` values hold, once, in any order.
bool is_permutation(const Strided& s, std::uint64_t whole);

// The same values, in order, as other dims of as many; nothing if that takes a copy.
std::optional<Strided> reshaped(const Strided& s, const Dims& dims);
// Dimension i of the result is order[i] of s. The order is one.
Strided transposed(const Strided& s, const std::vector<std::size_t>& order);
// Sides of 1 repeated, and new dimensions before, up to `dims`; nothing if they do not fit.
std::optional<Strided> expanded(const Strided& s, const Dims& dims);
// What two shapes give together, a side of 1 fitting any; nothing if they do not fit.
std::optional<Dims> broadcast(const Dims& a, const Dims& b);
// Steps `count` of dimension i, from `first` on.
Strided sliced(const Strided& s, std::size_t i, std::uint64_t first, std::uint64_t count);

}  // namespace octet

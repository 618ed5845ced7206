#include "sim/workload/import/strided.h"

#include <algorithm>
#include <numeric>

namespace octet {

std::uint64_t elements_of(const Dims& dims, std::uint64_t most) {
    std::uint64_t product = 1;
    for (const auto side : dims) {
        if (side == 0) return 0;
        if (product > most / side) return most + 1;
        product *= side;
    }
    return product;
}

Strided dense_layout(Dims dims) {
    Strided s{std::move(dims), {}, 0};
    s.strides.resize(s.dims.size());
    std::uint64_t stride = 1;
    for (std::size_t i = s.dims.size(); i-- > 0;) {
        s.strides[i] = stride;
        stride *= s.dims[i];
    }
    return s;
}

bool is_dense(const Strided& s, std::uint64_t whole) {
    if (s.offset != 0 || elements_of(s.dims) != whole) return false;
    std::uint64_t stride = 1;
    for (std::size_t i = s.dims.size(); i-- > 0;) {
        if (s.dims[i] != 1 && s.strides[i] != stride) return false;
        stride *= s.dims[i];
    }
    return true;
}

bool is_permutation(const Strided& s, std::uint64_t whole) {
    std::vector<std::size_t> order(s.dims.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return s.strides[a] > s.strides[b]; });
    return is_dense(transposed(s, order), whole);
}

std::optional<Strided> reshaped(const Strided& s, const Dims& dims) {
    // Runs of old dimensions that are one stretch of values, merged; then cut into the new ones.
    Strided merged;
    for (std::size_t i = 0; i < s.dims.size(); ++i) {
        if (s.dims[i] == 1) continue;
        if (!merged.dims.empty() && merged.strides.back() == s.strides[i] * s.dims[i]) {
            merged.dims.back() *= s.dims[i];
            merged.strides.back() = s.strides[i];
        } else {
            merged.dims.push_back(s.dims[i]);
            merged.strides.push_back(s.strides[i]);
        }
    }
    Strided result{dims, Dims(dims.size()), s.offset};
    std::size_t stretch = 0;
    std::uint64_t left = merged.dims.empty() ? 1 : merged.dims[0];  // of it, not yet cut off
    for (std::size_t i = 0; i < dims.size(); ++i) {
        if (dims[i] == 1) continue;
        if (left == 1 && ++stretch < merged.dims.size()) left = merged.dims[stretch];
        if (stretch >= merged.dims.size() || left % dims[i] != 0) return {};
        left /= dims[i];
        result.strides[i] = merged.strides[stretch] * left;
    }
    return result;
}

Strided transposed(const Strided& s, const std::vector<std::size_t>& order) {
    Strided result{{}, {}, s.offset};
    for (const auto i : order) {
        result.dims.push_back(s.dims[i]);
        result.strides.push_back(s.strides[i]);
    }
    return result;
}

std::optional<Strided> expanded(const Strided& s, const Dims& dims) {
    if (dims.size() < s.dims.size()) return {};
    const std::size_t fresh = dims.size() - s.dims.size();
    Strided result{dims, Dims(dims.size()), s.offset};
    for (std::size_t i = fresh; i < dims.size(); ++i) {
        const auto side = s.dims[i - fresh];
        if (side != dims[i] && side != 1) return {};
        result.strides[i] = side == dims[i] ? s.strides[i - fresh] : 0;
    }
    return result;
}

std::optional<Dims> broadcast(const Dims& a, const Dims& b) {
    Dims result(std::max(a.size(), b.size()));
    for (std::size_t i = 0; i < result.size(); ++i) {
        const auto from_end = [&](const Dims& dims) {
            const std::size_t back = result.size() - i;
            return back > dims.size() ? 1 : dims[dims.size() - back];
        };
        const auto x = from_end(a), y = from_end(b);
        if (x != y && x != 1 && y != 1) return {};
        result[i] = x == 1 ? y : x;
    }
    return result;
}

Strided sliced(const Strided& s, std::size_t i, std::uint64_t first, std::uint64_t count) {
    Strided result = s;
    result.dims[i] = count;
    result.offset += first * s.strides[i];
    return result;
}

}  // namespace octet

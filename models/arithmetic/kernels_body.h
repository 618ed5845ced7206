// The kernels, in terms of `Lanes` of the including file: vectors of floats, doubles and integers and their
// fused multiply-add. Included inside a namespace of its own, after kernels_headers.h, by one file per
// instruction set. No include guard.

using F = Lanes::F;
using I = Lanes::I;
using U = Lanes::U;
using D = Lanes::D;
using L = Lanes::L;
using W = Lanes::W;
constexpr int lanes = Lanes::count;    // of F, I and U
constexpr int wide_lanes = lanes / 2;  // of D, L and W

template <class Vector, class Number>
inline Vector load(const Number* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
template <class Number, class Vector>
inline void store(Number* p, Vector v) {
    std::memcpy(p, &v, sizeof v);
}
inline F all(float v) {
    return v - F{};
}
inline D all(double v) {
    return v - D{};
}

#include "models/arithmetic/kernels_panels.h"

#include "models/arithmetic/kernels_extents.h"

#include "models/arithmetic/kernels_single.h"

#include "models/arithmetic/kernels_double.h"

#include "models/arithmetic/kernels_integer.h"

// Number formats a second time, in exact rational arithmetic and from their written definitions: codes are
// strings of bits read from left to right, encoding is a search among the values of all codes. Shares nothing
// with models/formats.
#pragma once
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace octet::reference {

using Rational = boost::multiprecision::cpp_rational;

Rational exact(double value);             // of a finite double
Rational power_of_two(int exponent);      // any exponent
double to_double(const Rational& value);  // exact or it throws

enum class Family { minifloat, posit, integer };
enum class Top { ieee, nan_only, finite, dlfloat };  // what the largest codes of a minifloat mean
enum class Beyond { saturate, nan, infinity };       // what becomes of values above the maximum

struct Definition {
    std::string name;
    Family family = Family::minifloat;
    int exponent = 0, mantissa = 0, bias = 0;  // minifloat
    Top top = Top::ieee;
    int bits = 0, es = 0;            // posit and integer
    std::optional<int> flush_below;  // posit: magnitudes below 2^that become 0
    int fraction_bits = 0;           // integer: code / 2^that
    bool symmetric = false;          // integer: the most negative code is never made
    int width() const { return family == Family::minifloat ? 1 + exponent + mantissa : bits; }
};

// Every format whose numbers stand for themselves (also the elements of the MX formats, under the MX name).
const std::vector<Definition>& definitions();
const Definition& definition(const std::string& name);

struct Number {
    enum Kind { real, infinity, nan } kind = real;
    Rational value;         // of a real
    bool negative = false;  // sign bit, also of zero
};
Number decode(const Definition& definition, std::uint32_t code);

// Codes of magnitudes of one format in rising order, with the borders between them.
class Encoder {
  public:
    explicit Encoder(const Definition& definition);
    std::uint32_t encode(double value, Beyond beyond = Beyond::saturate) const;
    // All of these were computed as rationals and are doubles exactly, so comparing doubles is exact too.
    const std::vector<double>& magnitudes() const { return magnitudes_; }  // of code 0, 1, 2, ...
    // Where rounding changes from code i to code i + 1; the last one is the border to overflow, if there is
    // one.
    const std::vector<double>& borders() const { return borders_; }

  private:
    std::uint32_t magnitude_code(double magnitude, Beyond beyond, bool negative) const;
    std::uint32_t signed_code(std::uint32_t magnitude, bool negative) const;

    Definition definition_;
    std::vector<double> magnitudes_, borders_;
};

}  // namespace octet::reference

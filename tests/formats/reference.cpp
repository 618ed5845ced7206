#include "tests/formats/reference.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace octet::reference {
namespace {

using Integer = boost::multiprecision::cpp_int;

std::string bits_of(std::uint32_t code, int width) {
    std::string bits;
    for (int i = width - 1; i >= 0; --i) bits += (code >> i & 1) != 0 ? '1' : '0';
    return bits;
}

Integer number_of(const std::string& bits) {
    Integer value = 0;
    for (const char bit : bits) value = value * 2 + (bit == '1' ? 1 : 0);
    return value;
}

// The value of a posit without its sign bit, read bit by bit.
Rational posit_magnitude(const std::string& body, int es) {
    std::size_t run = 0;
    while (run < body.size() && body[run] == body[0]) ++run;
    const int regime = body[0] == '1' ? static_cast<int>(run) - 1 : -static_cast<int>(run);
    std::size_t at = std::min(run + 1, body.size());
    int exponent = 0;
    for (int i = 0; i < es; ++i, ++at)
        exponent = exponent * 2 + (at < body.size() && body[at] == '1' ? 1 : 0);
    Rational value = 1, weight = Rational(1, 2);
    for (; at < body.size(); ++at, weight /= 2)
        if (body[at] == '1') value += weight;
    return value * power_of_two(regime * (1 << es) + exponent);
}

Number decode_minifloat(const Definition& d, std::uint32_t code) {
    const std::string bits = bits_of(code, d.width());
    const std::string exponent_bits = bits.substr(1, static_cast<std::size_t>(d.exponent));
    const std::string mantissa_bits = bits.substr(1 + static_cast<std::size_t>(d.exponent));
    const bool top = exponent_bits.find('0') == std::string::npos;
    const bool all_ones = top && mantissa_bits.find('0') == std::string::npos;
    const bool no_mantissa = mantissa_bits.find('1') == std::string::npos;
    Number number;
    number.negative = bits[0] == '1';
    if (d.top == Top::ieee && top) {
        number.kind = no_mantissa ? Number::infinity : Number::nan;
        return number;
    }
    if ((d.top == Top::nan_only || d.top == Top::dlfloat) && all_ones) {
        number.kind = Number::nan;
        return number;
    }
    const int exponent = static_cast<int>(number_of(exponent_bits));
    const Rational fraction = Rational(number_of(mantissa_bits)) / power_of_two(d.mantissa);
    if (exponent != 0)
        number.value = (1 + fraction) * power_of_two(exponent - d.bias);
    else if (d.top != Top::dlfloat)
        number.value = fraction * power_of_two(1 - d.bias);
    else if (fraction != 0)
        number.value = (1 + fraction) * power_of_two(-d.bias);
    if (number.negative) number.value = -number.value;
    return number;
}

Number decode_posit(const Definition& d, std::uint32_t code) {
    const std::string bits = bits_of(code, d.bits);
    Number number;
    if (bits.find('1') == std::string::npos) return number;
    number.negative = bits[0] == '1';
    if (bits.find('1', 1) == std::string::npos) {
        number.kind = Number::nan;
        number.negative = false;
        return number;
    }
    std::string magnitude = bits;
    if (number.negative) {  // two's complement: keep the last one bit and the zeros behind it, invert what is
                            // before
        const std::size_t last = bits.rfind('1');
        for (std::size_t i = 0; i < last; ++i) magnitude[i] = bits[i] == '1' ? '0' : '1';
    }
    number.value = posit_magnitude(magnitude.substr(1), d.es);
    if (number.negative) number.value = -number.value;
    return number;
}

Number decode_integer(const Definition& d, std::uint32_t code) {
    Number number;
    Integer value = code;
    number.negative = (code >> (d.bits - 1) & 1) != 0;
    if (number.negative) value -= Integer(1) << d.bits;
    number.value = Rational(value) / power_of_two(d.fraction_bits);
    return number;
}

std::vector<Definition> make_definitions() {
    std::vector<Definition> all;
    const auto minifloat = [&](const char* name, int exponent, int mantissa, int bias, Top top) {
        Definition d;
        d.name = name, d.exponent = exponent, d.mantissa = mantissa, d.bias = bias, d.top = top;
        all.push_back(d);
    };
    const auto posit = [&](const char* name, int bits, int es, std::optional<int> flush = std::nullopt) {
        Definition d;
        d.name = name, d.family = Family::posit, d.bits = bits, d.es = es, d.flush_below = flush;
        all.push_back(d);
    };
    const auto integer = [&](const char* name, int bits, int fraction_bits = 0, bool symmetric = false) {
        Definition d;
        d.name = name, d.family = Family::integer, d.bits = bits, d.fraction_bits = fraction_bits,
        d.symmetric = symmetric;
        all.push_back(d);
    };
    posit("posit8_0", 8, 0);
    posit("posit8_1", 8, 1);
    posit("posit8_2", 8, 2);
    posit("posit8_1_ftz", 8, 1, -13);
    posit("posit8_2_ftz", 8, 2, -26);
    posit("posit16_0", 16, 0);
    posit("posit16_1", 16, 1);
    minifloat("e4m3", 4, 3, 7, Top::nan_only);
    minifloat("e4m3_scaled", 4, 3, 7, Top::nan_only);  // at scale 1
    minifloat("e5m2_scaled", 5, 2, 15, Top::ieee);
    minifloat("e4m3_ieee", 4, 3, 7, Top::ieee);
    minifloat("e5m2", 5, 2, 15, Top::ieee);
    minifloat("e5m3", 5, 3, 15, Top::ieee);
    minifloat("e5m4", 5, 4, 15, Top::ieee);
    minifloat("e4m5", 4, 5, 7, Top::ieee);
    minifloat("e6m3", 6, 3, 31, Top::ieee);
    minifloat("e3m2", 3, 2, 3, Top::finite);
    minifloat("e2m3", 2, 3, 1, Top::finite);
    minifloat("e2m1", 2, 1, 1, Top::finite);
    minifloat("mxfp8_e4m3", 4, 3, 7, Top::nan_only);
    minifloat("mxfp8_e5m2", 5, 2, 15, Top::ieee);
    minifloat("mxfp6_e3m2", 3, 2, 3, Top::finite);
    minifloat("mxfp6_e2m3", 2, 3, 1, Top::finite);
    minifloat("mxfp4_e2m1", 2, 1, 1, Top::finite);
    integer("mxint8", 8, 6, true);
    minifloat("msfp12", 1, 2, 1, Top::finite);
    integer("vsq8", 8, 0, true);
    integer("vsq4", 4, 0, true);
    integer("int4_g128", 4);
    integer("int8_vector", 8);
    integer("flex8_5", 8);
    integer("int8", 8);
    integer("int8_zp", 8);  // at zero point 0
    integer("int4", 4);
    integer("int9", 9);
    integer("int24", 24);
    integer("int32", 32);
    minifloat("bf16", 8, 7, 127, Top::ieee);
    minifloat("fp16", 5, 10, 15, Top::ieee);
    minifloat("tf32", 8, 10, 127, Top::ieee);
    minifloat("fp32", 8, 23, 127, Top::ieee);
    minifloat("dlfloat16", 6, 9, 31, Top::dlfloat);
    return all;
}

}  // namespace

Rational exact(double value) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    return Rational(static_cast<std::int64_t>(std::ldexp(fraction, 53))) * power_of_two(exponent - 53);
}

Rational power_of_two(int exponent) {
    const Integer power = Integer(1) << std::abs(exponent);
    return exponent >= 0 ? Rational(power) : Rational(1) / power;
}

double to_double(const Rational& value) {
    const double result = value.convert_to<double>();
    if (exact(result) != value) throw std::logic_error("not a double");
    return result;
}

const std::vector<Definition>& definitions() {
    static const std::vector<Definition> all = make_definitions();
    return all;
}

const Definition& definition(const std::string& name) {
    for (const Definition& d : definitions())
        if (d.name == name) return d;
    throw std::logic_error("no definition of " + name);
}

Number decode(const Definition& d, std::uint32_t code) {
    return d.family == Family::minifloat ? decode_minifloat(d, code)
           : d.family == Family::posit   ? decode_posit(d, code)
                                         : decode_integer(d, code);
}

Encoder::Encoder(const Definition& d) : definition_(d) {
    std::vector<Rational> values;
    for (std::uint32_t code = 0; code < std::uint32_t{1} << (d.width() - 1); ++code) {
        const Number number = decode(d, code);
        if (number.kind != Number::real) break;
        values.push_back(number.value);
        magnitudes_.push_back(to_double(number.value));
    }
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        // A posit's border is the posit of one more bit between the two: its string turns exactly there.
        if (d.family == Family::posit && i == 0)
            borders_.push_back(d.flush_below ? to_double(power_of_two(*d.flush_below)) : 0);
        else if (d.family == Family::posit)
            borders_.push_back(
                to_double(posit_magnitude(bits_of(static_cast<std::uint32_t>(2 * i + 1), d.bits), d.es)));
        else
            borders_.push_back(to_double((values[i] + values[i + 1]) / 2));
    }
    const std::size_t last = values.size() - 1;
    if (d.family != Family::posit)
        borders_.push_back(to_double(values[last] + (values[last] - values[last - 1]) / 2));
}

std::uint32_t Encoder::signed_code(std::uint32_t magnitude, bool negative) const {
    const int width = definition_.width();
    if (!negative) return magnitude;
    if (definition_.family == Family::minifloat) return magnitude | std::uint32_t{1} << (width - 1);
    return static_cast<std::uint32_t>(((std::uint64_t{1} << width) - magnitude) &
                                      ((std::uint64_t{1} << width) - 1));
}

std::uint32_t Encoder::magnitude_code(double magnitude, Beyond beyond, bool negative) const {
    const auto above = std::upper_bound(magnitudes_.begin(), magnitudes_.end(), magnitude);
    const auto below = static_cast<std::uint32_t>(above - magnitudes_.begin() - 1);
    const auto last = static_cast<std::uint32_t>(magnitudes_.size() - 1);
    const bool posit = definition_.family == Family::posit;
    if (below == last && posit) return last;
    if (magnitude == magnitudes_[below]) return below;
    if (posit && below == 0) return magnitude < borders_[0] ? 0 : 1;
    const bool up = magnitude > borders_[below] || (magnitude == borders_[below] && below % 2 != 0);
    if (!up || below != last) return up ? below + 1 : below;
    if (definition_.family == Family::integer) return negative && !definition_.symmetric ? last + 1 : last;
    if (beyond == Beyond::saturate || definition_.top == Top::finite) return last;
    if (definition_.top != Top::ieee) return (std::uint32_t{1} << (definition_.width() - 1)) - 1;  // NaN
    return beyond == Beyond::infinity ? last + 1
                                      : last + 1 + (std::uint32_t{1} << (definition_.mantissa - 1));
}

std::uint32_t Encoder::encode(double value, Beyond beyond) const {
    const Definition& d = definition_;
    const auto last = static_cast<std::uint32_t>(magnitudes_.size() - 1);
    if (d.family == Family::posit && !std::isfinite(value)) return std::uint32_t{1} << (d.bits - 1);
    if (std::isnan(value)) {
        if (d.family == Family::integer) return 0;
        if (d.top == Top::finite) return last;
        return d.top == Top::ieee ? last + 1 + (std::uint32_t{1} << (d.mantissa - 1)) : last + 1;
    }
    const bool negative = std::signbit(value);
    const double magnitude = std::abs(value);
    const std::uint32_t code = magnitude_code(magnitude, beyond, negative);
    const bool nan = d.family == Family::minifloat && code > last + (d.top == Top::ieee ? 1 : 0);
    return nan ? code : signed_code(code, negative);
}

}  // namespace octet::reference

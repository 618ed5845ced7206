// Numbers and codes as people write them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "models/formats/registry.h"

namespace octet {

// A decimal, a C99 hexadecimal float, inf or nan; nullopt if `text` is anything else. Finite texts stay
// finite and do not become zero. The nearest double; with `to_odd` rounded to odd instead, so that encoding
// it is the only rounding.
std::optional<double> parse_number(std::string_view text, bool to_odd = false);

// The shortest decimal that reads back as the same double; nan, inf, -inf.
std::string number_text(double value);

// 0x and ceil(bits/4) lower-case digits.
std::string code_text(Code code, int bits);
// nullopt if `text` is not 0x and digits, or does not fit.
std::optional<Code> parse_code(std::string_view text, int bits);

// The bits of a code in groups: sign, exponent, mantissa; of a posit sign, regime, exponent, fraction of its
// magnitude.
std::string field_text(const FormatInfo& format, Code code);

}  // namespace octet

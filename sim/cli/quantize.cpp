// octet quantize --format F
#include <fmt/format.h>

#include <cmath>
#include <istream>
#include <vector>

#include "sim/cli/numbers.h"
#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/config/diagnostics.h"
#include "sim/report/files.h"

namespace octet {
namespace {

struct Word {
    std::string text;
    std::uint32_t line, column;
};
using Line = std::vector<Word>;

// The words of every line that has any; `#` starts a comment.
std::vector<Line> read_lines(std::istream& in) {
    std::vector<Line> lines;
    std::string text;
    for (std::uint32_t number = 1; std::getline(in, text); ++number) {
        text = text.substr(0, text.find('#'));
        Line line;
        for (std::size_t at = 0; (at = text.find_first_not_of(" \t\r", at)) != std::string::npos;) {
            const std::size_t end = std::min(text.find_first_of(" \t\r", at), text.size());
            line.push_back({text.substr(at, end - at), number, static_cast<std::uint32_t>(at) + 1});
            at = end;
        }
        if (!line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

// Whether numbers are divided by a scale of the whole input: of a tensor, or of a codebook that is given one.
bool takes_scale(const FormatInfo& format) {
    return format.tensor_scale != nullptr || format.encode_scaled != nullptr;
}

class Quantizer {
  public:
    Quantizer(const QuantizeOptions& options, const FormatInfo& format)
        : format_(format),
          blocks_(format.kind == FormatKind::block_scaled),
          scaled_(takes_scale(format)),
          overflow_(options.overflow.value_or(format.overflow)),
          scale_(options.scale),
          zero_(options.zero.value_or(0)) {}

    std::string encode(const std::vector<Line>& lines) {
        std::vector<std::vector<double>> numbers;
        for (const Line& line : lines) numbers.push_back(numbers_of(line));
        complaints_.throw_if_any();
        // The largest magnitude takes the largest code or, around a zero point, the smallest number the
        // smallest.
        if (scaled_ && !scale_ && high_ > low_) {
            scale_ = scale_of(high_ - low_);
            if (format_.zero_point != nullptr) zero_ = format_.zero_point(low_, *scale_);
        }
        if (scaled_ && !(scale_ > 0.0)) scale_ = 1;
        std::string out;
        for (const auto& line : numbers) out += blocks_ ? block_text(line) : pair_text(code_of(line[0]));
        return out;
    }

    std::string decode(const std::vector<Line>& lines) {
        std::string out;
        for (const Line& line : lines) {
            const std::vector<Code> codes = codes_of(line);
            if (!complaints_.empty()) continue;
            out += blocks_ ? block_text(codes[0], {codes.begin() + 1, codes.end()}) : pair_text(codes[0]);
        }
        complaints_.throw_if_any();
        return out;
    }

  private:
    void complain(const Word& word, const std::string& what) {
        complaints_.add(location_in("<stdin>", word.line, word.column), "", what);
    }

    std::vector<double> numbers_of(const Line& line) {
        std::vector<double> numbers;
        const std::size_t most = blocks_ ? static_cast<std::size_t>(format_.block_length) : 1;
        if (line.size() > most)
            complain(line[most], blocks_ ? fmt::format("more than the {} numbers of a block", most)
                                         : "more than one number");
        for (const Word& word : line) {
            const auto number = parse_number(word.text, true);
            if (!number) complain(word, in_quotes(word.text) + " is no number");
            numbers.push_back(number.value_or(0));
            if (scaled_ && !scale_ && number) take_end(*parse_number(word.text));
        }
        return numbers;
    }

    // One code, after it the value that encoding printed; of a block the scale, its codes, after them `|` and
    // values.
    std::vector<Code> codes_of(const Line& line) {
        std::vector<Code> codes;
        for (const Word& word : line) {
            if (blocks_ ? word.text == "|" : !codes.empty()) break;
            const int bits = blocks_ && codes.empty() ? format_.scale_bits : format_.bits;
            const auto code = parse_code(word.text, bits);
            if (!code)
                complain(word,
                         fmt::format("{} is no code of {} bits, such as 0x0", in_quotes(word.text), bits));
            codes.push_back(code.value_or(0));
        }
        if (!blocks_ && line.size() > 2) complain(line[2], "more than a code and its value");
        if (blocks_ && codes.size() == 1) complain(line[0], "a scale without codes");
        const std::size_t values = codes.size() + (blocks_ ? 1 : 0);  // what follows says nothing new
        for (std::size_t i = values; i < line.size(); ++i)
            if (!parse_number(line[i].text)) complain(line[i], in_quotes(line[i].text) + " is no value");
        if (blocks_ && codes.size() > static_cast<std::size_t>(format_.block_length) + 1)
            complain(line[0], fmt::format("more than a scale and {} codes", format_.block_length));
        if (codes.empty()) complain(line[0], "no code");
        return codes.empty() ? std::vector<Code>{0} : codes;
    }

    void take_end(double number) {
        if (!std::isfinite(number)) return;
        const double end = format_.zero_point != nullptr ? number : std::abs(number);
        low_ = std::min(low_, end);
        high_ = std::max(high_, end);
    }

    Code code_of(double number) const {
        if (format_.encode_around != nullptr) return format_.encode_around(number, *scale_, zero_);
        return scaled_ ? format_.encode_scaled(number, *scale_) : format_.encode(number, overflow_);
    }
    std::string pair_text(Code code) const {
        const double value = (format_.decode(code) - zero_) * (scaled_ ? scale_.value_or(1) : 1);
        return fmt::format("{} {}\n", code_text(code, format_.bits), number_text(value));
    }
    std::string block_text(const std::vector<double>& numbers) const {
        const Code scale = format_.encode_scale(numbers, scale_.value_or(1));
        std::vector<Code> codes;
        for (const double number : numbers)
            codes.push_back(format_.encode_element(number, scale, scale_.value_or(1)));
        return block_text(scale, codes);
    }
    std::string block_text(Code scale, const std::vector<Code>& codes) const {
        std::string text = code_text(scale, format_.scale_bits), values = " |";
        for (const Code code : codes) {
            text += ' ' + code_text(code, format_.bits);
            values += ' ' + number_text(format_.decode_element(code, scale) * scale_.value_or(1));
        }
        return text + values + '\n';
    }

    double scale_of(double range) const {
        return format_.tensor_scale != nullptr ? format_.tensor_scale(range) : range / format_.max;
    }

    const FormatInfo& format_;
    bool blocks_, scaled_;
    Overflow overflow_;
    std::optional<double> scale_;
    int zero_;  // the code of 0
    double low_ = 0,
           high_ = 0;  // ends of the input's numbers or, without a zero point, magnitudes; nearest doubles
    Diagnostics complaints_;
};

// Why these options do not go with the format; empty if they do.
std::string misuse(const QuantizeOptions& options, const FormatInfo& format) {
    if (options.scale && !takes_scale(format))
        return fmt::format("--scale: {} has no scale of its own to set", format.name);
    if (options.zero && format.zero_point == nullptr)
        return fmt::format("--zero: {} has no zero point to set", format.name);
    if (options.zero && (*options.zero > format.max || *options.zero < -format.max - 1))
        return fmt::format("--zero: {} is no code of {}, which go from {} to {}", *options.zero, format.name,
                           -format.max - 1, format.max);
    if (options.zero && !options.scale)
        return "--zero goes with --scale: without it both follow from the numbers";
    if (!options.overflow || *options.overflow == Overflow::saturate) return {};
    if (options.decode) return "--overflow has no meaning with --decode";
    if (format.kind != FormatKind::minifloat || !format.has_nan)
        return fmt::format("--overflow: {} always saturates", format.name);
    return {};
}

}  // namespace

int quantize_verb(const QuantizeOptions& options, std::istream& in, std::string& out) {
    const FormatInfo& format = *find_format(options.format);
    if (const std::string reason = misuse(options, format); !reason.empty()) {
        print_error(reason);
        return 2;
    }
    Quantizer quantizer(options, format);
    const std::vector<Line> lines = read_lines(in);
    const std::string text = options.decode ? quantizer.decode(lines) : quantizer.encode(lines);
    return deliver(text, options.out, out);
}

}  // namespace octet

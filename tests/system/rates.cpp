#include "tests/system/rates.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "models/accelerator/run.h"
#include "sim/config/experiment.h"
#include "sim/lower/program.h"
#include "sim/run/workers.h"

namespace octet::test {
namespace {

std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> result;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        if (end > begin) result.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return result;
}

Graph graph_of(const RatedProduct& p) {
    Graph graph;
    graph.name = "product";
    graph.tensors = {{"a", TensorRole::input, 1, p.m, p.k},
                     {"b", TensorRole::weight, 1, p.k, p.n},
                     {"c", TensorRole::output, 1, p.m, p.n}};
    Operation o;
    o.name = "product";
    o.inputs = {0, 1};
    o.output = 2;
    o.m = p.m, o.n = p.n, o.k = p.k;
    graph.operations.push_back(std::move(o));
    return graph;
}

std::uint64_t cycles(const RatedProduct& product, const std::string& halved) {
    std::vector<Setting> settings;
    for (std::string word : words(product.fixed)) {
        if (const std::string dram = "dram="; word.starts_with(dram))
            word.insert(dram.size(), OCTET_SOURCE_DIR "/configs/dram/");
        settings.push_back(parse_setting(word));
    }
    for (const auto& [key, rate] : product.rates) {
        const int slow = key == "clock_mhz" ? rate * 2 : rate / 2;
        settings.push_back(parse_setting(fmt::format("{}={}", key, key == halved ? slow : rate)));
    }
    const AcceleratorConfig machine =
        load_accelerator(OCTET_SOURCE_DIR "/configs/accelerators/edge16-posit8.yaml", settings);
    const Graph graph = graph_of(product);
    Program program(graph, machine, 0);
    return run_machine(machine, program).total;
}

std::map<std::string, std::uint64_t> cycles_of(const RatedProduct& product,
                                               const std::vector<std::string>& halved) {
    const auto results = in_workers(
        halved.size(), 2, [&](std::size_t i) { return std::to_string(cycles(product, halved[i])); });
    std::map<std::string, std::uint64_t> totals;
    for (std::size_t i = 0; i < halved.size(); ++i) {
        if (!results[i].done) throw std::runtime_error(product.text() + ": " + results[i].text);
        totals[halved[i]] = std::stoull(results[i].text);
    }
    return totals;
}

}  // namespace

std::string RatedProduct::text() const {
    std::string text = fmt::format("{} x {} x {} {}", m, n, k, fixed);
    for (const auto& [key, rate] : rates) text += fmt::format(" {}={}", key, rate);
    return text;
}

RatedProduct random_rated_product(std::mt19937& random) {
    const auto pick = [&](std::initializer_list<int> values) {
        return *(values.begin() + static_cast<std::ptrdiff_t>(random() % values.size()));
    };
    const auto word = [&](const std::vector<const char*>& choices) {
        return choices[random() % choices.size()];
    };
    const auto side = [&] {
        const double share = static_cast<double>(random() % 1001) / 1000;
        return static_cast<std::uint64_t>(std::lround(std::exp(share * std::log(600.0))));
    };
    RatedProduct p;
    p.m = side(), p.n = side(), p.k = side();
    p.fixed = fmt::format(
        "array.rows={} array.cols={} array.overlap_passes={} sram.capacity_kib={} buffers.input.depth={} "
        "buffers.weight.depth={} buffers.accumulation.depth={} vector.drain_depth={} pe.preset={}",
        pick({4, 8, 16, 32}), pick({4, 8, 16, 32}), word({"true", "true", "false"}),
        pick({64, 128, 256, 1024, 2048}), pick({128, 256, 1024}), pick({128, 256, 1024}),
        pick({128, 256, 1024}), pick({2, 8, 40}), word({"posit8_1_ftz", "e4m3", "int8", "bf16", "fp32"}));
    p.rates = {{"vector.lanes", pick({4, 8, 16, 32})},
               {"sram.banks", pick({2, 4, 8, 16, 32})},
               {"sram.width_bits", pick({64, 128, 256})},
               {"dma.outstanding", pick({4, 8, 16, 32})}};
    if (random() % 2 == 0)
        p.fixed += " sram.ports=1";
    else
        p.rates["sram.ports"] = 2;
    if (random() % 4 == 0) {
        p.fixed += fmt::format(" dram={}.yaml",
                               word({"lpddr4-3200", "lpddr5-6400", "ddr4-2400", "ddr4-3200", "hbm2"}));
        p.rates["clock_mhz"] = pick({200, 400, 1000});
    } else {
        p.rates["dram.bytes_per_cycle"] = pick({2, 4, 8, 16, 32, 64});
    }
    return p;
}

std::map<std::string, std::uint64_t> cycles_by_halved_rate(const RatedProduct& product) {
    std::vector<std::string> halved{""};
    for (const auto& [key, rate] : product.rates) halved.push_back(key);
    return cycles_of(product, halved);
}

std::map<std::string, std::uint64_t> cycles_by_halved_rate(const RatedProduct& product,
                                                           const std::string& rate) {
    return cycles_of(product, {"", rate});
}

}  // namespace octet::test

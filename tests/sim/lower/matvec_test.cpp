#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/workload/builder.h"
#include "tests/sim/lower/hazards.h"

namespace octet {
namespace {

// K and N of products on the lanes are cut where the SRAM and the accumulation buffer make it necessary.
TEST(Program, OrdersEveryAccessOfProductsOfOneVectorOnTheLanes) {
    for (const std::uint64_t kib : {3, 4096})
        for (const std::uint64_t sums : {std::uint64_t{1}, std::uint64_t{4}, unlimited_depth})
            for (const char* storage : {"posit8_1", "mxfp6_e2m3"})
                for (const bool overlap : {true, false}) {
                    GraphBuilder build("products");
                    const TensorId x = build.tensor("x", TensorRole::input, 1, 300);
                    const TensorId keys = build.tensor("keys", TensorRole::input, 133, 40);
                    const TensorId values = build.tensor("values", TensorRole::input, 133, 40);
                    const TensorId y = build.elementwise(
                        "sum", OperationKind::add,
                        {build.dense("wide", x, 300, true), build.dense("again", x, 300, false)});
                    // Results that nothing reads go to DRAM through one area after another.
                    for (const char* name : {"first", "second"})
                        build.mark_output(build.dense(name, x, 90, false));
                    const TensorId query = build.dense("query", y, 80, false);
                    const TensorId scores = build.scores("scores", query, keys, 1, 2, 1);
                    build.mark_output(build.context("context", scores, values, 2, 1));
                    AcceleratorConfig config;
                    config.matvec = Matvec::vector;
                    config.array.cols = 12;
                    config.buffers.accumulation_depth = sums;
                    config.sram.capacity_kib = kib;
                    config.pe.storage = storage;
                    config.controller.overlap_operations = overlap;
                    config.dram = IdealDramConfig{};
                    test::expect_sound(build.finish(), config,
                                       fmt::format("{} KiB, {} vectors, {}", kib, sums, storage));
                }
}

}  // namespace
}  // namespace octet

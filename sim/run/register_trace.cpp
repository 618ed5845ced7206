#include "sim/run/register_trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "sim/report/files.h"

namespace octet {

RegisterTrace::RegisterTrace(const std::filesystem::path& path)
    : file_(path), written_(path.string() + ".registers-" + std::to_string(getpid())) {
    try {
        trace_ = sc_core::sc_create_vcd_trace_file(written_.c_str());
        trace_->set_time_unit(1, sc_core::SC_PS);
    } catch (const sc_core::sc_report& report) {
        close();
        throw OutputError(path.string() + ": " + report.get_msg());
    }
}

RegisterTrace::~RegisterTrace() {
    close();
    std::error_code ignored;
    std::filesystem::remove(written_ + ".vcd", ignored);
}

void RegisterTrace::close() {
    if (trace_ != nullptr) sc_core::sc_close_vcd_trace_file(trace_);
    trace_ = nullptr;
}

void RegisterTrace::begins(std::span<const PeProbe> pes, std::size_t columns, bool values) {
    for (std::size_t e = 0; e < pes.size(); ++e) {
        const PeProbe& pe = pes[e];
        const std::string name = fmt::format("array.pe_{}_{}.", e / columns, e % columns);
        const auto signal = [&](const auto& object, const char* what) {
            sc_core::sc_trace(trace_, object, name + what);
        };
        signal(pe.input_valid, "input_valid");
        signal(pe.weight_present, "weight_present");
        signal(pe.shadow_full, "shadow_full");
        signal(pe.passing_valid, "passing_valid");
        signal(pe.sum_valid, "sum_valid");
        if (!values) continue;
        signal(pe.input, "input");
        signal(pe.weight, "weight");
        signal(pe.passing, "passing");
        signal(pe.shadow, "shadow");
        signal(pe.sum, "sum");
    }
}

void RegisterTrace::keep() {
    close();
    std::ifstream in(written_ + ".vcd", std::ios::binary);
    if (!in) throw OutputError(written_ + ".vcd: the kernel wrote no trace");
    bool date = false;
    for (std::string line; std::getline(in, line);) {
        date = date || line.starts_with("$date");
        if (!date) file_.write(line + '\n');
        date = date && line.find("$end") == std::string::npos;
    }
    if (in.bad()) throw OutputError(written_ + ".vcd: cannot be read");
    file_.keep();
}

}  // namespace octet

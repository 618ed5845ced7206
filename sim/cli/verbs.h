// The verbs: what each is asked, free of how the command line is parsed. A verb appends what belongs on
// stdout to `out` and returns the exit code; the text is printed when it returns, so nothing is printed if it
// throws (exit 1).
#pragma once
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "models/formats/format.h"
#include "sim/compare/lists.h"
#include "sim/config/layers.h"
#include "sim/sweep/slurm.h"

namespace octet {

// What a simulation is asked to tell beside its result.
struct WatchOptions {
    std::string timeline;  // file for trace events; empty: none
    std::string vcd;       // file for the array's registers; empty: none
    bool explain = false;
};

struct RunOptions {
    std::string experiment;         // as written on the command line
    std::vector<Setting> settings;  // --set and its short forms, in their order
    std::uint64_t seed = 0;
    bool json = false;
    bool histogram = false;  // of the codes each tensor uses
    WatchOptions watch;
    bool what_if = false;  // the run again with each resource doubled in turn
    std::string out;       // folder for results; empty: write none
};
int run_verb(const RunOptions& options, std::string& out);

// compare: an experiment with each value of some lists in turn.
struct CompareOptions {
    std::string experiment;
    std::vector<Setting> settings;
    CompareLists lists;
    std::uint64_t seed = 0, jobs = 0;  // jobs: simulations at a time; 0: one a core
    enum class Print : std::uint8_t { text, json, csv, markdown } print = Print::text;
    std::string out;  // folder for results; empty: write none
};
int compare_verb(const CompareOptions& options, std::string& out);

// sweep run: a file of kind sweep.
struct SweepRunOptions {
    std::string file;
    std::vector<Setting> settings;  // on the base experiment
    std::uint64_t seed = 0, jobs = 0, point_memory_mib = 0;
    double point_timeout = 0;             // seconds; 0: none
    std::uint64_t shard = 0, shards = 1;  // `--shard 2/8` is shard 1 of 8
    bool retry_failed = false, json = false;
    std::string known;         // a store whose points are taken over; empty: none
    bool no_simulate = false;  // only what is known
    bool on_slurm = false;
    SlurmOptions slurm;
    std::string out;  // folder with the store; empty: nothing is kept
};
int sweep_run_verb(const SweepRunOptions& options, std::string& out);

// sweep status, export, merge.
struct StoreOptions {
    std::vector<std::string> stores;  // files, or folders that sweeps wrote
    std::vector<std::string> columns;
    bool json = false, csv = false;
    std::string out;
};
int sweep_status_verb(const StoreOptions& options, std::string& out);
int sweep_export_verb(const StoreOptions& options, std::string& out);
int sweep_merge_verb(const StoreOptions& options, std::string& out);

// report: what run, compare or sweep left behind.
struct ReportOptions {
    std::string results;
    std::string out;  // folder for the page; empty: Markdown on stdout
};
int report_verb(const ReportOptions& options, std::string& out);

struct WorkloadOptions {
    std::string file;  // an experiment, workload or trace
    std::vector<Setting> settings;
    bool json = false;
    std::uint64_t batch = 0, sequence = 0;  // 0: the experiment's; else 1 and 128, or all positions if fewer
    std::string phase;                      // empty: the experiment's, or encode; decode with a context
    std::uint64_t context = 0, tokens = 0;  // of decode; 0: the experiment's, or 1 token
    unsigned bits = 8;                      // show: of a value
    std::string out;                        // expand: a file; empty: stdout
};
int workload_show_verb(const WorkloadOptions& options, std::string& out);
int workload_expand_verb(const WorkloadOptions& options, std::string& out);

// workload import: a file of another program to a workload or a trace.
struct ImportOptions {
    std::string file, name, out;  // name: empty: the file's; out: a file; empty: stdout
    std::string head;             // of a Hugging Face model; empty: the usual one
    std::vector<std::pair<std::string, std::uint64_t>> dims;  // open sides of an ONNX graph
    bool approximate = false;                                 // unknown operators of an ONNX graph
};
int workload_import_verb(const ImportOptions& options, std::string& out);

struct CheckOptions {
    std::vector<std::string> files;
    bool json = false;
};
int check_verb(const CheckOptions& options, std::string& out);

// quantize: the lines of stdin, in one direction or the other.
struct QuantizeOptions {
    std::string format;
    bool decode = false;
    std::optional<double> scale;  // integers and codebooks; encoding: else from the input, decoding: else 1
    std::optional<int> zero;      // the code of 0, of formats with a zero point, beside a scale; else 0
    std::optional<Overflow> overflow;  // minifloats; else the format's own
    std::string out;                   // a file; empty: stdout
};
int quantize_verb(const QuantizeOptions& options, std::istream& in, std::string& out);

struct FormatsOptions {
    std::vector<std::string> names;  // none: all of them
    bool json = false;
};
int formats_verb(const FormatsOptions& options, std::string& out);

// op: one operation, with values from files or for time alone.
struct OpOptions {
    std::string kind;
    int kind_index = 0;  // into single_kinds
    std::string accelerator;
    std::vector<Setting> settings;
    std::vector<std::string> in;       // .npy
    std::vector<std::uint64_t> shape;  // without files
    std::string out, codes, hex;       // files, and a folder; empty: none
    std::string animate;               // a page of the array (gemm); without files of synthetic operands
    WatchOptions watch;
    bool accumulator = false;  // `out` holds values before the encoder
    bool json = false, histogram = false;
    std::uint64_t seed = 0;
};
constexpr const char* single_kinds[] = {"gemm", "softmax", "gelu", "layernorm", "rmsnorm", "add"};
int op_verb(const OpOptions& options, std::string& out);

// dram: requests through a DRAM alone.
struct DramOptions {
    std::string config;             // a file of kind dram
    std::string requests;           // a file of requests
    std::vector<Setting> settings;  // of the part; key `costs`: a cost table instead of the shipped one
    bool json = false;
};
int dram_verb(const DramOptions& options, std::string& out);

// cost: prices, and where energy comes from.
struct CostShowOptions {
    std::string file;               // an accelerator or an experiment
    std::vector<Setting> settings;  // `costs` and `costs.KEY` among them
    bool json = false;
};
int cost_show_verb(const CostShowOptions& options, std::string& out);

struct CostWhereOptions {
    std::string result;     // a result document, or the folder of --out
    std::string component;  // of the result, or of cost tables
    bool json = false;
};
int cost_where_verb(const CostWhereOptions& options, std::string& out);

struct CostRepriceOptions {
    std::string result;
    std::vector<Setting> settings;  // `costs` and `costs.KEY`
    std::string out;                // a file for the document; empty: none
    bool json = false;
};
int cost_reprice_verb(const CostRepriceOptions& options, std::string& out);

struct CostExportOptions {
    std::string file;               // a table, an accelerator, an experiment or a result
    std::vector<Setting> settings;  // as of show
    enum class As : std::uint8_t { ert, art, counts, csv, yaml } as = As::ert;
    std::string out;  // a file; empty: stdout
};
int cost_export_verb(const CostExportOptions& options, std::string& out);

struct CostImportOptions {
    std::vector<std::string> files;  // a CSV; or an ERT, an ART or both
    std::vector<std::string> names;  // FROM=TO
    std::string accelerator;         // empty: none
    std::string out;                 // a file; empty: stdout
};
int cost_import_verb(const CostImportOptions& options, std::string& out);

int schema_verb(const std::string& kind, std::string& out);

}  // namespace octet

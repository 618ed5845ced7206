// The tensors of a model by name, from the files that `inputs.weights` names.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/tensors/tensor_file.h"

namespace octet {

// A .safetensors file; or a folder that holds model.safetensors, or model.safetensors.index.json and the
// shards that it names, or else a .npy file for each tensor. Every fault is an InputError that names the
// file.
class TensorStore {
  public:
    explicit TensorStore(const std::string& path);

    const std::string& path() const { return path_; }  // the file, the index or the folder
    bool is_arrays() const { return arrays_; }         // .npy files: others may lie beside those of a model
    const std::set<std::string>& names() const { return names_; }
    bool has(const std::string& name) const { return names_.count(name) != 0; }

    struct Found {
        StoredTensor tensor;
        std::string path;  // of its file
    };
    Found find(const std::string& name);  // one of names()

  private:
    void open_file(const std::string& path);
    void open_shards(const std::string& folder);
    std::string path_, folder_;
    bool arrays_ = false;
    std::set<std::string> names_;
    std::vector<SafetensorsFile> files_;
    std::map<std::string, std::size_t> file_of_;  // by name
    std::map<std::string, NpyFile> opened_;
};

// The map of an index: the file of every tensor. A file is a plain name that ends in .safetensors, so that an
// index leads nowhere out of its folder.
std::map<std::string, std::string> read_shard_index(const std::string& path);

}  // namespace octet

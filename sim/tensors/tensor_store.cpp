#include "sim/tensors/tensor_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/tensors/json_file.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view single_file = "model.safetensors", index_file = "model.safetensors.index.json";
constexpr std::size_t longest_index = 64U << 20U, most_shards = 1000, longest_name = 255;

bool is_plain_name(std::string_view name) {
    constexpr std::string_view ending = ".safetensors";
    return name.size() > ending.size() && name.size() <= longest_name && name.ends_with(ending) &&
           name.find('/') == name.npos && name.find('\0') == name.npos;
}

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}

}  // namespace

std::map<std::string, std::string> read_shard_index(const std::string& path) {
    const MappedFile file(path);
    if (file.bytes().size() > longest_index)
        throw file_error(
            path, fmt::format("{} bytes; an index takes at most {}", file.bytes().size(), longest_index));
    const Json index =
        parse_json({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path, "index");
    if (!index.contains("weight_map") || !index["weight_map"].is_object())
        throw file_error(path, "index: weight_map, the file of every tensor, is missing");
    std::map<std::string, std::string> map;
    for (const auto& [name, shard] : index["weight_map"].items()) {
        if (!shard.is_string() || !is_plain_name(shard.get_ref<const std::string&>()))
            throw file_error(
                path, fmt::format(
                          "index: tensor {} is not in a file of this folder: {}; NAME.safetensors is allowed",
                          in_quotes(name),
                          in_quotes(shard.is_string()
                                        ? shard.get<std::string>()
                                        : shard.dump(-1, ' ', false, Json::error_handler_t::replace))));
        map.emplace(name, shard.get<std::string>());
    }
    if (map.empty()) throw file_error(path, "index: weight_map names no tensor");
    return map;
}

TensorStore::TensorStore(const std::string& path) : path_(path), folder_(path) {
    std::error_code error;
    const fs::path folder(path);
    if (!fs::is_directory(folder, error)) {
        open_file(path);
    } else if (is_there(folder / single_file)) {
        open_file((folder / single_file).string());
    } else if (is_there(folder / index_file)) {
        open_shards(path);
    } else {
        arrays_ = true;
        for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
            if (entry.path().extension() == ".npy") names_.insert(entry.path().stem().string());
        if (error) throw file_error(path, "the folder cannot be read: " + error.message());
    }
}

void TensorStore::open_file(const std::string& path) {
    path_ = path;
    files_.emplace_back(path);
    for (const auto& [name, tensor] : files_[0].tensors()) {
        names_.insert(name);
        file_of_.emplace(name, 0);
    }
}

void TensorStore::open_shards(const std::string& folder) {
    path_ = (fs::path(folder) / index_file).string();
    const auto map = read_shard_index(path_);
    std::map<std::string, std::size_t> files;
    for (const auto& [name, shard] : map) files.emplace(shard, 0);
    if (files.size() > most_shards)
        throw file_error(path_, fmt::format("index: {} shards; {} are allowed", files.size(), most_shards));
    for (auto& [shard, number] : files) {
        number = files_.size();
        files_.emplace_back((fs::path(folder) / shard).string());
    }
    for (const auto& [name, shard] : map) {
        const std::size_t number = files.at(shard);
        if (files_[number].tensors().count(name) == 0)
            throw file_error(
                files_[number].path(),
                fmt::format("tensor {}, which the index looks for here, is missing", in_quotes(name)));
        names_.insert(name);
        file_of_.emplace(name, number);
    }
    for (const SafetensorsFile& file : files_)
        for (const auto& [name, tensor] : file.tensors()) {
            const auto found = file_of_.find(name);
            if (found == file_of_.end() || &files_[found->second] != &file)
                throw file_error(file.path(),
                                 fmt::format("tensor {} is not here by the index", in_quotes(name)));
        }
}

TensorStore::Found TensorStore::find(const std::string& name) {
    if (!arrays_) {
        const SafetensorsFile& file = files_[file_of_.at(name)];
        return {file.tensors().at(name), file.path()};
    }
    const std::string path = (fs::path(folder_) / (name + ".npy")).string();
    const auto [at, is_new] = opened_.try_emplace(name, path);
    return {at->second.tensor(), path};
}

}  // namespace octet

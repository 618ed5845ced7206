// The verbs that a command line may ask for, and what each then does. For main.cpp alone (CLI11).
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/cli/options.h"

namespace octet {

class Commands {
  public:
    // `work(options, out)` runs if `verb` was asked for. CLI11 fills `options`, but for `settings`, which are
    // read here; `without` as in settings_of.
    template <class Options, class Work>
    void add(const CLI::App& verb, std::shared_ptr<Options> options, Work work, Words without = {}) {
        const auto read = [&verb, options, without] {
            if constexpr (requires { options->settings; }) options->settings = settings_of(verb, without);
        };
        commands_.push_back({&verb, read, [options, work](std::string& out) { return work(*options, out); }});
    }
    // After CLI11 has read the command line. Throws InputError if a setting is none.
    void read_settings() const { asked().read(); }
    int execute(std::string& out) const { return asked().work(out); }

  private:
    struct Command {
        const CLI::App* verb;
        std::function<void()> read;
        std::function<int(std::string&)> work;
    };
    const Command& asked() const {
        return *std::ranges::find_if(commands_, [](const Command& c) { return c.verb->parsed(); });
    }
    std::vector<Command> commands_;
};

}  // namespace octet

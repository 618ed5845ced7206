// Machines drawn at random, among them such that nearly everything stalls.
#pragma once
#include <random>
#include <string>
#include <vector>

namespace octet::test {

// OCTET_SEED, or one at random.
unsigned given_seed();

using Words = std::vector<const char*>;

class Choice {
  public:
    explicit Choice(unsigned seed) : random_(seed) {}
    std::string of(const Words& words) { return words[random_() % words.size()]; }
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  private:
    std::mt19937 random_;
};

// Arguments of the program: settings of all keys that change cycles, and the unit cost table.
std::vector<std::string> random_machine(Choice& choice);

}  // namespace octet::test

// The process around a verb: standard streams and the simulation kernel's messages.
#pragma once
#include <string>
#include <string_view>

namespace octet {

// Before anything else: descriptors 0 to 2 are open, a closed pipe or a file that may not grow is an error and no
// signal, and SystemC prints its warnings to stderr and its infos nowhere.
void prepare_process();

// All of `text` to stdout; false, with a message unless the reader has gone, if it could not be written.
bool print_out(std::string_view text);

// `text` to stderr, ended by a newline; nothing if it is empty.
void print_error(std::string_view text);

}  // namespace octet

// The errors that reading raises, as text.
#pragma once
#include <gmock/gmock.h>

#include <functional>
#include <string>

#include "sim/config/diagnostics.h"

namespace octet::test {

inline std::string errors_of(const std::function<void()>& read) {
    try {
        read();
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

}  // namespace octet::test

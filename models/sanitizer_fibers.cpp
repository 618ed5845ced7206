// Only in builds with the address sanitizer. libsystemc tells it of every switch between the stacks of its
// threads, but loses the size of the main stack; from then on every exception there is taken for an overflow.
// These stand before the sanitizer's own functions and put the size right.
#include <dlfcn.h>
#include <pthread.h>

#include <cstddef>

namespace {

struct Stack {
    const void* bottom = nullptr;
    std::size_t size = 0;
};

// Of the thread that calls first, which is the main one.
const Stack& main_stack() {
    static const Stack stack = [] {
        Stack found;
        pthread_attr_t attributes;
        if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
            void* bottom = nullptr;
            pthread_attr_getstack(&attributes, &bottom, &found.size);
            found.bottom = bottom;
            pthread_attr_destroy(&attributes);
        }
        return found;
    }();
    return stack;
}

}  // namespace

extern "C" {

void __sanitizer_start_switch_fiber(void** save, const void* bottom, std::size_t size);
void __sanitizer_start_switch_fiber(void** save, const void* bottom, std::size_t size) {
    static const auto real = reinterpret_cast<void (*)(void**, const void*, std::size_t)>(
        dlsym(RTLD_NEXT, "__sanitizer_start_switch_fiber"));
    const char* low = static_cast<const char*>(main_stack().bottom);
    const char* given = static_cast<const char*>(bottom);
    const bool of_main = given == nullptr || (given >= low && given < low + main_stack().size) ||
                         (given < low && given + size > low) || given + size < given;
    if (of_main)
        real(save, main_stack().bottom, main_stack().size);
    else
        real(save, bottom, size);
}
}

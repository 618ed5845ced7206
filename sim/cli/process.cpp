#include "sim/cli/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <systemc>

namespace octet {
namespace {

void report(const sc_core::sc_report& message, const sc_core::sc_actions& actions) {
    if ((actions & sc_core::SC_DISPLAY) != 0 && message.get_severity() != sc_core::SC_INFO)
        print_error(fmt::format("{}: {}", message.get_msg_type(), message.get_msg()));
    sc_core::sc_report_handler::default_handler(message, actions & ~sc_core::sc_actions{sc_core::SC_DISPLAY});
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

void prepare_process() {
    // A closed stdout must not become the first file that is opened. Read-only, so that writing to it still
    // fails.
    for (int fd = 0; fd <= 2; ++fd)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) break;
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    // Memory that is freed is soon wanted again: it is not handed back in between.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    sc_core::sc_report_handler::set_handler(report);
}

bool print_out(std::string_view text) {
    if (write_all(STDOUT_FILENO, text)) return true;
    if (errno != EPIPE) print_error(fmt::format("octet: cannot write to stdout: {}", std::strerror(errno)));
    return false;
}

void print_error(std::string_view text) {
    if (text.empty()) return;
    std::string line(text);
    if (line.back() != '\n') line += '\n';
    write_all(STDERR_FILENO, line);
}

}  // namespace octet

// libsystemc asks for this symbol; the program drives the kernel itself.
int sc_main(int, char**) {
    return 0;
}

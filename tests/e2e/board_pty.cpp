// SPDX-License-Identifier: Apache-2.0
//
// A board at the other end of a pseudo-terminal: the Verilated board top, whose UART moves bytes to
// and from it, some of them damaged, lost or doubled on the way, by a seed. Prints the terminal's
// name, goes on until its standard input ends, then says what passed. Time is that of the
// simulation: while nothing happens it stands still.
//
//     board_pty CLOCKS SEED DAMAGED LOST DOUBLED      cycles a bit; of a million bytes each way
//     .. FILE                                         what is in the board's flash from 1 MiB on
//     board_pty CLOCKS SEED DAMAGED LOST DOUBLED spi  sessions of SPI: two bytes say how many come,
//     as many go back
//
// On SPI a byte that is lost or doubled is a pulse of the clock too few or too many in it.
//
// Compiled together with the Verilated sources (link.py).

#include "Vttfs_board.h"
#include "verilated.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr int kLook = 40; // cycles between two looks at the terminal
constexpr uint64_t kStill =
    1500; // cycles without a bit on the line, after which time passes slowly

struct Noise {
    uint64_t state;
    uint32_t of[3]; // damaged, lost, doubled: of a million
    uint64_t passed = 0, count[3] = {};

    uint64_t next() { // splitmix64
        uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
    }
    bool happens(int what) {
        bool yes = next() % 1000000 < of[what];
        count[what] += yes;
        return yes;
    }
    // What becomes of a byte: 0, 1 or 2 of them.
    template <typename F> void pass(uint8_t byte, F &&to) {
        passed++;
        if (happens(1)) return;
        if (happens(0)) byte ^= static_cast<uint8_t>(1 + next() % 255);
        to(byte);
        if (happens(2)) to(byte);
    }
};

struct Terminal {
    int master, slave;

    bool open() {
        master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
        if (master < 0 || grantpt(master) || unlockpt(master)) return false;
        slave = ::open(ptsname(master), O_RDWR | O_NOCTTY); // held, so that hosts may come and go
        termios how;
        if (slave < 0 || tcgetattr(slave, &how)) return false;
        cfmakeraw(&how);
        return tcsetattr(slave, TCSANOW, &how) == 0;
    }
};

// A flash that is awake when it was woken; mode 0.
struct Flash {
    std::vector<uint8_t> content;
    bool awake = false, sck = false, selected = false;
    uint64_t order = 0;
    uint32_t bits = 0;

    uint8_t byte(uint64_t at) const {
        constexpr uint64_t kOffset = 0x100000;
        return at >= kOffset && at - kOffset < content.size() ? content[at - kOffset] : 0xff;
    }
    // A cycle; what it says then.
    bool step(bool select, bool clock, bool in, bool out) {
        if (select && !selected) bits = 0, order = 0;
        if (!select && selected && bits == 8 && order == 0xab) awake = true;
        if (select && clock && !sck) {
            if (bits < 32) order = order << 1 | in;
            bits++;
        }
        if (select && !clock && sck && bits >= 32 && awake && order >> 24 == 3) {
            uint32_t at = bits - 32;
            out = byte((order & 0xffffff) + at / 8) >> (7 - at % 8) & 1;
        }
        selected = select;
        sck = clock;
        return out;
    }
};

struct Board {
    VerilatedContext context;
    Vttfs_board top{&context, "board"};
    Flash flash;
    unsigned clocks;
    uint64_t cycles = 0, still = 0; // still: since a bit moved
    std::deque<uint8_t> in, out;
    uint32_t in_bits = 0, in_left = 0, in_count = 0, out_bits = 0, out_left = 0, out_count = 0;

    explicit Board(unsigned c) : clocks(c) {
        top.rst_ni = 1;
        top.spi_cs_ni = 1;
        top.uart_rx_i = 1;
    }
    void cycle() {
        top.clk_i = 0;
        top.eval();
        top.clk_i = 1;
        top.eval();
        top.flash_miso_i =
            flash.step(!top.flash_cs_no, top.flash_sck_o, top.flash_mosi_o, top.flash_miso_i);
        cycles++;
        still++;
        give();
        take();
    }
    void give() {
        if (in_count && --in_count) return;
        if (in_left == 0 && !in.empty()) {
            in_bits = 0x200u | static_cast<uint32_t>(in.front()) << 1; // start, eight bits, stop
            in_left = 10;
            in.pop_front();
        }
        if (in_left == 0) return;
        top.uart_rx_i = in_bits & 1;
        in_bits >>= 1;
        in_left--;
        in_count = clocks;
        still = 0;
    }
    void take() {
        if (out_left == 0) {
            if (top.uart_tx_o) return;
            out_left = 9; // behind the start bit
            out_count = clocks + clocks / 2;
            out_bits = 0;
        }
        still = 0;
        if (--out_count) return;
        out_count = clocks;
        if (--out_left)
            out_bits = out_bits >> 1 | (top.uart_tx_o ? 0x80u : 0);
        else
            out.push_back(static_cast<uint8_t>(out_bits));
    }
};

// Half a period of the clock of SPI.
void half(Board &b, bool high) {
    enum { CYCLES = 4 };
    b.top.spi_sck_i = high;
    for (int i = 0; i < CYCLES; i++) b.cycle();
}

uint8_t exchange(Board &b, uint8_t out, Noise &to) {
    uint8_t in = 0;
    to.passed++;
    if (to.happens(0)) out ^= static_cast<uint8_t>(1 + to.next() % 255);
    bool lost = to.happens(1), doubled = to.happens(2);
    for (int k = 7; k >= 0; k--) {
        b.top.spi_mosi_i = out >> k & 1;
        half(b, false);
        in = static_cast<uint8_t>(in << 1 | b.top.spi_miso_o);
        half(b, !(lost && k == 3));
        if (doubled && k == 3) {
            half(b, false);
            half(b, true);
        }
    }
    return in;
}

bool read_all(int fd, uint8_t *at, size_t n) {
    for (ssize_t got; n > 0; at += got, n -= static_cast<size_t>(got)) {
        pollfd p[2] = {{fd, POLLIN, 0}, {0, POLLIN, 0}};
        poll(p, 2, -1);
        if (p[1].revents) return false;
        got = read(fd, at, n);
        if (got < 0) got = 0;
    }
    return true;
}

// Sessions, until standard input is at its end.
void serve(Board &b, const Terminal &t, Noise &to, Noise &from) {
    enum { LONGEST = 64, BEHIND = 200 };
    uint8_t head[2], bytes[LONGEST];
    while (read_all(t.master, head, 2)) {
        size_t n = static_cast<size_t>(head[0] << 8 | head[1]);
        if (n > LONGEST || !read_all(t.master, bytes, n)) return;
        b.top.spi_cs_ni = 0;
        half(b, false);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = exchange(b, bytes[i], to);
            from.passed++;
            if (from.happens(0)) bytes[i] ^= static_cast<uint8_t>(1 + from.next() % 255);
        }
        half(b, false);
        b.top.spi_cs_ni = 1;
        for (int i = 0; i < BEHIND; i++) b.cycle();
        if (write(t.master, bytes, n) != static_cast<ssize_t>(n)) return;
    }
}

// Bytes from and to the terminal; false when standard input is at its end.
bool look(Board &b, const Terminal &t, Noise &to, Noise &from, bool wait) {
    uint8_t bytes[64];
    while (!b.out.empty()) {
        from.pass(b.out.front(), [&](uint8_t x) {
            if (write(t.master, &x, 1) < 0) return; // a host that does not read loses what comes
        });
        b.out.pop_front();
    }
    pollfd p[2] = {{t.master, POLLIN, 0}, {0, POLLIN, 0}};
    if (wait) poll(p, 2, b.top.busy_o ? 1 : 1000);
    if (wait && p[1].revents) return false;
    ssize_t n = b.in.size() < sizeof bytes ? read(t.master, bytes, sizeof bytes) : 0;
    for (ssize_t i = 0; i < n; i++) to.pass(bytes[i], [&](uint8_t x) { b.in.push_back(x); });
    return true;
}

bool fill(Flash &f, const char *path) {
    std::FILE *file = std::fopen(path, "rb");
    if (!file) return false;
    for (int c; (c = std::fgetc(file)) != EOF;) f.content.push_back(static_cast<uint8_t>(c));
    return std::fclose(file) == 0;
}

void say(const char *way, const Noise &n) {
    std::printf(
        "%s: %llu bytes, %llu damaged, %llu lost, %llu doubled\n", way,
        static_cast<unsigned long long>(n.passed), static_cast<unsigned long long>(n.count[0]),
        static_cast<unsigned long long>(n.count[1]), static_cast<unsigned long long>(n.count[2]));
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 6) return 2;
    unsigned long v[5];
    for (int i = 0; i < 5; i++) v[i] = std::strtoul(argv[i + 1], nullptr, 10);
    Noise to{
        v[1],
        {static_cast<uint32_t>(v[2]), static_cast<uint32_t>(v[3]), static_cast<uint32_t>(v[4])}};
    Noise from = to;
    from.state = ~to.state;
    Terminal t;
    if (!t.open()) return 1;
    Board b(static_cast<unsigned>(v[0]));
    bool spi = false;
    for (int i = 6; i < argc; i++) {
        if (std::strcmp(argv[i], "spi") == 0)
            spi = true;
        else if (!fill(b.flash, argv[i]))
            return 1;
    }
    std::printf("%s\n", ptsname(t.master));
    std::fflush(stdout);
    if (spi) serve(b, t, to, from);
    while (!spi) {
        bool slow = b.still > kStill && b.top.flash_cs_no;
        if (!look(b, t, to, from, slow)) break;
        for (int i = 0; i < (slow && b.top.busy_o ? 2000 : kLook); i++) b.cycle();
    }
    say("to the board", to);
    say("from the board", from);
    std::printf("cycles: %llu\n", static_cast<unsigned long long>(b.cycles));
    return 0;
}

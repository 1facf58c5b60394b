/*
 * simavr-pty: runs AVR firmware in simavr, paced to wall time, with its first UART on a pseudo-terminal, so that a host
 * program meets a board as it would on a USB port.
 *
 *   simavr-pty [-m MCU] [-f HZ] [-l LINK] [-r] [-b] [-s] [-B BOOT.hex] [-c COMMAND]... FIRMWARE.elf
 *
 *   -m MCU   simavr's name of the chip; default atmega328p, an Uno. atmega2560 is a Mega.
 *   -f HZ    its clock; default 16000000.
 *   -l LINK  makes a symbolic link to the pseudo-terminal, and removes it at the end.
 *   -r       resets the chip at the rising edge of DTR, as an Uno's capacitor does. A pseudo-terminal has no DTR, so it
 *            is worked out as Linux does for real ports: opening raises it, closing drops it if HUPCL is set.
 *   -b       garbles what is sent while the host's baud rate is not the firmware's, as a real UART does.
 *   -s       a shift register of 16 bits is wired to an Uno's pins 10 (latch), 11 (clock) and 12 (data).
 *   -B FILE  a boot loader, Intel HEX, is in the chip, and is what a reset begins with, as on a board from the shop.
 *   -c TEXT  a command (see below) that is carried out before the chip starts, so that it finds its pins as wired.
 *
 * Commands, one a line, on standard input; its end ends the simulation, so that it never outlives a test:
 *   adc CHANNEL MILLIVOLTS    pin PORT BIT 0|1 (as in `pin D 2 1`)    reset    stat    quit
 *   reset BYTES               resets it when it has sent so many bytes
 *   noise PERIOD SEED         from now on every byte, either way, is another one with the chance 1 in PERIOD; 0: never
 *
 * Events, one JSON object a line, on standard output:
 *   {"event":"ready","pid","pty"}  {"event":"pin","pin":"LED","value","us"}  {"event":"host","open","baud"}
 *   {"event":"shift","bits"}  {"event":"reset"}  {"event":"stat", ...}  {"event":"exit", ...}
 *
 * Exit codes: 0 as asked, 64 wrong usage, 65 firmware unreadable, 66 chip unknown, 68 no pseudo-terminal, 70 crashed.
 */
#define _GNU_SOURCE
#include <asm/termbits.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "sim_avr.h"
#include "sim_elf.h"
#include "avr_adc.h"
#include "avr_uart.h"
#include "boot-loader.h"
#include "noise.h"
#include "ring.h"
#include "wiring.h"

/* The simulation runs in slices of this length and waits for wall time after each. */
#define SLICE_US 250
/* A host that stalled longer than this makes the simulation slip; it does not sprint to catch up. */
#define MAX_BEHIND_NS 200000000LL
/* The longest sleep between two looks at the pseudo-terminal. */
#define MAX_SLEEP_US 2000

static avr_t *avr;
static avr_irq_t *uart_input;
/* Set where bytes that the firmware does not read in time are lost, as on the chip. */
static const avr_uart_t *shallow_uart;
static struct ring to_avr, to_host;
static int master = -1;
static int host_is_open, dtr_is_up, output_blocked;
static int resets_on_dtr, garbles;
static const char *link_path;
static volatile sig_atomic_t stopping;

static struct {
  uint64_t received, sent, lost, slips, overruns;
} count;
static uint64_t reset_after; /* bytes sent; 0: never */
static uint64_t wall_start_ns;
static avr_cycle_count_t cycle_start, next_input_cycle;

static void on_signal(int number) {
  (void)number;
  stopping = 1;
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* The baud rate that the firmware set: UBRR0 and U2X0, at 0xC0 on the Uno's and the Mega's chips alike. */
static unsigned avr_baud(void) {
  const uint8_t *uart0 = avr->data + 0xC0;
  unsigned ubrr = uart0[4] | (uart0[5] & 15) << 8;
  return avr->frequency / ((uart0[0] & 2 ? 8 : 16) * (ubrr + 1));
}

static struct termios2 host_settings(void) {
  struct termios2 t;
  memset(&t, 0, sizeof t);
  ioctl(master, TCGETS2, &t);
  return t;
}

/* True where the two baud rates differ by more than a UART tolerates. */
static int is_garbled(void) {
  if (!garbles) return 0;
  double host = host_settings().c_ospeed, own = avr_baud();
  return host < own * 0.96 || host > own * 1.04;
}

static void on_uart_output(struct avr_irq_t *irq, uint32_t byte, void *param) {
  if (!ring_put(&to_host, through_noise(byte))) count.lost++;
}

static void on_simavr_log(struct avr_t *a, const int level, const char *format, va_list arguments) {
  char text[256];
  vsnprintf(text, sizeof text, format, arguments);
  if (strstr(text, "overrun")) count.overruns++;
  else if (level <= LOG_ERROR) fprintf(stderr, "simavr: %s", text);
}

/* Pacing is done in main(); simavr's own would sleep a second time. */
static void no_sleep(avr_t *a, avr_cycle_count_t cycles) {}

static void reset_chip(void) {
  ring_clear(&to_avr);
  ring_clear(&to_host);
  avr_reset(avr);
  rewire_pins(avr);
  avr->data[0x54] = 2; /* MCUSR: by the reset pin */
  printf("{\"event\":\"reset\"}\n");
}

static void report(const char *event) {
  double wall_s = (now_ns() - wall_start_ns) / 1e9;
  double chip_s = (avr->cycle - cycle_start) / (double)avr->frequency;
  printf(
      "{\"event\":\"%s\",\"wallSeconds\":%.3f,\"chipSeconds\":%.3f,\"received\":%llu,\"sent\":%llu,\"lost\":%llu,"
      "\"slips\":%llu,\"overruns\":%llu,\"damaged\":%llu,\"avrBaud\":%u,\"hostBaud\":%u}\n",
      event, wall_s, chip_s, (unsigned long long)count.received, (unsigned long long)count.sent,
      (unsigned long long)count.lost, (unsigned long long)count.slips, (unsigned long long)count.overruns,
      (unsigned long long)noise.damaged, avr_baud(), host_settings().c_ospeed);
}

static void run_command(const char *line) {
  int channel, value;
  char port;
  unsigned bit, period, seed, number;
  if (sscanf(line, "adc %d %d", &channel, &value) == 2 && channel >= 0 && channel < 8) {
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + channel), value);
  } else if (sscanf(line, "pin %c %u %d", &port, &bit, &value) == 3 && port >= 'A' && port <= 'L' && bit < 8) {
    wire_pin(avr, port, bit, value);
  } else if (sscanf(line, "noise %u %u", &period, &seed) == 2) {
    noise.period = period;
    noise.state = seed ? seed : 1;
  } else if (sscanf(line, "reset %u", &number) == 1) {
    reset_after = number;
  } else if (!strcmp(line, "reset")) {
    reset_chip();
  } else if (!strcmp(line, "stat")) {
    report("stat");
  } else if (!strcmp(line, "quit")) {
    stopping = 1;
  } else {
    fprintf(stderr, "unknown command: %s\n", line);
  }
}

static void read_commands(void) {
  static char line[256];
  static size_t length;
  ssize_t n = read(STDIN_FILENO, line + length, sizeof line - 1 - length);
  if (n <= 0) {
    stopping = 1;
    return;
  }
  length += n;
  line[length] = 0;
  char *end;
  while ((end = strchr(line, '\n'))) {
    *end = 0;
    run_command(line);
    length -= end + 1 - line;
    memmove(line, end + 1, length + 1);
  }
  if (length == sizeof line - 1) length = 0;
}

static void host_opened_or_closed(int is_open) {
  struct termios2 settings = host_settings();
  host_is_open = is_open;
  printf("{\"event\":\"host\",\"open\":%s,\"baud\":%u}\n", is_open ? "true" : "false", settings.c_ospeed);
  if (is_open) {
    if (!dtr_is_up && resets_on_dtr) reset_chip();
    dtr_is_up = 1;
  } else {
    if (settings.c_cflag & HUPCL) dtr_is_up = 0;
    output_blocked = 0;
  }
}

static void write_to_host(void) {
  uint8_t bytes[4096];
  size_t length = 0;
  int bad = is_garbled();
  unsigned used = ring_used(&to_host);
  while (length < sizeof bytes && length < used) {
    uint8_t byte = to_host.bytes[(to_host.tail + length) % sizeof to_host.bytes];
    bytes[length++] = bad ? garbled(byte) : byte;
  }
  ssize_t written = write(master, bytes, length);
  if (written > 0) {
    to_host.tail += written;
    count.sent += written;
    if (reset_after && count.sent >= reset_after) {
      reset_after = 0;
      reset_chip();
    }
  }
  output_blocked = written < (ssize_t)length;
}

static void read_from_host(void) {
  uint8_t bytes[4096];
  size_t room = sizeof to_avr.bytes - ring_used(&to_avr);
  ssize_t n = read(master, bytes, room < sizeof bytes ? room : sizeof bytes);
  int bad = n > 0 && is_garbled();
  for (ssize_t i = 0; i < n; i++) ring_put(&to_avr, through_noise(bad ? garbled(bytes[i]) : bytes[i]));
  if (n > 0) count.received += n;
}

/* Moves bytes and commands, waiting for them up to wait_us. */
static void serve(int wait_us) {
  struct timespec wait = {0, wait_us * 1000L};
  if (host_is_open && ring_used(&to_host) && !output_blocked) write_to_host();
  struct pollfd files[2] = {{master, POLLIN | (output_blocked ? POLLOUT : 0), 0}, {STDIN_FILENO, POLLIN, 0}};
  if (!host_is_open && wait_us) {
    /* The hang-up of a closed pseudo-terminal would end every wait at once. */
    ppoll(&files[1], 1, &wait, NULL);
    wait.tv_nsec = 0;
  }
  if (ppoll(files, 2, &wait, NULL) < 0) return;
  int is_open = !(files[0].revents & POLLHUP);
  if (is_open != host_is_open) host_opened_or_closed(is_open);
  if (!host_is_open) ring_clear(&to_host); /* Nobody listens: the bytes are gone, as on a wire. */
  if (files[0].revents & POLLIN && ring_used(&to_avr) < sizeof to_avr.bytes) read_from_host();
  if (files[0].revents & POLLOUT) output_blocked = 0;
  if (files[1].revents & (POLLIN | POLLHUP)) read_commands();
}

static int open_pty(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master < 0 || grantpt(master) || unlockpt(master)) return 0;
  struct termios2 settings = host_settings();
  settings.c_iflag = settings.c_oflag = settings.c_lflag = 0;
  /* HUPCL is what Linux sets on a new USB serial port, but not on a pseudo-terminal. */
  settings.c_cflag = (settings.c_cflag & ~(CSIZE | PARENB)) | CS8 | CREAD | CLOCAL | HUPCL;
  ioctl(master, TCSETS2, &settings);
  /* Opened and closed once, so that from now on a hang-up means that no host has it open. */
  close(open(ptsname(master), O_RDWR | O_NOCTTY));
  if (!link_path) return 1;
  unlink(link_path);
  return symlink(ptsname(master), link_path) == 0;
}

static int make_chip(const char *mcu, unsigned hz, const char *path) {
  static elf_firmware_t firmware;
  if (elf_read_firmware(path, &firmware)) {
    fprintf(stderr, "cannot read the firmware %s\n", path);
    return 65;
  }
  avr = avr_make_mcu_by_name(mcu);
  if (!avr) {
    fprintf(stderr, "simavr does not know the chip %s\n", mcu);
    return 66;
  }
  avr_init(avr);
  firmware.frequency = hz;
  avr_load_firmware(avr, &firmware);
  avr->frequency = hz;
  avr->vcc = avr->avcc = avr->aref = 5000;
  avr->log = LOG_ERROR;
  avr->sleep = no_sleep;
  uint32_t no_flags = 0; /* neither an echo on standard output nor a sleep while the firmware polls */
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &no_flags);
  uart_input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_uart_output, NULL);
  watch_led(avr, !strcmp(mcu, "atmega2560") ? 7 : 5); /* LED_BUILTIN: pin 13 */
  return 0;
}

/* Runs the chip for one slice, giving its UART bytes no faster than the wire would. Returns simavr's state. */
static int run_slice(void) {
  int state = cpu_Running;
  avr_cycle_count_t end = avr->cycle + avr->frequency / 1000000 * SLICE_US;
  while (avr->cycle < end && state != cpu_Done && state != cpu_Crashed) {
    state = avr_run(avr);
    if (ring_used(&to_avr) && avr->cycle >= next_input_cycle) {
      /* simavr counts 11 bits a byte; half a bit more keeps its 64-byte FIFO from overrunning. */
      next_input_cycle = avr->cycle + 23ull * avr->frequency / 2 / avr_baud();
      int byte = ring_take(&to_avr);
      if (shallow_uart && unread_bytes(shallow_uart) >= UART_DEPTH) count.overruns++;
      else avr_raise_irq(uart_input, byte);
    }
  }
  return state;
}

/* Waits until wall time has caught up with the chip, serving the host meanwhile. */
static void keep_pace(void) {
  static uint64_t last_served_ns;
  for (;;) {
    uint64_t now = now_ns();
    double chip_ns = (avr->cycle - cycle_start) * (1e9 / avr->frequency);
    int64_t ahead_ns = (int64_t)chip_ns - (int64_t)(now - wall_start_ns);
    if (ahead_ns < -MAX_BEHIND_NS) {
      wall_start_ns -= ahead_ns;
      count.slips++;
      ahead_ns = 0;
    }
    if (ahead_ns <= 0) {
      if (now - last_served_ns > SLICE_US * 1000) {
        serve(0);
        last_served_ns = now;
      }
      return;
    }
    int64_t ahead_us = ahead_ns / 1000 + 1;
    serve(ahead_us > MAX_SLEEP_US ? MAX_SLEEP_US : (int)ahead_us);
    last_served_ns = now;
    if (stopping) return;
  }
}

int main(int argc, char **argv) {
  const char *mcu = "atmega328p";
  unsigned hz = 16000000;
  const char *commands[16];
  unsigned command_count = 0;
  int shifts = 0;
  const char *boot_loader = NULL;
  int option;
  while ((option = getopt(argc, argv, "m:f:l:rbsB:c:")) != -1) {
    switch (option) {
      case 'm': mcu = optarg; break;
      case 'f': hz = atoi(optarg); break;
      case 'l': link_path = optarg; break;
      case 'r': resets_on_dtr = 1; break;
      case 'b': garbles = 1; break;
      case 's': shifts = 1; break;
      case 'B': boot_loader = optarg; break;
      case 'c':
        if (command_count == sizeof commands / sizeof *commands) return 64;
        commands[command_count++] = optarg;
        break;
      default: return 64;
    }
  }
  if (optind + 1 != argc || hz < 1000000) return 64;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  signal(SIGPIPE, SIG_IGN);
  avr_global_logger_set(on_simavr_log);
  int failure = make_chip(mcu, hz, argv[optind]);
  if (!failure && boot_loader) failure = add_boot_loader(avr, boot_loader, &shallow_uart);
  if (failure) return failure;
  if (shifts) wire_shift_register(avr);
  for (unsigned i = 0; i < command_count; i++) run_command(commands[i]);
  if (!open_pty()) {
    perror("no pseudo-terminal");
    return 68;
  }
  printf("{\"event\":\"ready\",\"pid\":%d,\"pty\":\"%s\"}\n", getpid(), ptsname(master));
  wall_start_ns = now_ns();
  cycle_start = avr->cycle;
  int state = cpu_Running;
  while (!stopping && state != cpu_Done && state != cpu_Crashed) {
    state = run_slice();
    keep_pace();
  }
  report("exit");
  if (link_path) unlink(link_path);
  return state == cpu_Crashed ? 70 : 0;
}

#include "boot-loader.h"

#include <stdio.h>
#include <string.h>

#include "sim_hex.h"

/* The first UART as simavr has it. */
static const avr_uart_t *first_uart(const avr_t *avr) {
  for (avr_io_t *io = avr->io_port; io; io = io->next) {
    if (!strcmp(io->kind, "uart") && ((avr_uart_t *)io)->name == '0') return (const avr_uart_t *)io;
  }
  return NULL;
}

unsigned unread_bytes(const avr_uart_t *uart) {
  unsigned size = sizeof uart->input.buffer / sizeof *uart->input.buffer;
  return (uart->input.write + size - uart->input.read) % size;
}

int add_boot_loader(avr_t *avr, const char *path, const avr_uart_t **shallow) {
  ihex_chunk_p chunks = NULL;
  int count = read_ihex_chunks(path, &chunks);
  if (count < 1) {
    fprintf(stderr, "cannot read the boot loader %s\n", path);
    return 65;
  }
  for (int i = 0; i < count; i++) {
    uint32_t at = chunks[i].baseaddr & avr->flashend;
    uint32_t room = avr->flashend + 1 - at;
    memcpy(avr->flash + at, chunks[i].data, chunks[i].size < room ? chunks[i].size : room);
  }
  avr->codeend = avr->flashend;
  avr->reset_pc = avr->pc = chunks[0].baseaddr;
  /* A boot loader blinks before it listens. simavr would keep 64 bytes for it meanwhile, and programmers would get answers to them. */
  *shallow = first_uart(avr);
  return 0;
}

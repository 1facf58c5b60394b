/* A boot loader in the chip. */
#pragma once
#include "avr_uart.h"
#include "sim_avr.h"

/* So many bytes a UART keeps that nobody has read. */
#define UART_DEPTH 2

/* How many bytes have arrived that the firmware has not read. */
unsigned unread_bytes(const avr_uart_t *uart);

/*
 * Puts the boot loader of this file (Intel HEX) where it belongs, and has every reset begin there. Returns 0, or an exit code. `*shallow`
 * is set to the UART whose unread bytes are to be lost, as they are on the chip.
 */
int add_boot_loader(avr_t *avr, const char *path, const avr_uart_t **shallow);

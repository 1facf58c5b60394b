"""Stands in for an ESP32 at a serial port, as far as esptool can tell: on a pseudo-terminal.

Usage: esp_rom.py LINK [--pulled-after BLOCKS]

It speaks the serial protocol of the chip's boot loader, of which it knows what esptool uses to write flash: SYNC, registers, memory,
the flasher stub (which it pretends to run), compressed flash and its MD5 sum. A pseudo-terminal has no DTR and RTS to choose the boot
loader by, so it answers a SYNC at any time, and begins its sketch when the host has closed the port: that prints one line when the
port is opened. With --pulled-after, its plug is pulled when so many blocks of firmware have come.

Events, one JSON object a line, on standard output: {"event":"ready"}, {"event":"flashed","address","base64"}. Ends with its standard input.
"""

import atexit
import base64
import hashlib
import json
import os
import select
import struct
import sys
import termios
import tty
import zlib

SYNC, READ_REG, WRITE_REG = 0x08, 0x0A, 0x09
MEM_BEGIN, MEM_END, MEM_DATA = 0x05, 0x06, 0x07
DEFL_BEGIN, DEFL_DATA, DEFL_END, MD5 = 0x10, 0x11, 0x12, 0x13
KNOWN = {SYNC, READ_REG, WRITE_REG, MEM_BEGIN, MEM_END, MEM_DATA, DEFL_BEGIN, DEFL_DATA, DEFL_END, MD5, 0x0B, 0x0D, 0x0F}
# What a register holds that nobody wrote: what tells an ESP32 from others, its clock divider (115,200 baud by a crystal of 40 MHz), and a
# flash chip of 4 MB.
REGISTERS = {0x40001000: 0x00F01D83, 0x3FF40014: 347, 0x3FF42080: 0x001640EF}
SPI_COMMAND, SPI_DATA = 0x3FF42000, 0x3FF42080


def slip(payload):
    return b"\xc0" + payload.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class Chip:
    def __init__(self, write, pulled_after):
        self.write = write
        self.pulled_after = pulled_after
        self.flash = bytearray(b"\xff" * (4 << 20))
        self.registers = dict(REGISTERS)
        self.is_stub = False
        self.blocks = 0
        self.address = 0
        self.inflate = None

    def answer(self, command, value=0, data=b"", fault=0):
        status = bytes([1, fault]) if fault else b"\0\0"
        # The ROM pads its status to four bytes; the stub does not.
        body = data + status + (b"" if self.is_stub else b"\0\0")
        self.write(slip(struct.pack("<BBHI", 1, command, len(body), value) + body))

    def take(self, packet):
        if len(packet) < 8 or packet[0] != 0:
            return
        command, body = packet[1], packet[8:]
        if command not in KNOWN:
            self.answer(command, fault=5)
        elif command == SYNC:
            # Zero would be the stub's.
            for _ in range(8):
                self.answer(command, 0x20120707)
        elif command == READ_REG:
            (address,) = struct.unpack("<I", body[:4])
            self.answer(command, self.registers.get(address, 0))
        elif command == WRITE_REG:
            address, value = struct.unpack("<II", body[:8])
            # The flash chip says at once what it is, whatever it was asked.
            if address not in (SPI_COMMAND, SPI_DATA):
                self.registers[address] = value
            self.answer(command)
        elif command == MEM_END:
            self.answer(command)
            self.is_stub = True
            self.write(slip(b"OHAI"))
        elif command == DEFL_BEGIN:
            self.address = struct.unpack("<IIII", body[:16])[3]
            self.inflate = zlib.decompressobj()
            self.answer(command)
        elif command == DEFL_DATA:
            self.blocks += 1
            if self.pulled_after is not None and self.blocks > self.pulled_after:
                raise SystemExit
            (length,) = struct.unpack("<I", body[:4])
            piece = self.inflate.decompress(body[16 : 16 + length])
            self.flash[self.address : self.address + len(piece)] = piece
            self.address += len(piece)
            self.answer(command)
        elif command == MD5:
            address, length = struct.unpack("<II", body[:8])
            content = bytes(self.flash[address : address + length])
            digest = hashlib.md5(content)
            tell(event="flashed", address=address, base64=base64.b64encode(content).decode())
            self.answer(command, data=digest.digest() if self.is_stub else digest.hexdigest().encode())
        else:
            self.answer(command)


def tell(**event):
    print(json.dumps(event), flush=True)


def is_open(master):
    poller = select.poll()
    poller.register(master, select.POLLIN)
    return not any(events & select.POLLHUP for _, events in poller.poll(0))


def main():
    link = sys.argv[1]
    pulled_after = int(sys.argv[3]) if sys.argv[2:3] == ["--pulled-after"] else None
    master, slave = os.openpty()
    tty.setraw(slave, termios.TCSANOW)
    name = os.ttyname(slave)
    # From now on a hang-up means that no host has it open.
    os.close(slave)
    os.symlink(name, link)
    atexit.register(os.unlink, link)
    chip = Chip(lambda payload: os.write(master, payload), pulled_after)
    tell(event="ready")
    packet, escaped, was_open = None, False, False
    while True:
        if not is_open(master):
            was_open = False
            chip.is_stub, packet = False, None
            # The end of standard input, or a look every few milliseconds, as a closed pseudo-terminal is always ready.
            if select.select([0], [], [], 0.01)[0] and not os.read(0, 4096):
                break
            continue
        if not was_open:
            was_open = True
            os.write(master, b'{"sketch":"runs"}\r\n')
        ready, _, _ = select.select([0, master], [], [], 0.05)
        if 0 in ready and not os.read(0, 4096):
            break
        if master not in ready:
            continue
        try:
            received = os.read(master, 65536)
        except OSError:
            continue
        for byte in received:
            if byte == 0xC0:
                if packet:
                    chip.take(bytes(packet))
                    packet = None
                else:
                    packet = bytearray()
            elif packet is not None:
                if escaped:
                    packet.append(0xC0 if byte == 0xDC else 0xDB)
                    escaped = False
                elif byte == 0xDB:
                    escaped = True
                else:
                    packet.append(byte)


main()

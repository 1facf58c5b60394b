// Shows the pictures that it is sent on a matrix of 8 x 8 LEDs (MAX7219), over a USB cable, by the CrossComm library.
//
// The gateway makes black and white pixels of any photo, so that a board with 2 KB of memory can show it.

#include <CrossComm.h>

const byte SELECT_PIN = 10;
const byte CLOCK_PIN = 11;
const byte DATA_PIN = 12;
const byte SIZE = 8;

// Registers of the MAX7219. Those from 1 to 8 are the rows.
const byte DECODING = 0x9;
const byte BRIGHTNESS = 0xA;
const byte ROWS = 0xB;
const byte IS_ON = 0xC;
const byte TEST = 0xF;

CrossComm<> cc;

void write(byte place, byte value) {
  digitalWrite(SELECT_PIN, LOW);
  shiftOut(DATA_PIN, CLOCK_PIN, MSBFIRST, place);
  shiftOut(DATA_PIN, CLOCK_PIN, MSBFIRST, value);
  digitalWrite(SELECT_PIN, HIGH);
}

void onFile(CrossCommFile &file) {
  if (file.isOffered()) {
    file.asImage(SIZE, SIZE, CrossCommFormat::Mono, CrossCommFit::Cover);
  } else if (file.isChunk()) {
    // A row is a byte, the left pixel its highest bit.
    for (byte i = 0; i < file.length; i++) write(1 + file.offset + i, file.bytes[i]);
  } else if (!file.isWhole()) {
    cc.log("This is no picture.", 2);
  }
}

void setup() {
  pinMode(SELECT_PIN, OUTPUT);
  pinMode(CLOCK_PIN, OUTPUT);
  pinMode(DATA_PIN, OUTPUT);
  digitalWrite(SELECT_PIN, HIGH);
  write(TEST, 0);
  write(DECODING, 0);
  write(BRIGHTNESS, 3);
  write(ROWS, SIZE - 1);
  for (byte row = 1; row <= SIZE; row++) write(row, 0);
  write(IS_ON, 1);
  Serial.begin(115200);
  cc.onFile(onFile);
  cc.begin("matrix", Serial);
}

void loop() { cc.loop(); }

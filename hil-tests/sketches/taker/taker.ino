// Takes the files that it is sent, and says what it got to the channel `taken`: how many bytes, their sum as the sketch
// counts them, and the code that ended it.

#include <CrossComm.h>

CrossComm<> cc;
unsigned long bytes;
unsigned long sum;

void onFile(CrossCommFile &file) {
  if (file.isOffered()) bytes = sum = 0;
  for (unsigned i = 0; i < file.length; i++) sum = sum * 31 + file.bytes[i];
  bytes += file.length;
  if (!file.isOver()) return;
  cc.message("taken").field("bytes", bytes).field("sum", sum).field("code", file.code).deliver();
}

void setup() {
  Serial.begin(115200);
  cc.onFile(onFile);
  cc.begin("taker", Serial);
}

void loop() { cc.loop(); }

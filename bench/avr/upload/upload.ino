// Sends a file of 64 KiB. The LED is on from the first byte that is read until the gateway has it on its disk.

#include <CrossComm.h>

const unsigned long SIZE = 65536;

class Samples : public Stream {
 public:
  int available() { return place_ < SIZE; }
  int read() {
    if (place_ >= SIZE) return -1;
    if (place_ == 0) digitalWrite(LED_BUILTIN, HIGH);
    return place_++ & 255;
  }
  int peek() { return -1; }
  size_t write(uint8_t) { return 0; }

 private:
  unsigned long place_ = 0;
};

CrossComm<> cc;
Samples samples;

void onFile(const CrossCommUpload &upload) {
  if (upload.isStored()) digitalWrite(LED_BUILTIN, LOW);
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.begin("uno-upload", Serial);
  cc.sendFile("samples.bin", CrossCommFileKind::File, "nobody", samples, SIZE, onFile);
}

void loop() { cc.loop(); }

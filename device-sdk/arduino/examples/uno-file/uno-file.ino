// Sends a file over a USB cable, by the CrossComm library: 20 KB, from a board with 2 KB of memory.
//
// The content is computed where it is needed, as a logger's would be read from its card. The LED is on once the file is
// stored.

#include <CrossComm.h>

const unsigned long SIZE = 20480;

/** Anything that is a Stream will do: a File of the SD library, a serial camera. */
class Samples : public Stream {
 public:
  using Print::write;  // the others of the same name stay in sight
  using Stream::read;

  int available() { return place_ < SIZE; }
  int read() {
    if (place_ >= SIZE) return -1;
    state_ = state_ * 25173 + 13849;
    place_++;
    return state_ >> 8;
  }
  int peek() { return -1; }
  size_t write(uint8_t) { return 0; }

 private:
  unsigned long place_ = 0;
  unsigned int state_ = 1;
};

CrossComm<> cc;
Samples samples;

void onFile(const CrossCommUpload &upload) {
  digitalWrite(LED_BUILTIN, upload.isStored());
  if (upload.isOver && !upload.isStored()) cc.log("The file was refused.", 3);
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.begin("uno-file", Serial);
  cc.sendFile("samples.bin", CrossCommFileKind::File, "all", samples, SIZE, onFile);
}

void loop() { cc.loop(); }

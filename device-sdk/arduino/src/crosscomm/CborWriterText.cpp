// Texts that are made while they are written. Linked where a sketch sends some.

#include "CborReader.h"
#include "CborWriter.h"

namespace crosscomm {

namespace {

struct Counter final : Print {
  using Print::write;
  size_t write(uint8_t) override {
    count++;
    return 1;
  }
  size_t count = 0;
};

struct WriterPrint final : Print {
  explicit WriterPrint(CborWriter &to) : writer(to) {}
  using Print::write;
  size_t write(uint8_t byte) override {
    writer.put(byte);
    return 1;
  }
  CborWriter &writer;
};

}  // namespace

void CborWriter::character(char character) {
  const uint8_t code = static_cast<uint8_t>(character);
  const char text[] = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
  if (code < 0x80) this->text(&character, 1);
  else this->text(text, sizeof text);
}

void CborWriter::printed(void (*print)(Print &out, const void *thing), const void *thing) {
  Counter counter;
  print(counter, thing);
  head(Cbor::TEXT, static_cast<uint32_t>(counter.count));
  WriterPrint out(*this);
  print(out, thing);
}

void CborWriter::item(const Value &value) {
  if (!value.exists()) return null();
  put(value.begin(), static_cast<size_t>(value.next() - value.begin()));
}

}  // namespace crosscomm

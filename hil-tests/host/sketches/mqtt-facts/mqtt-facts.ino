// Says what an MQTT library does where it matters to this project, with a connection whose other end is the sketch: PubSubClient
// or PubSubClient3, and with ARDUINO_MQTT defined ArduinoMqttClient. It knows nothing of how the library does it.

#ifdef ARDUINO_MQTT
#include <ArduinoMqttClient.h>
#else
#include <PubSubClient.h>
#endif

// The server's end: what it says is read, what is written to it is kept, up to `room` bytes.
class Server : public Client {
 public:
  using Client::write;
  String written;
  size_t room = 1000000;
  bool isUp = false;

  void say(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) said_ += bytes[i];
  }
  int connect(IPAddress, uint16_t) override { return connect("", 0); }
  int connect(const char *, uint16_t) override {
    isUp = true;
    written = "";
    said_ = "";
    read_ = 0;
    say("\x20\x02\x00\x00", 4);
    return 1;
  }
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t *bytes, size_t length) override {
    size_t taken = length < room ? length : room;
    room -= taken;
    for (size_t i = 0; i < taken; i++) written += (char)bytes[i];
    return taken;
  }
  int available() override { return said_.length() - read_; }
  int read() override { return available() > 0 ? (uint8_t)said_[read_++] : -1; }
  int read(uint8_t *bytes, size_t length) override {
    size_t count = 0;
    for (int byte; count < length && (byte = read()) >= 0; count++) bytes[count] = byte;
    return count;
  }
  int peek() override { return available() > 0 ? (uint8_t)said_[read_] : -1; }
  void flush() override {}
  void stop() override { isUp = false; }
  uint8_t connected() override { return isUp || available() > 0; }
  operator bool() override { return isUp; }

 private:
  String said_;
  size_t read_ = 0;
};

Server server;
uint8_t payload[70000];
int handedOver = 0;

void say(const char *what, long value) {
  Serial.print(what);
  Serial.print(" ");
  Serial.println(value);
}

// What the first packet that was written declares of itself, beside its head.
long declared() {
  long length = 0;
  for (int i = 1, shift = 0;; i++, shift += 7) {
    length |= (long)(server.written[i] & 127) << shift;
    if ((server.written[i] & 128) == 0) return length;
  }
}

// A message of quality `qos` with `length` bytes, to the topic `t`.
void sayMessage(int qos, int length) {
  char packet[600] = {};
  int rest = 3 + (qos > 0 ? 2 : 0) + length;
  int at = 0;
  packet[at++] = 0x30 | qos << 1;
  packet[at++] = (rest & 127) | (rest > 127 ? 128 : 0);
  if (rest > 127) packet[at++] = rest >> 7;
  packet[at++] = 0;
  packet[at++] = 1;
  packet[at++] = 't';
  if (qos > 0) {
    packet[at++] = 0;
    packet[at++] = 7;
  }
  server.say(packet, at + length);
}

#ifdef ARDUINO_MQTT
MqttClient mqtt(server);

void onMessage(int length) {
  handedOver++;
  while (length-- > 0) mqtt.read();
}

void begin() {
  server.room = 1000000;
  mqtt.stop();
  mqtt.connect("server", 1883);
  server.written = "";
}

void tellFacts() {
  mqtt.setId("me");
  mqtt.connect("server", 1883);
  say("keep alive, seconds:", (uint8_t)server.written[10] << 8 | (uint8_t)server.written[11]);
  begin();
  mqtt.beginMessage("t", (unsigned long)70000);
  say("declared of 70000:", declared());
  begin();
  server.room = 3;
  say("head cut, begun:", mqtt.beginMessage("t", (unsigned long)5));
  say("head cut, connected:", mqtt.connected());
  begin();
  mqtt.beginMessage("t", (unsigned long)5);
  server.room = 3;
  say("payload cut, written of 5:", mqtt.write(payload, 5));
  say("payload cut, ended:", mqtt.endMessage());
  say("payload cut, connected:", mqtt.connected());
  begin();
  mqtt.beginMessage("t");
  say("of no size, written of 300:", mqtt.write(payload, 300));
  begin();
  for (int i = 0; i < 3; i++) sayMessage(0, 5);
  say("parsed, length:", mqtt.parseMessage());
  say("parsed, bytes left in the connection:", server.available());
  mqtt.read(payload, 5);
  mqtt.onMessage(onMessage);
  mqtt.poll();
  say("handed over by one poll:", handedOver);
}

#else
PubSubClient mqtt("server", 1883, server);

void onMessage(char *, uint8_t *, unsigned int length) {
  handedOver++;
  say("handed over, bytes:", length);
}

void begin() {
  server.room = 1000000;
  mqtt.disconnect();
  mqtt.connect("me");
  server.written = "";
}

void tellFacts() {
  mqtt.connect("me");
  say("keep alive, seconds:", (uint8_t)server.written[10] << 8 | (uint8_t)server.written[11]);
  say("buffer, bytes:", mqtt.getBufferSize());
  begin();
  mqtt.beginPublish("t", 70000, false);
  say("declared of 70000:", declared());
  begin();
  server.room = 3;
  say("head cut, begun:", mqtt.beginPublish("t", 5, false));
  say("head cut, connected:", mqtt.connected());
  begin();
  mqtt.beginPublish("t", 5, false);
  server.room = 3;
  say("payload cut, written of 5:", mqtt.write(payload, 5));
  say("payload cut, ended:", mqtt.endPublish());
  say("payload cut, connected:", mqtt.connected());
  begin();
  say("published of 300:", mqtt.publish("t", payload, 300));
  say("published of 300, bytes written:", server.written.length());
  begin();
  server.room = 3;
  say("publish cut:", mqtt.publish("t", payload, 5));
  say("publish cut, connected:", mqtt.connected());
  begin();
  mqtt.setCallback(onMessage);
  sayMessage(0, 300);
  sayMessage(0, 5);
  mqtt.loop();
  say("handed over after one loop:", handedOver);
  mqtt.loop();
  say("handed over after two:", handedOver);
  sayMessage(1, 5);
  mqtt.loop();
  say("acknowledged with, bytes:", server.written.length());
  sayMessage(2, 5);
  mqtt.loop();
}
#endif

void setup() {
  Serial.begin(115200);
  tellFacts();
  Serial.println("over");
}

void loop() {}

// All that the library can do, to measure it.

#include <CrossComm.h>

const char *const KEYS[] = {"temperature", "humidity"};

CrossComm<> cc;
CrossCommVariable<float> target("lab/room1", "target", 20);
unsigned long reportedMs = 0;

void onLamp(const CrossCommMessage &message) { digitalWrite(LED_BUILTIN, message["on"].toBool()); }

void toFahrenheit(const CrossCommCall &call, CrossCommBuilder &reply) {
  reply.field("fahrenheit", call.args["celsius"].toFloat() * 1.8f + 32);
}

void onClients(const CrossCommClients &clients) { cc.message("clients").field("count", clients.count()).send(); }

void onTargetChange() { digitalWrite(LED_BUILTIN, target > 20); }

void onTime(const CrossCommReply &reply) {
  if (reply.isOk()) cc.log(F("heard the time"));
  cc.listClients(onClients);
}

void onError(const CrossCommError &error) {
  if (error.code != crosscomm::Code::NotAllowed) return;
  cc.log("not allowed");
  cc.off("lamp");
  target = 18;
}

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  cc.keys(KEYS);
  cc.begin("uno-1", Serial);
  cc.on("lamp", onLamp);
  cc.channel("lab/room1");
  cc.offer("toFahrenheit", toFahrenheit);
  cc.onError(onError);
  cc.variable(target);
  target.onChange(onTargetChange);
}

void loop() {
  cc.loop();
  if (millis() - reportedMs < 1000) return;
  reportedMs = millis();
  cc.message("lab/room1").field("temperature", analogRead(A0) * 0.1f).field("humidity", 43).deliver();
  cc.call("clock", "now", onTime).deliver();
}

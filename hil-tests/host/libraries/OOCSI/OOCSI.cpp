#include "OOCSI.h"

namespace {

const uint16_t PORT = 4444;
const uint32_t WELCOME_WITHIN_MS = 10000;
const uint32_t SPEAK_EVERY_MS = 30000;

/** The end of the JSON value that begins at `at`. */
size_t endOfValue(const std::string &json, size_t at) {
  int depth = 0;
  bool isText = false;
  for (; at < json.size(); at++) {
    const char c = json[at];
    if (isText) {
      if (c == '\\') at++;
      if (c == '"') isText = false;
    } else if (c == '"') {
      isText = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (depth == 0 && (c == ',' || c == '}')) {
      return at;
    } else if (c == '}' || c == ']') {
      depth--;
    }
  }
  return at;
}

/** The fields of an object as OOCSI sends them: no blanks between. */
std::map<std::string, std::string> fieldsOf(const std::string &json) {
  std::map<std::string, std::string> fields;
  for (size_t at = 1; at < json.size() && json[at] == '"';) {
    const size_t keyEnd = json.find("\":", at + 1);
    if (keyEnd == std::string::npos) break;
    const size_t end = endOfValue(json, keyEnd + 2);
    fields[json.substr(at + 1, keyEnd - at - 1)] = json.substr(keyEnd + 2, end - keyEnd - 2);
    at = end + 1;
  }
  return fields;
}

}  // namespace

bool OOCSI::connect(const char *name, const char *server, const char *network, const char *password,
                    void (*callback)()) {
  name_ = name;
  server_ = server;
  callback_ = callback;
  WiFi.begin(network, password);
  while (!WiFi.isConnected()) delay(10);
  return connectOnce();
}

bool OOCSI::connectOnce() {
  if (!client_.connect(server_, PORT)) {
    delay(250);
    return false;
  }
  for (const char *c = name_; *c != 0; c++) {
    if (*c == '#') client_.print(random(0, 10));
    else client_.print(*c);
  }
  client_.println(F("(JSON)"));
  client_.setTimeout(WELCOME_WITHIN_MS);
  const String answer = client_.readStringUntil('\n');
  client_.setTimeout(1000);
  log(answer);
  spokeMs_ = millis();
  if (answer.indexOf("welcome") >= 0) return true;
  client_.stop();
  return false;
}

void OOCSI::subscribe(const char *channel) { client_.println("subscribe " + String(channel)); }

bool OOCSI::check() {
  if (!WiFi.isConnected() || !client_.connected()) connectOnce();
  bool hasCome = false;
  for (int lines = 0; lines < 20 && client_.available() > 0; lines++) {
    const String line = client_.readStringUntil('\n');
    if (line.indexOf("ping") >= 0) {
      client_.println('.');
      spokeMs_ = millis();
    } else if (line.length() > 0) {
      fields_ = fieldsOf(line.c_str());
      hasCome = true;
      if (callback_ != nullptr) callback_();
    }
  }
  if (millis() - spokeMs_ > SPEAK_EVERY_MS) {
    client_.println('.');
    spokeMs_ = millis();
  }
  return hasCome;
}

OOCSI &OOCSI::newMessage(const char *channel) {
  recipient_ = channel;
  message_.clear();
  return *this;
}

OOCSI &OOCSI::add(const char *key, const std::string &json) {
  message_ += (message_.empty() ? "" : ",") + ("\"" + std::string(key) + "\":") + json;
  return *this;
}

OOCSI &OOCSI::addFloat(const char *key, float value) {
  char digits[32];
  snprintf(digits, sizeof digits, "%.7g", static_cast<double>(value));
  return add(key, digits);
}

OOCSI &OOCSI::addString(const char *key, const char *value) {
  std::string text = "\"";
  for (; *value != 0; value++) {
    if (*value == '"' || *value == '\\') text += '\\';
    text += *value;
  }
  return add(key, text + "\"");
}

void OOCSI::sendMessage() {
  // In pieces, as the library does it.
  client_.print("sendraw ");
  client_.print(recipient_.c_str());
  client_.print(" {");
  client_.print(message_.c_str());
  client_.println("}");
}

bool OOCSI::getBool(const char *key, bool otherwise) const {
  const auto field = fields_.find(key);
  if (field == fields_.end() || (field->second != "true" && field->second != "false")) return otherwise;
  return field->second == "true";
}

int OOCSI::getInt(const char *key, int otherwise) const { return static_cast<int>(getLong(key, otherwise)); }

long OOCSI::getLong(const char *key, long otherwise) const {
  const auto field = fields_.find(key);
  return field == fields_.end() ? otherwise : strtol(field->second.c_str(), nullptr, 10);
}

float OOCSI::getFloat(const char *key, float otherwise) const {
  const auto field = fields_.find(key);
  return field == fields_.end() ? otherwise : strtof(field->second.c_str(), nullptr);
}

String OOCSI::getString(const char *key, const char *otherwise) const {
  const auto field = fields_.find(key);
  if (field == fields_.end() || field->second.size() < 2 || field->second[0] != '"') return otherwise;
  return String(field->second.substr(1, field->second.size() - 2).c_str());
}

void OOCSI::log(const String &text) {
  if (isLogging_) Serial.println(text);
}

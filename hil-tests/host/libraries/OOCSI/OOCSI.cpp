#include "OOCSI.h"

namespace {

const uint16_t PORT = 4444;
const int MOST_TRIES = 100;
const uint32_t NEXT_TRY_MS = 250;
const int MOST_WAITS = 40;
const uint32_t WAIT_MS = 250;
const int MOST_LINES = 20;
const int MOST_WIFI_TRIES = 500;
const uint32_t NEXT_WIFI_TRY_MS = 1000;
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

/** Whether a number is written without a fraction and an exponent, and an int or long of the board holds it. */
bool isInteger(const std::string &json) {
  if (json.empty() || json.find_first_not_of("-0123456789") != std::string::npos) return false;
  const long long number = strtoll(json.c_str(), nullptr, 10);
  return number >= INT32_MIN && number <= INT32_MAX;
}

bool isNumber(const std::string &json) { return !json.empty() && strchr("-0123456789", json[0]) != nullptr; }

}  // namespace

bool OOCSI::connect(const char *name, const char *server, void (*callback)()) {
  name_ = name;
  server_ = server;
  callback_ = callback;
  return connectNow();
}

bool OOCSI::connect(const char *name, const char *server, const char *network, const char *password,
                    void (*callback)()) {
  network_ = network;
  password_ = password;
  return connect(name, server, callback);
}

void OOCSI::disconnect() {
  client_.println(F("quit"));
  client_.stop();
  if (network_ != nullptr) WiFi.disconnect();
}

void OOCSI::joinWifi() {
  if (network_ == nullptr || WiFi.isConnected()) return;
  log(F("Connecting to Wifi"));
  WiFi.begin(network_, password_);
  for (int tries = 1; !WiFi.isConnected() && tries <= MOST_WIFI_TRIES; tries++) {
    log(".");
    if (tries % 20 == 0) WiFi.begin(network_, password_);
    delay(NEXT_WIFI_TRY_MS);
  }
}

bool OOCSI::connectNow() {
  joinWifi();
  logLine("");
  log(F("Connecting to OOCSI"));
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    if (client_.connect(server_, PORT)) {
      logLine("");
      handle_ = name_;
      for (char &c : handle_) {
        if (c == '#') c = static_cast<char>('0' + random(0, 10));
      }
      client_.print(handle_.c_str());
      client_.println(F("(JSON)"));
      for (int waits = 0; client_.available() <= 0 && waits < MOST_WAITS; waits++) delay(WAIT_MS);
      if (client_.available() > 0) {
        const String answer = client_.readStringUntil('\n');
        logLine(answer);
        spokeMs_ = millis();
        if (answer.indexOf("welcome") >= 0) return true;
      }
      client_.stop();
    }
    log(".");
    delay(NEXT_TRY_MS);
  }
  logLine("");
  return false;
}

void OOCSI::subscribe(const char *channel) { client_.println("subscribe " + String(channel)); }

void OOCSI::unsubscribe(const char *channel) { client_.println("unsubscribe " + String(channel)); }

bool OOCSI::check() {
  if (!WiFi.isConnected() || !client_.connected()) connectNow();
  bool hasCome = false;
  for (int lines = 0; lines < MOST_LINES && client_.available() > 0; lines++) {
    const String line = client_.readStringUntil('\n');
    if (line == "ping" || line == " ") {
      client_.println('.');
      spokeMs_ = millis();
    } else if (line.length() > 0) {
      // Also what is no JSON: it has no fields.
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

OOCSI OOCSI::newMessage(const char *channel) {
  recipient_ = channel;
  message_.clear();
  return *this;
}

OOCSI &OOCSI::add(const char *key, const std::string &json) {
  message_ += (message_.empty() ? "" : ",") + ("\"" + std::string(key) + "\":") + json;
  return *this;
}

OOCSI OOCSI::addFloat(const char *key, float value) {
  char digits[32];
  snprintf(digits, sizeof digits, "%.7g", static_cast<double>(value));
  return add(key, digits);
}

OOCSI OOCSI::addString(const char *key, const char *value) {
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

/** What a field of the last message has; nothing where there is none. */
const std::string *OOCSI::jsonOf(const char *key) const {
  const auto field = fields_.find(key);
  return field == fields_.end() ? nullptr : &field->second;
}

bool OOCSI::getBool(const char *key, bool otherwise) const {
  const std::string *json = jsonOf(key);
  return json != nullptr && (*json == "true" || *json == "false") ? *json == "true" : otherwise;
}

int OOCSI::getInt(const char *key, int otherwise) const { return static_cast<int>(getLong(key, otherwise)); }

long OOCSI::getLong(const char *key, long otherwise) const {
  const std::string *json = jsonOf(key);
  return json != nullptr && isInteger(*json) ? strtol(json->c_str(), nullptr, 10) : otherwise;
}

float OOCSI::getFloat(const char *key, float otherwise) const {
  const std::string *json = jsonOf(key);
  return json != nullptr && isNumber(*json) ? strtof(json->c_str(), nullptr) : otherwise;
}

String OOCSI::getString(const char *key, const char *otherwise) const {
  const std::string *json = jsonOf(key);
  if (json == nullptr || json->size() < 2 || (*json)[0] != '"') return otherwise;
  return String(json->substr(1, json->size() - 2).c_str());
}

void OOCSI::log(const String &text) {
  if (isLogging_) Serial.print(text);
}

void OOCSI::logLine(const String &text) {
  if (isLogging_) Serial.println(text);
}

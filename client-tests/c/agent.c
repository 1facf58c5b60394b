// Drives the unmodified Paho client for C at MQTT 5: one JSON command a line on standard input, one JSON event a line on output.
#include <MQTTAsync.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static MQTTAsync client;

static void emit(cJSON *event, const char *name) {
  cJSON_AddStringToObject(event, "event", name);
  char *line = cJSON_PrintUnformatted(event);
  // One write, as callbacks come on threads of the library's own.
  printf("%s\n", line);
  fflush(stdout);
  free(line);
  cJSON_Delete(event);
}

static const char *text(const cJSON *command, const char *field) {
  return cJSON_GetStringValue(cJSON_GetObjectItem(command, field));
}

static int number(const cJSON *command, const char *field) { return cJSON_GetObjectItem(command, field)->valueint; }

static int isSet(const cJSON *command, const char *field) { return cJSON_IsTrue(cJSON_GetObjectItem(command, field)); }

static void check(int result, const char *what) {
  if (result == MQTTASYNC_SUCCESS) return;
  fprintf(stderr, "%s: %d\n", what, result);
  exit(1);
}

static void onFailure(void *context, MQTTAsync_failureData5 *failed) {
  fprintf(stderr, "%s: %d, reason code %d\n", (const char *)context, failed->code, failed->reasonCode);
  exit(1);
}

static void onNoConnection(void *context, MQTTAsync_failureData5 *failed) {
  (void)context;
  fprintf(stderr, "connect: %d, reason code %d\n", failed->code, failed->reasonCode);
}

/** A property that is text or bytes, as JSON; null where there is none. */
static void addProperty(cJSON *event, const char *name, MQTTProperties *properties, enum MQTTPropertyCodes id) {
  MQTTProperty *property = MQTTProperties_getProperty(properties, id);
  if (property == NULL) {
    cJSON_AddNullToObject(event, name);
    return;
  }
  char *copy = strndup(property->value.data.data, property->value.data.len);
  cJSON_AddStringToObject(event, name, copy);
  free(copy);
}

static int onMessage(void *context, char *topic, int topicLength, MQTTAsync_message *message) {
  (void)context;
  (void)topicLength;
  cJSON *event = cJSON_CreateObject();
  cJSON_AddStringToObject(event, "topic", topic);
  char *payload = strndup(message->payload, message->payloadlen);
  cJSON_AddStringToObject(event, "payload", payload);
  free(payload);
  cJSON_AddNumberToObject(event, "qos", message->qos);
  cJSON_AddBoolToObject(event, "retain", message->retained);
  addProperty(event, "responseTopic", &message->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
  addProperty(event, "correlation", &message->properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
  emit(event, "message");
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

/** Comes at each connection, also one that it made by itself. */
static void onConnected(void *context, char *cause) {
  (void)context;
  (void)cause;
  cJSON *event = cJSON_CreateObject();
  cJSON_AddNullToObject(event, "sessionPresent");
  emit(event, "connected");
}

static void onSubscribed(void *context, MQTTAsync_successData5 *done) {
  (void)context;
  cJSON *event = cJSON_CreateObject();
  cJSON_AddNumberToObject(event, "code", done->reasonCode);
  emit(event, "subscribed");
}

static void onPublished(void *context, MQTTAsync_successData5 *done) {
  (void)context;
  (void)done;
  emit(cJSON_CreateObject(), "published");
}

static void onDisconnected(void *context, MQTTAsync_successData5 *done) {
  (void)context;
  (void)done;
  emit(cJSON_CreateObject(), "disconnected");
}

static void addNumber(MQTTProperties *properties, enum MQTTPropertyCodes id, int value) {
  MQTTProperty property = {.identifier = id, .value.integer4 = value};
  check(MQTTProperties_add(properties, &property), "property");
}

static void addText(MQTTProperties *properties, enum MQTTPropertyCodes id, const char *value) {
  if (value == NULL) return;
  MQTTProperty property = {.identifier = id, .value.data = {.data = (char *)value, .len = (int)strlen(value)}};
  check(MQTTProperties_add(properties, &property), "property");
}

static void doConnect(const cJSON *command) {
  char uri[100];
  const char *authority = text(command, "caFile");
  const char *scheme = authority == NULL ? "tcp" : "ssl";
  snprintf(uri, sizeof uri, "%s://%s:%d", scheme, text(command, "host"), number(command, "port"));
  MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
  const char *id = text(command, "id");
  check(MQTTAsync_createWithOptions(&client, uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create), "create");
  check(MQTTAsync_setCallbacks(client, NULL, NULL, onMessage, NULL), "callbacks");
  check(MQTTAsync_setConnected(client, NULL, onConnected), "callbacks");
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
  MQTTProperties properties = MQTTProperties_initializer;
  int persistent = isSet(command, "persistent");
  addNumber(&properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, persistent ? 600 : 0);
  options.connectProperties = &properties;
  options.cleanstart = !persistent;
  options.keepAliveInterval = 60;
  options.automaticReconnect = 1;
  options.minRetryInterval = 1;
  options.maxRetryInterval = 1;
  // Its attempts to connect again may fail, too.
  options.onFailure5 = onNoConnection;
  MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
  const cJSON *given = cJSON_GetObjectItem(command, "will");
  if (cJSON_IsObject(given)) {
    will.topicName = text(given, "topic");
    will.message = text(given, "payload");
    will.qos = number(given, "qos");
    options.will = &will;
  }
  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
  tls.trustStore = authority;
  tls.verify = 1;
  if (authority != NULL) options.ssl = &tls;
  check(MQTTAsync_connect(client, &options), "connect");
  MQTTProperties_free(&properties);
}

static void doSubscribe(const cJSON *command) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.onSuccess5 = onSubscribed;
  options.onFailure5 = onFailure;
  options.context = "subscribe";
  check(MQTTAsync_subscribe(client, text(command, "topic"), number(command, "qos"), &options), "subscribe");
}

static void doPublish(const cJSON *command) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.onSuccess5 = onPublished;
  options.onFailure5 = onFailure;
  options.context = "publish";
  MQTTAsync_message message = MQTTAsync_message_initializer;
  const char *payload = text(command, "payload");
  message.payload = (void *)payload;
  message.payloadlen = (int)strlen(payload);
  message.qos = number(command, "qos");
  message.retained = isSet(command, "retain");
  addText(&message.properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, text(command, "responseTopic"));
  addText(&message.properties, MQTTPROPERTY_CODE_CORRELATION_DATA, text(command, "correlation"));
  check(MQTTAsync_sendMessage(client, text(command, "topic"), &message, &options), "publish");
  MQTTProperties_free(&message.properties);
}

static void doDisconnect(void) {
  MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
  options.timeout = 1000;
  options.onSuccess5 = onDisconnected;
  options.onFailure5 = onFailure;
  options.context = "disconnect";
  check(MQTTAsync_disconnect(client, &options), "disconnect");
}

int main(void) {
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    cJSON *command = cJSON_Parse(line);
    const char *what = text(command, "do");
    if (strcmp(what, "connect") == 0) doConnect(command);
    if (strcmp(what, "subscribe") == 0) doSubscribe(command);
    if (strcmp(what, "publish") == 0) doPublish(command);
    if (strcmp(what, "disconnect") == 0) doDisconnect();
    cJSON_Delete(command);
  }
  free(line);
  return 0;
}

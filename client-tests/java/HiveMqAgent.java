import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;

/** Drives the unmodified client of HiveMQ at MQTT 5. */
final class HiveMqAgent extends Agent {
  private Mqtt5BlockingClient client;

  public static void main(String[] args) throws Exception {
    new HiveMqAgent().obey();
  }

  private static String text(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return Agent.text(bytes);
  }

  private static void onMessage(Mqtt5Publish message) {
    emit("message",
        "topic", message.getTopic().toString(),
        "payload", Agent.text(message.getPayloadAsBytes()),
        "qos", message.getQos().getCode(),
        "retain", message.isRetain(),
        "responseTopic", message.getResponseTopic().map(Object::toString).orElse(null),
        "correlation", message.getCorrelationData().map(HiveMqAgent::text).orElse(null));
  }

  @Override
  void connect(Command command) throws IOException, GeneralSecurityException {
    boolean[] wasConnected = {false};
    Mqtt5ClientBuilder builder = MqttClient.builder()
        .useMqttVersion5()
        .identifier(command.id)
        .serverHost(command.host)
        .serverPort(command.port)
        .automaticReconnect()
        .initialDelay(200, TimeUnit.MILLISECONDS)
        .maxDelay(1, TimeUnit.SECONDS)
        .applyAutomaticReconnect()
        .addConnectedListener(context -> {
          // The first CONNACK is returned by connect, which tells more.
          if (wasConnected[0]) emit("connected", "sessionPresent", null);
        });
    if (command.caFile != null) {
      builder = builder.sslConfig().trustManagerFactory(trusting(command.caFile)).applySslConfig();
    }
    if (command.will != null) {
      builder = builder.willPublish()
          .topic(command.will.topic)
          .payload(bytes(command.will.payload))
          .qos(MqttQos.fromCode(command.will.qos))
          .applyWillPublish();
    }
    client = builder.buildBlocking();
    client.toAsync().publishes(MqttGlobalPublishFilter.ALL, HiveMqAgent::onMessage);
    Mqtt5ConnAck connack = client.connectWith()
        .cleanStart(!command.persistent)
        .sessionExpiryInterval(command.persistent ? 600 : 0)
        .send();
    wasConnected[0] = true;
    emit("connected", "sessionPresent", connack.isSessionPresent());
  }

  @Override
  int subscribe(Command command) {
    var suback = client.subscribeWith().topicFilter(command.topic).qos(MqttQos.fromCode(command.qos)).send();
    return suback.getReasonCodes().get(0).getCode();
  }

  @Override
  void publish(Command command) {
    Mqtt5PublishBuilder.Complete message = Mqtt5Publish.builder()
        .topic(command.topic)
        .payload(bytes(command.payload))
        .qos(MqttQos.fromCode(command.qos))
        .retain(command.retain);
    if (command.responseTopic != null) message = message.responseTopic(command.responseTopic);
    if (command.correlation != null) message = message.correlationData(bytes(command.correlation));
    client.publish(message.build());
  }

  @Override
  void disconnect() {
    client.disconnect();
  }
}

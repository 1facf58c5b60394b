import java.io.IOException;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** Drives the unmodified Paho client for Java at MQTT 5. */
final class PahoAgent extends Agent {
  private MqttAsyncClient client;

  public static void main(String[] args) throws Exception {
    new PahoAgent().obey();
  }

  /** What it tells by itself. */
  private static final class Told implements MqttCallback {
    @Override
    public void messageArrived(String topic, MqttMessage message) {
      MqttProperties properties = message.getProperties();
      emit("message",
          "topic", topic,
          "payload", text(message.getPayload()),
          "qos", message.getQos(),
          "retain", message.isRetained(),
          "responseTopic", properties.getResponseTopic(),
          "correlation", text(properties.getCorrelationData()));
    }

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {
      if (reconnect) emit("connected", "sessionPresent", null);
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {}

    @Override
    public void mqttErrorOccurred(MqttException exception) {
      exception.printStackTrace();
    }

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}
  }

  @Override
  void connect(Command command) throws MqttException, IOException, GeneralSecurityException {
    String uri = (command.caFile == null ? "tcp://" : "ssl://") + command.host + ":" + command.port;
    client = new MqttAsyncClient(uri, command.id, new MemoryPersistence());
    client.setCallback(new Told());
    MqttConnectionOptions options = new MqttConnectionOptions();
    options.setAutomaticReconnect(true);
    options.setAutomaticReconnectDelay(1, 1);
    options.setCleanStart(!command.persistent);
    options.setSessionExpiryInterval(command.persistent ? 600L : 0L);
    if (command.caFile != null) {
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, trusting(command.caFile).getTrustManagers(), null);
      options.setSocketFactory(tls.getSocketFactory());
    }
    if (command.will != null) {
      MqttMessage will = new MqttMessage(bytes(command.will.payload), command.will.qos, false, new MqttProperties());
      options.setWill(command.will.topic, will);
    }
    IMqttToken token = client.connect(options);
    token.waitForCompletion();
    emit("connected", "sessionPresent", token.getSessionPresent());
  }

  @Override
  int subscribe(Command command) throws MqttException {
    IMqttToken token = client.subscribe(command.topic, command.qos);
    token.waitForCompletion();
    return token.getReasonCodes()[0];
  }

  @Override
  void publish(Command command) throws MqttException {
    MqttProperties properties = new MqttProperties();
    if (command.responseTopic != null) properties.setResponseTopic(command.responseTopic);
    if (command.correlation != null) properties.setCorrelationData(bytes(command.correlation));
    MqttMessage message = new MqttMessage(bytes(command.payload), command.qos, command.retain, properties);
    client.publish(command.topic, message).waitForCompletion();
  }

  @Override
  void disconnect() throws MqttException {
    client.disconnect().waitForCompletion();
    client.close();
  }
}

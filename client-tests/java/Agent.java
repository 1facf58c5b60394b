import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.TrustManagerFactory;

/** Obeys one JSON command a line on standard input, and prints one JSON event a line: what the programs of both libraries share. */
abstract class Agent {
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  static final class Will {
    String topic;
    String payload;
    int qos;
  }

  /** The fields of all commands. */
  static final class Command {
    String host;
    int port;
    String id;
    boolean persistent;
    Will will;
    String topic;
    String payload;
    int qos;
    boolean retain;
    String responseTopic;
    String correlation;
    /** The certificate of the authority to trust where it connects by TLS, and null where it does not. */
    String caFile;
  }

  /** What trusts the authority whose certificate is in a file, and no other. */
  static TrustManagerFactory trusting(String caFile) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream file = Files.newInputStream(Path.of(caFile))) {
      store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust;
  }

  abstract void connect(Command command) throws Exception;

  /** The code of SUBACK. */
  abstract int subscribe(Command command) throws Exception;

  /** Returns when the message is acknowledged. */
  abstract void publish(Command command) throws Exception;

  abstract void disconnect() throws Exception;

  static synchronized void emit(String event, Object... fields) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("event", event);
    for (int index = 0; index < fields.length; index += 2) all.put((String) fields[index], fields[index + 1]);
    System.out.println(GSON.toJson(all));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Null where there are none. */
  static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  final void obey() throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonObject object = GSON.fromJson(line, JsonObject.class);
      Command command = GSON.fromJson(object, Command.class);
      switch (object.get("do").getAsString()) {
        case "connect" -> connect(command);
        case "subscribe" -> emit("subscribed", "code", subscribe(command));
        case "publish" -> {
          publish(command);
          emit("published");
        }
        case "disconnect" -> {
          disconnect();
          emit("disconnected");
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
    System.exit(0);
  }
}

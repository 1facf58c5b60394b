"""Frames by MQTT (SPEC.md, section 12), with the client that there is: umqtt.simple on a board, paho-mqtt on a computer."""

from .links import address
from .platform import MICROPYTHON

_KEEP_ALIVE_S = 60


class MqttLink:
    """Raises OSError where there is no connection, ImportError where there is no MQTT client."""

    def __init__(self, rest, client_id, token, account):
        host, port, _ = address(rest, 1883)
        self._frames = []
        self._up = "$frames/%s/up" % client_id
        down = "$frames/%s/down" % client_id
        self._client = (_Board if MICROPYTHON else _Computer)(host, port, client_id, account or client_id, token, down, self._frames.append)

    def write(self, frame):
        self._client.publish(self._up, bytes(frame))
        return True

    def read(self):
        """The frames that came. Raises OSError where the connection is gone."""
        self._client.work()
        frames = list(self._frames)
        del self._frames[:]
        return frames

    def wait(self, ms):
        return self._client.wait(ms)

    def close(self):
        try:
            self._client.close()
        except OSError:
            pass


class _Board:
    """umqtt.simple of micropython-lib: `mip.install("umqtt.simple")`."""

    def __init__(self, host, port, client_id, user, token, down, take):
        from umqtt.simple import MQTTClient

        self._client = MQTTClient(client_id, host, port, user if token else None, token, _KEEP_ALIVE_S)
        self._client.set_callback(lambda topic, payload: take(bytes(payload)))
        self._client.connect(True)
        self._client.subscribe(down.encode())
        self.publish = lambda topic, frame: self._client.publish(topic.encode(), frame)
        self.work = self._client.check_msg
        self.close = self._client.disconnect

    def wait(self, ms):
        return False


class _Computer:
    """paho-mqtt: `pip install crosscomm[mqtt]`."""

    def __init__(self, host, port, client_id, user, token, down, take):
        from paho.mqtt.client import MQTT_ERR_SUCCESS, Client
        from paho.mqtt.enums import CallbackAPIVersion

        self._good = MQTT_ERR_SUCCESS
        self._is_ready = False
        self._problem = None
        client = self._client = Client(CallbackAPIVersion.VERSION2, client_id)
        if token:
            client.username_pw_set(user, token)
        client.on_connect = lambda _client, _data, _flags, reason, _properties: self._connected(reason, down)
        client.on_subscribe = lambda *_: setattr(self, "_is_ready", True)
        client.on_message = lambda _client, _data, message: take(bytes(message.payload))
        client.connect(host, port, _KEEP_ALIVE_S)
        while not self._is_ready:
            self.work(0.05)

    def publish(self, topic, frame):
        self._client.publish(topic, frame)

    def work(self, seconds=0):
        code = self._client.loop(seconds)
        if self._problem:
            raise OSError(self._problem)
        if code != self._good:
            raise OSError("the MQTT connection ended (%d)" % code)

    def wait(self, ms):
        self.work(ms / 1000)
        return True

    def close(self):
        self._client.disconnect()

    def _connected(self, reason, down):
        if reason.is_failure:
            self._problem = "the gateway refused the MQTT connection: %s" % reason
        else:
            self._client.subscribe(down)

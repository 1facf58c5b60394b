"""Drives the unmodified `paho-mqtt` package: one JSON command a line on standard input, one JSON event a line on output."""

import json
import sys
import threading

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

output = threading.Lock()


def emit(event, **fields):
    with output:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()


def on_message(client, userdata, message):
    correlation = getattr(message.properties, "CorrelationData", None)
    emit(
        "message",
        topic=message.topic,
        payload=message.payload.decode(),
        qos=message.qos,
        retain=message.retain,
        responseTopic=getattr(message.properties, "ResponseTopic", None),
        correlation=None if correlation is None else correlation.decode(),
    )


class Agent:
    def __init__(self):
        self.client = None

    def connect(self, host, port, id, persistent, will, way="tcp", version=5, caFile=None):
        self.version = version
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id=id,
            protocol=paho.MQTTv5 if version == 5 else paho.MQTTv311,
            clean_session=None if version == 5 else not persistent,
            transport="websockets" if way in ("ws", "wss") else "tcp",
        )
        client.ws_set_options(path="/mqtt")
        if way in ("tls", "wss"):
            client.tls_set(caFile)
        client.on_message = on_message
        client.on_connect = lambda client, userdata, flags, code, properties: emit(
            "connected", sessionPresent=flags.session_present, code=code.value
        )
        client.on_subscribe = lambda client, userdata, mid, codes, properties: emit("subscribed", code=codes[0].value)
        client.on_publish = lambda *_: emit("published")
        client.reconnect_delay_set(1, 1)
        if will:
            client.will_set(will["topic"], will["payload"], will["qos"])
        if version == 5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 600 if persistent else 0
            client.connect(host, port, clean_start=not persistent, properties=properties)
        else:
            client.connect(host, port)
        client.loop_start()
        self.client = client

    def subscribe(self, topic, qos):
        self.client.subscribe(topic, qos)

    def publish(self, topic, payload, qos, retain, responseTopic, correlation):
        properties = Properties(PacketTypes.PUBLISH)
        if responseTopic is not None:
            properties.ResponseTopic = responseTopic
        if correlation is not None:
            properties.CorrelationData = correlation.encode()
        self.client.publish(topic, payload, qos, retain, properties if self.version == 5 else None)

    def disconnect(self):
        self.client.disconnect()
        self.client.loop_stop()
        emit("disconnected")


def main():
    agent = Agent()
    for line in sys.stdin:
        command = json.loads(line)
        getattr(agent, command.pop("do"))(**command)


main()

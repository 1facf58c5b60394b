"""Drives the unmodified `gmqtt` package: one JSON command a line on standard input, one JSON event a line on output."""

import asyncio
import contextlib
import json
import ssl
import sys

import gmqtt
from gmqtt.storage import PersistentStorage


def emit(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def first(properties, name):
    """gmqtt gives most properties as lists."""
    value = properties.get(name)
    value = value[0] if isinstance(value, list) else value
    return value.decode() if isinstance(value, bytes) else value


def on_message(client, topic, payload, qos, properties):
    emit(
        "message",
        topic=topic,
        payload=payload.decode(),
        qos=qos,
        retain=bool(properties["retain"]),
        responseTopic=first(properties, "response_topic"),
        correlation=first(properties, "correlation_data"),
    )
    return gmqtt.constants.PubRecReasonCode.SUCCESS


class Agent:
    def __init__(self):
        self.client = None
        self.sent = None

    async def connect(self, host, port, id, persistent, will, way="tcp", version=5, caFile=None):
        self.sent = PersistentStorage()
        self.client = gmqtt.Client(
            id,
            clean_session=not persistent,
            **({"session_expiry_interval": 600 if persistent else 0} if version == 5 else {}),
            persistent_storage=self.sent,
            will_message=gmqtt.Message(**will) if will else None,
        )
        self.client.set_config({"reconnect_retries": gmqtt.constants.UNLIMITED_RECONNECTS, "reconnect_delay": 1})
        self.client.on_message = on_message
        self.client.on_connect = lambda client, flags, code, properties: emit(
            "connected", sessionPresent=bool(flags), code=code
        )
        self.client.on_subscribe = lambda client, mid, codes, properties: emit("subscribed", code=codes[0])
        protocol = gmqtt.constants.MQTTv50 if version == 5 else gmqtt.constants.MQTTv311
        trust = ssl.create_default_context(cafile=caFile) if way == "tls" else False
        await self.client.connect(host, port, ssl=trust, version=protocol)

    async def subscribe(self, topic, qos):
        self.client.subscribe(topic, qos)

    async def publish(self, topic, payload, qos, retain, responseTopic, correlation):
        given = {}
        if responseTopic is not None:
            given["response_topic"] = responseTopic
        if correlation is not None:
            given["correlation_data"] = correlation.encode()
        self.client.publish(topic, payload, qos, retain, **given)
        # It tells nobody of an acknowledgement, but keeps what is not acknowledged.
        await self.sent.wait_empty()
        emit("published")

    async def disconnect(self):
        # By TLS, asyncio takes it for an error that something, such as a PUBREL, was still under way.
        with contextlib.suppress(ssl.SSLError):
            await self.client.disconnect()
        emit("disconnected")


async def main():
    agent = Agent()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        await getattr(agent, command.pop("do"))(**command)


asyncio.run(main())

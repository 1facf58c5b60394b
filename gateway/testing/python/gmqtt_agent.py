"""Drives the unmodified `gmqtt` package at MQTT 5: one JSON command a line on standard input, one JSON event a line on output."""

import asyncio
import json
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

    async def connect(self, host, port, id, persistent, will):
        self.sent = PersistentStorage()
        self.client = gmqtt.Client(
            id,
            clean_session=not persistent,
            session_expiry_interval=600 if persistent else 0,
            persistent_storage=self.sent,
            will_message=gmqtt.Message(**will) if will else None,
        )
        self.client.set_config({"reconnect_retries": gmqtt.constants.UNLIMITED_RECONNECTS, "reconnect_delay": 1})
        self.client.on_message = on_message
        self.client.on_connect = lambda client, flags, code, properties: emit(
            "connected", sessionPresent=bool(flags), code=code
        )
        self.client.on_subscribe = lambda client, mid, codes, properties: emit("subscribed", code=codes[0])
        await self.client.connect(host, port)

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
        await self.client.disconnect()
        emit("disconnected")


async def main():
    agent = Agent()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        await getattr(agent, command.pop("do"))(**command)


asyncio.run(main())

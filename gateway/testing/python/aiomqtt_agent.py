"""Drives the unmodified `aiomqtt` package: one JSON command a line on standard input, one JSON event a line on output."""

import asyncio
import json
import sys

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


def emit(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def on_message(message):
    correlation = getattr(message.properties, "CorrelationData", None)
    emit(
        "message",
        topic=message.topic.value,
        payload=message.payload.decode(),
        qos=message.qos,
        retain=message.retain,
        responseTopic=getattr(message.properties, "ResponseTopic", None),
        correlation=None if correlation is None else correlation.decode(),
    )


class Agent:
    def __init__(self):
        self.client = None
        self.task = None

    async def connect(self, host, port, id, persistent, will, way="tcp", version=5, caFile=None):
        self.version = version
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 600 if persistent else 0
        session = (
            {"protocol": aiomqtt.ProtocolVersion.V5, "clean_start": not persistent, "properties": properties}
            if version == 5
            else {"protocol": aiomqtt.ProtocolVersion.V311, "clean_session": not persistent}
        )
        self.client = aiomqtt.Client(
            host,
            port,
            identifier=id,
            **session,
            transport="websockets" if way in ("ws", "wss") else "tcp",
            websocket_path="/mqtt",
            tls_params=aiomqtt.TLSParameters(ca_certs=caFile) if way in ("tls", "wss") else None,
            will=aiomqtt.Will(**will) if will else None,
        )
        self.task = asyncio.create_task(self._run())

    async def _run(self):
        """It connects again as its documentation has it."""
        while True:
            try:
                async with self.client:
                    emit("connected", sessionPresent=None)
                    async for message in self.client.messages:
                        on_message(message)
            except aiomqtt.MqttError:
                await asyncio.sleep(0.2)

    async def subscribe(self, topic, qos):
        codes = await self.client.subscribe(topic, qos)
        emit("subscribed", code=codes[0].value)

    async def publish(self, topic, payload, qos, retain, responseTopic, correlation):
        properties = Properties(PacketTypes.PUBLISH)
        if responseTopic is not None:
            properties.ResponseTopic = responseTopic
        if correlation is not None:
            properties.CorrelationData = correlation.encode()
        await self.client.publish(topic, payload, qos, retain, properties=properties if self.version == 5 else None)
        emit("published")

    async def disconnect(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        emit("disconnected")


async def main():
    agent = Agent()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        await getattr(agent, command.pop("do"))(**command)


asyncio.run(main())

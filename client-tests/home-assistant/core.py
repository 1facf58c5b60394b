"""Home Assistant's core with its MQTT integration, without its web server, driven by lines of JSON.

core.py PORT FOLDER: the port of the broker on 127.0.0.1, and where it keeps what it knows.
It prints {"event": "ready" | "state" | "log" | ...}, and takes one command a line, each answered by an event of the command's name.
"""

import asyncio
import hashlib
import json
import logging
import os
import sys
import types

from homeassistant import config_entries, core, loader
from homeassistant.components import mqtt
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.helpers import (
    area_registry,
    category_registry,
    condition,
    device_registry,
    entity,
    entity_component,
    entity_registry,
    floor_registry,
    frame,
    issue_registry,
    label_registry,
    restore_state,
    template,
    translation,
    trigger,
)
from homeassistant.helpers.storage import get_internal_store_manager


def tell(event, **fields):
    # One write, as threads log, too.
    sys.stdout.write(json.dumps({"event": event, **fields}, default=str, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class Teller(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.WARNING:
            cause = repr(record.exc_info[1]) if record.exc_info else None
            tell("log", level=record.levelname, name=record.name, text=record.getMessage(), cause=cause)


async def prepare(folder):
    """What Home Assistant's own start does before integrations, as far as MQTT needs it."""
    home = core.HomeAssistant(folder)
    home.config.skip_pip = True
    home.config.components.update({"http", "file_upload", "homeassistant"})
    # Integrations for images want to have them served.
    home.http = types.SimpleNamespace(register_view=lambda view: None)
    loader.async_setup(home)
    home.config_entries = config_entries.ConfigEntries(home, {})
    for part in (entity, frame, template, translation, device_registry):
        part.async_setup(home)
    registries = (
        area_registry,
        category_registry,
        device_registry,
        entity_registry,
        floor_registry,
        issue_registry,
        label_registry,
        restore_state,
    )
    # Together, as they wait for one another.
    await asyncio.gather(
        get_internal_store_manager(home).async_initialize(),
        *(registry.async_load(home) for registry in registries),
        template.async_load_custom_templates(home),
        home.config_entries.async_initialize(),
        condition.async_setup(home),
        trigger.async_setup(home),
    )
    return home


async def connect(home, port):
    """The entry of MQTT, new or of an earlier run."""
    known = home.config_entries.async_entries("mqtt")
    if known:
        await home.config_entries.async_setup(known[0].entry_id)
        return known[0]
    entry = config_entries.ConfigEntry(
        version=2,
        minor_version=1,
        domain="mqtt",
        title="broker",
        data={"broker": "127.0.0.1", "port": port, "protocol": "5"},
        options={},
        source="user",
        unique_id=None,
        discovery_keys={},
        subentries_data=None,
    )
    await home.config_entries.async_add(entry)
    return entry


def entity_of(home, entity_id):
    return home.data[entity_component.DATA_INSTANCES][entity_id.split(".")[0]].get_entity(entity_id)


def show_state(event):
    state = event.data["new_state"]
    tell(
        "state",
        entity=event.data["entity_id"],
        value=state and state.state,
        attributes=dict(state.attributes) if state else None,
    )


async def answer(home, entry, asked):
    name = asked["command"]
    if name == "call":
        try:
            await home.services.async_call(asked["domain"], asked["service"], asked["data"], blocking=True)
            tell("call", service=asked["service"])
        except Exception as error:
            tell("call", service=asked["service"], error=repr(error))
    elif name == "entities":
        entities = entity_registry.async_get(home).entities.values()
        tell("entities", list={each.entity_id: each.unique_id for each in entities})
    elif name == "states":
        tell("states", list={each.entity_id: [each.state, dict(each.attributes)] for each in home.states.async_all()})
    elif name == "devices":
        areas = area_registry.async_get(home)
        devices = []
        for device in device_registry.async_get(home).devices:
            area = device.area_id and areas.async_get_area(device.area_id)
            devices.append({"id": device.id, "name": device.name, "area": area and area.name, "model": device.model})
        tell("devices", list=devices)
    elif name == "delete":
        registry = device_registry.async_get(home)
        device = next(each for each in registry.devices if each.name == asked["device"])
        allowed = await mqtt.async_remove_config_entry_device(home, entry, device)
        registry.async_remove_device(device.id)
        tell("delete", allowed=allowed)
    elif name == "image":
        shown = entity_of(home, asked["entity"])
        content = await shown.async_image() if shown else None
        tell("image", bytes=len(content or b""), sha256=hashlib.sha256(content or b"").hexdigest())


async def main(port, folder):
    logging.getLogger().addHandler(Teller())
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "configuration.yaml"), "a"):
        pass
    home = await prepare(folder)
    home.bus.async_listen(EVENT_STATE_CHANGED, show_state)
    entry = await connect(home, port)
    await home.async_start()
    client = home.data[mqtt.DATA_MQTT].client
    while entry.state.value == "loaded" and (not client.connected or client._pending_subscriptions):
        await asyncio.sleep(0.05)
    tell("ready", state=entry.state.value, reason=entry.reason)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        asked = json.loads(line)
        if asked["command"] == "stop":
            break
        await answer(home, entry, asked)
    await home.async_stop(force=True)
    tell("stopped")


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))

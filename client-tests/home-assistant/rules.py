"""Prints as JSON what Home Assistant demands of a payload that tells of a device: made from its own schemas and lists.

Which keys there may be is found by trying: every key that a schema names is one, and what it refuses to be without is required.
"""

import asyncio
import importlib
import json
import tempfile

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.event import EventDeviceClass
from homeassistant.components.mqtt import abbreviations
from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA
from homeassistant.components.number import const as number
from homeassistant.components.sensor import const as sensor
from homeassistant.components.switch import SwitchDeviceClass
from homeassistant.const import __version__
from homeassistant.core import HomeAssistant

PLATFORMS = ["sensor", "binary_sensor", "switch", "number", "light", "button", "event", "text", "image"]


def keys_of(schema):
    """All keys that a schema or what it is made of has, by whether they are required."""
    found = {}

    def look(part):
        content = getattr(part, "schema", part)
        if isinstance(content, dict):
            for key, value in content.items():
                name = getattr(key, "schema", key)
                if isinstance(name, str):
                    found[name] = found.get(name, False) or type(key).__name__ == "Required"
        for inner in getattr(part, "validators", ()):
            look(inner)
        if content is not part and not isinstance(content, (dict, str)):
            look(content)

    look(schema)
    return found


def described(schema):
    keys = keys_of(schema)
    return {
        "keys": sorted(keys),
        "required": sorted(name for name, required in keys.items() if required),
    }


def inner(schema, key):
    """The schema behind a key of another."""
    found = []

    def look(part):
        content = getattr(part, "schema", part)
        if isinstance(content, dict):
            for name, value in content.items():
                if getattr(name, "schema", name) == key:
                    found.append(value)
        for each in getattr(part, "validators", ()):
            look(each)
        if content is not part and not isinstance(content, (dict, str)):
            look(content)

    look(schema)
    return found[0]


def units(table):
    return {
        str(name): sorted((None if unit is None else str(unit) for unit in allowed), key=lambda unit: unit or "")
        for name, allowed in table.items()
    }


def discovery_schema(platform):
    module = importlib.import_module("homeassistant.components.mqtt." + platform)
    if platform == "light":
        module = importlib.import_module("homeassistant.components.mqtt.light.schema_json")
        return module.DISCOVERY_SCHEMA_JSON
    return module.DISCOVERY_SCHEMA


async def main():
    # Templates are checked against a core; nothing of it is started.
    HomeAssistant(tempfile.mkdtemp())
    device = inner(DEVICE_DISCOVERY_SCHEMA, "device")
    origin = inner(DEVICE_DISCOVERY_SCHEMA, "origin")
    classes = {name: sorted(map(str, kinds)) for name, kinds in sensor.DEVICE_CLASS_STATE_CLASSES.items()}
    rules = {
        "version": __version__,
        "payload": described(DEVICE_DISCOVERY_SCHEMA),
        "device": described(device),
        "origin": described(origin),
        "platforms": {name: described(discovery_schema(name)) for name in PLATFORMS},
        "sensor": {
            "classes": sorted(map(str, sensor.SensorDeviceClass)),
            "units": units(sensor.DEVICE_CLASS_UNITS),
            "stateClasses": {str(name): kinds for name, kinds in classes.items()},
        },
        "number": {"classes": sorted(map(str, number.NumberDeviceClass)), "units": units(number.DEVICE_CLASS_UNITS)},
        "binary_sensor": {"classes": sorted(map(str, BinarySensorDeviceClass))},
        "event": {"classes": sorted(map(str, EventDeviceClass))},
        "switch": {"classes": sorted(map(str, SwitchDeviceClass))},
        "abbreviations": sorted(abbreviations.ABBREVIATIONS),
    }
    print(json.dumps(rules, ensure_ascii=False))


asyncio.run(main())

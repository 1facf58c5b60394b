"""A device that says on the channel `heyOOCSI!` what it is and has, as the package `oocsi` does."""

_CHANNEL = "heyOOCSI!"
_LEDS = ("RGB", "RGBW", "RGBWW", "CCT", "DIMMABLE", "ONOFF")
_SPECTRA = ("WHITE", "CCT", "RGB")


class OOCSIDevice:
    """What is added is told by `submit()` or `sayHi()`; each `add...` gives the device again."""

    def __init__(self, oocsi, device_name):
        self._oocsi = oocsi
        self._name = device_name
        self._components = {}
        self._properties = {"device_id": oocsi.returnHandle()}
        self._location = {}

    def addProperty(self, properties, propertyValue):
        self._properties[properties] = propertyValue
        return self

    def addLocation(self, location_name, latitude=0, longitude=0):
        """Latitude and longitude in degrees."""
        self._location[location_name] = [latitude, longitude]
        return self

    def addSensor(self, sensor_name, sensor_channel, sensor_type, sensor_unit, sensor_default, mode="auto", step=None, icon=None):
        more = {"sensor_type": sensor_type, "unit": sensor_unit, "value": sensor_default, "mode": mode, "step": step}
        return self._add("sensor", sensor_name, sensor_channel, icon, more)

    def addNumber(self, number_name, number_channel, number_min_max, number_unit, number_default, icon=None):
        more = {"min_max": number_min_max, "unit": number_unit, "value": number_default}
        return self._add("number", number_name, number_channel, icon, more)

    def addBinarySensor(self, sensor_name, sensor_channel, sensor_type, sensor_default=False, icon=None):
        return self._add("binary_sensor", sensor_name, sensor_channel, icon, {"sensor_type": sensor_type, "state": sensor_default})

    def addSwitch(self, switch_name, switch_channel, switch_default=False, icon=None):
        return self._add("switch", switch_name, switch_channel, icon, {"state": switch_default})

    def addLight(
        self, light_name, light_channel, led_type, spectrum, light_default_state=False, light_default_brightness=0, mired_min_max=None, icon=None
    ):
        for what, given, known in (("LED type", led_type, _LEDS), ("spectrum", spectrum, _SPECTRA)):
            if given not in known:
                self._oocsi.log("%s has the %s %s, which is none of %s" % (light_name, what, given, ", ".join(known)))
        more = {"ledType": led_type, "spectrum": spectrum, "min_max": mired_min_max, "state": light_default_state}
        more["brightness"] = light_default_brightness
        return self._add("light", light_name, light_channel, icon, more)

    def submit(self):
        """Tells the others."""
        about = {"properties": self._properties, "components": self._components, "location": self._location}
        self._oocsi.send(_CHANNEL, {self._name: about})

    sayHi = submit

    def _add(self, kind, name, channel, icon, more):
        component = {"channel_name": channel, "type": kind, "icon": icon}
        component.update(more)
        self._components[name] = component
        return self

"""The codec, by the vectors of the protocol."""

import unittest

from crosscomm.codec import FrameError, decode, encode
from crosscomm.fields import check
from crosscomm.names import Names
from crosscomm.shapes import Shapes
from crosscomm.slip import SlipReader, crc16, packet
from vectors import from_notation, same, vectors


class Values(unittest.TestCase):
    def test_each_value_is_read_and_written(self):
        found = vectors("values")
        self.assertGreater(len(found), 30)
        for vector in found:
            with self.subTest(vector["name"]):
                raw = bytes.fromhex(vector["hex"])
                value = from_notation(vector["value"])
                (read,) = decode(b"\x81" + raw)
                self.assertTrue(same(read, value), (read, value))
                if not vector.get("decodeOnly"):
                    self.assertEqual(encode(value).hex(), vector["hex"])

    def test_a_number_as_a_key_is_text_as_in_json(self):
        self.assertEqual(encode({1: 2}), encode({"1": 2}))

    def test_what_has_no_form_is_refused_by_its_name(self):
        with self.assertRaises(FrameError) as raised:
            encode({"when": object()})
        self.assertEqual(raised.exception.code, "unsupported")
        self.assertIn("object", str(raised.exception))

    def test_an_integer_beyond_64_bits_becomes_a_float(self):
        self.assertEqual(decode(b"\x81" + encode(2**64)), [2.0**64])
        self.assertEqual(decode(b"\x81" + encode(-(2**63) - 1)), [-(2.0**63)])


class Frames(unittest.TestCase):
    def test_each_frame_is_read_and_written(self):
        found = vectors("frames")
        self.assertGreater(len(found), 50)
        for vector in found:
            with self.subTest(vector["name"]):
                raw = bytes.fromhex(vector["hex"])
                items = from_notation(vector["items"])
                read = decode(raw)
                self.assertTrue(same(read, items), (read, items))
                check(read)
                if not vector.get("decodeOnly"):
                    self.assertEqual(encode(items).hex(), vector["hex"])

    def test_what_is_no_frame_is_refused(self):
        found = vectors("invalid")
        self.assertGreater(len(found), 50)
        for vector in found:
            if vector.get("deviceMayAccept") or _goes_up(vector):
                continue
            with self.subTest(vector["name"]):
                limits = vector.get("limits", {})
                names = {"maxBytes": "max_bytes", "maxDepth": "max_depth", "maxItems": "max_items"}
                with self.assertRaises(FrameError) as raised:
                    check(decode(bytes.fromhex(vector["hex"]), **{names[key]: limit for key, limit in limits.items()}))
                self.assertEqual(raised.exception.code, vector["error"])

    def test_each_cut_of_each_frame_is_truncated(self):
        for vector in vectors("frames"):
            raw = bytes.fromhex(vector["hex"])
            for end in range(len(raw)):
                with self.assertRaises(FrameError) as raised:
                    decode(raw[:end])
                self.assertEqual(raised.exception.code, "truncated")


class Serial(unittest.TestCase):
    def test_checksums(self):
        for vector in vectors("crc"):
            with self.subTest(vector["name"]):
                self.assertEqual("%04x" % crc16(bytes.fromhex(vector["hex"])), vector["crc"])

    def test_a_line_split_anywhere_gives_the_same(self):
        for vector in vectors("serial"):
            raw = bytes.fromhex(vector["hex"])
            wanted = _joined(next(iter(event.items())) for event in vector["events"])
            for cut in range(len(raw) + 1):
                with self.subTest(vector["name"], cut=cut):
                    reader = SlipReader(vector["maxFrame"])
                    events = reader.feed(raw[:cut]) + reader.feed(raw[cut:])
                    found = _joined((kind, content if kind == "fault" else content.hex()) for kind, content in events)
                    self.assertEqual(found, wanted)

    def test_a_frame_goes_over_a_line_and_comes_back(self):
        frame = bytes(range(0x81, 0x98)) + b"\xc0\xdb\xdc\xdd" * 40
        self.assertEqual(SlipReader(1024).feed(packet(frame)), [("frame", frame)])


class ShapesOfNames(unittest.TestCase):
    def setUp(self):
        self.sent = []
        self.names = Names()
        self.names.shapes = Shapes()
        self.names.shapes.add("lab", ["temperature", "humidity"])
        self.names.declare("lab", True, None)
        self.names.pump(lambda frame: self.sent.append(frame) or True)

    def test_values_go_without_keys_once_the_gateway_has_taken_the_shape(self):
        self.assertEqual(self.sent, [[6, 0, "lab", 1, ["temperature", "humidity"]]])
        reading = {"humidity": 43, "temperature": 21.5}
        pack = self.names.shapes.pack
        self.assertEqual(pack("lab", reading), reading)
        self.names.confirm(6, 0, 2)
        self.assertEqual(pack("lab", reading), [21.5, 43])
        self.assertEqual(pack("lab", {"temperature": 1}), [1])
        for other in ({"humidity": 43}, {"temperature": 1, "lux": 2}, "text", 7):
            self.assertEqual(pack("lab", other), other)
        self.assertTrue(self.names.shapes.is_array("lab", [1, 2]))

    def test_values_that_come_have_their_keys(self):
        unpack = self.names.shapes.unpack
        self.assertEqual(unpack("lab", [21.5]), {"temperature": 21.5})
        self.assertEqual(unpack("other", [1, 2]), [1, 2])
        self.assertEqual(unpack("lab", {"lux": 1}), {"lux": 1})
        self.names.confirm(6, 0, None)
        self.assertEqual(unpack("lab", [21.5]), [21.5])


def _goes_up(vector):
    """Whether only the gateway reads it: a Hello, a Dictionary with keys, a Log and such."""
    return vector["hex"][2:4] in ("00", "0b", "0c", "15", "16") and vector["error"] == "bad_field"


def _joined(events):
    """The events with each text whole, as how a chunk cuts a text means nothing."""
    joined = []
    for kind, content in events:
        if kind == "text" and joined and joined[-1][0] == "text":
            joined[-1] = (kind, joined[-1][1] + content)
        else:
            joined.append((kind, content))
    return joined


if __name__ == "__main__":
    unittest.main()

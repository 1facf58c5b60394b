#!/bin/sh
# ossfs 2025.5.0 (fsspec's way to Aliyun's OSS): a file that is opened to be written and has more than one block cannot be written.
#
# ossfs appends each block to the object (AppendObject), and keeps the position for the next one in `loc`. fsspec's file uses the same
# field for its own position, and adds to it what is written. So from the second block on ossfs appends behind the end of the object, by as
# much as that block has, and OSS refuses it (409 PositionNotEqualToLength). With blocks of 4 bytes, of which each goes 4 bytes further:
#
#   appended at: 0, 8, 16
#
# A block has 5 MiB: `df.to_csv('oss://...')` works with a small table and fails with a large one, against any OSS. pandas cannot set the size of
# a block, and `default_block_size` is not used; open the file with `fs.open(path, 'wb', block_size=2**28)`, which keeps all of it in
# memory, or use `fs.put_file`.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ossfs==2025.5.0
cat >try.py <<'END'
import ossfs

fs = ossfs.OSSFileSystem(endpoint="http://127.0.0.1:9", key="id", secret="secret")
positions = []


def append_object(path, location, value):
    positions.append(location)
    return location + len(value)


fs.exists = lambda path: False
fs.append_object = append_object
with fs.open("bucket/file", "wb", block_size=4) as file:
    for _ in range(3):
        file.write(b"1234")
print("appended at:", ", ".join(map(str, positions[:3])))
END
venv/bin/python try.py | tee seen
grep -qx 'appended at: 0, 8, 16' seen

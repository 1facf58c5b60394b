#!/bin/sh
# Pure Data 0.53.1: what follows a double or a 64-bit integer in a message of Open Sound Control is read from the wrong place.
#
# [oscparse] knows the types i, f, s and b. Of another it prints "unknown tag" and goes on with the next argument as if the unknown one
# had no bytes. That is so for T, F, N and I, but a `d`, `h` or `t` has eight, which are then taken for the arguments behind it. A
# message of the integer 1, the double 0.5 and the integer 2 comes out as
#
#   got: list mix 1 1.07164e+09
#
# with the upper half of the double in place of the 2. So whoever sends to Pure Data sends numbers as `f` or `i` wherever these hold
# them, and a number that needs more as the last argument or in a message of its own.
set -e
command -v pd >/dev/null || apt-get install -y --no-install-recommends puredata-core >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >hear.pd <<'END'
#N canvas 0 0 450 300 12;
#X obj 20 20 netreceive -u -b 47111;
#X obj 20 60 oscparse;
#X obj 20 100 print got;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
END
cat >say.py <<'END'
import socket
import time

packet = b"/mix\0\0\0\0,idi\0\0\0\0" + bytes.fromhex("00000001 3fe0000000000000 00000002")
say = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    time.sleep(0.2)
    say.sendto(packet, ("127.0.0.1", 47111))
END
python3 say.py &
timeout 6 pd -nogui -nosound -nomidi -stderr -open hear.pd 2>heard || true
wait
sort -u heard | grep -e oscparse -e got
grep -q "oscparse: unknown tag 'd'" heard
grep -qx 'got: list mix 1 1.07164e+09' heard

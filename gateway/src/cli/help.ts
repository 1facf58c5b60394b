/** What stands below the help of each command. The calls in it are for `withCalls` to write as they work for a person. */

export const COMMAND_HELP = `
Examples:
  Run the gateway, for this machine only, or with a configuration file:
  crosscomm start
  crosscomm start --config room.yaml

  Send a message to a channel, or to one board:
  crosscomm send lights '{"on": true}'
  crosscomm send serial-A1B2 'LED ON'

  Show all messages, or those of some channels:
  crosscomm listen
  crosscomm listen temperature 'sensors/+'
  crosscomm listen temperature --json | jq .content

  Twenty simulated devices:
  crosscomm sim --devices 20

Exit codes: 0 success; 1 the gateway refused it or failed; 2 the command line,
the configuration or this machine must be changed. Every error message ends with
its code; docs/errors.md explains the codes.`;

export const START_HELP = `
Every key of the configuration is also a flag, which overrides the file; its
default is in brackets. Only lists of serial ports need a file. Secrets are read
from the environment: CROSSCOMM_OOCSI_USERS="name:password,..."

Examples:
  crosscomm start --http-port 8080 --no-serial-auto-detect

  Let other machines connect, without a password:
  crosscomm start --http-host 0.0.0.0 --auth-anonymous allow

  On free ports, for a program that reads the port numbers:
  crosscomm start --json --http-port 0 --oocsi-port 0 --mqtt-port 0`;

export const SETUP_HELP = `
Examples:
  crosscomm setup

  Without a terminal:
  crosscomm setup --admin anna --password-stdin < password.txt
  crosscomm setup --admin anna --json | jq -r .token`;

export const CLASS_START_HELP = `
Examples:
  crosscomm class start --teams 8 --minutes 90

  For a program that prints sheets with the codes:
  crosscomm class start --teams 8 --minutes 90 --json`;

export const CHECK_HELP = `
Example:
  crosscomm config check room.yaml`;

export const STATUS_HELP = `
Examples:
  crosscomm status
  crosscomm status --url pi.local --json | jq .clients.online`;

export const DOCTOR_HELP = `
It looks at the clock, the disk with its speed and wear, ports that others have,
permissions of serial ports, the voltage and USB errors as the kernel tells
them, the certificate, the object store, uploads and queues; and joins by each
protocol, sends, and looks whether the message comes to the others.

The exit code is 1 where something does not work, and 0 otherwise; warnings
alone do not count.

Examples:
  crosscomm doctor
  crosscomm doctor --json | jq '.findings[].sentence'`;

export const TRACE_HELP = `
The gateway remembers its last few thousand messages, without their content, up
to 500 a second. While there are more, it notes 100 a second, and those that did
not arrive.

Examples:
  Why does kitchen/light hear nothing?
  crosscomm trace kitchen/light

  What becomes of what the board knob sends, from now on:
  crosscomm trace knob --follow

  Whatever did not arrive:
  crosscomm trace --limit 1000 --json | jq 'select(.isFailed)'`;

export const RECORD_HELP = `
Whoever may operate the gateway may record. The next connection of a client is
recorded from its beginning, one that is open from now on. What messages contain
is in the file: look at it before you give it to others.

Examples:
  crosscomm record fault.jsonl --client knob --minutes 5
  crosscomm record fault.jsonl --client knob --client lamp`;

export const REPLAY_HELP = `
The exit code is 0 where the gateway answers as it did, 1 where it does not.

Examples:
  Against a gateway on this machine, under other names:
  crosscomm replay fault.jsonl --client-suffix -again

  Against another one, which wants a password:
  crosscomm replay fault.jsonl --url pi.local --password-stdin <pw`;

export const DISCOVER_HELP = `
A gateway that listens on 127.0.0.1 only is not announced: see http.host and
discovery in its configuration. Exit code 1: there is none.

Examples:
  crosscomm discover
  crosscomm discover --json | jq -r .host`;

export const SHAPES_HELP = `
The gateway learns it of the messages that it looks at, up to 100 a second of
all channels together. Private channels are left out.

Examples:
  crosscomm shapes
  crosscomm shapes lab/room1
  crosscomm shapes lab/room1 --json | jq -r '.fields[].name'`;

export const DRY_RUN_HELP = `
The gateway remembers what was said within the last hour on the channels that
automations look at. What nobody has looked at so far it remembers from the
first dry run on: ask again a while later. It is as if nothing had been heard
before. Exit code 1: one of them would be stopped, or could not send.

Examples:
  crosscomm automations dry-run
  crosscomm automations dry-run warm-room.yaml`;

export const CODEGEN_HELP = `
Examples:
  crosscomm codegen lab/room1 --lang ts > room1.ts
  crosscomm codegen lab/room1 --lang python > room1.py
  crosscomm codegen lab/room1 --lang arduino > room1.h
  crosscomm codegen lab/room1 --lang json-schema > room1.schema.json`;

export const CLUSTER_STATUS_HELP = `
Exit code 1: this gateway is in a cluster, and is not connected to it.

Examples:
  crosscomm cluster status
  crosscomm cluster status --json | jq -r '.gateways[].name'`;

export const SERIAL_LIST_HELP = `
STATE says what a gateway with this configuration does with the port:
configured, found (by serial.autoDetect), not used; or missing, if it is not
plugged in.

Example:
  crosscomm serial list --json | jq -r .path`;

export const ACCOUNT_HELP = `
Examples:
  crosscomm account add anna --role admin
  crosscomm account password anna
  crosscomm account add weather --role device
  crosscomm account list`;

export const ACCOUNT_ADD_HELP = `
The account owns the client ids NAME and NAME-...; nobody else may take them.

Examples:
  A device or a program, which gives NAME and the token as user and password:
  crosscomm account add weather --role device

  A person, with a password:
  crosscomm account add anna --password-stdin < password.txt

  For a script:
  crosscomm account add weather --json | jq -r .token`;

export const ACCOUNT_ROLES_HELP = `
Built in are admin (everything), member, device, viewer (reads) and anonymous.
Others are in the configuration (auth.roles), or made here:
  crosscomm role set --help

Example:
  crosscomm account roles weather device`;

export const ACCOUNT_CERTIFICATE_HELP = `
The private key is stored nowhere else. With --json, all is printed and no file
is written, unless --out names a folder.

Examples:
  crosscomm account certificate pump --out keys
  mosquitto_sub -p 8883 --cafile keys/ca.crt --cert keys/pump.crt \\
    --key keys/pump.key -h pi.local -t '#'`;

export const ACCOUNT_IMPORT_HELP = `
Passwords stay as they are hashed there: $7$ (PBKDF2) and $6$ (SHA-512).

Examples:
  crosscomm account import /etc/mosquitto/passwd --role device
  crosscomm account import --oocsi-users`;

export const ROLE_SET_HELP = `
ACTIONS are send, subscribe, presence (who is online), call, upload, read
(objects), operate, accounts (see whose account a client is), clear (remove what
others retain) and controls (change boards of controls). TOPICS are topic
filters; %a stands for the account, %c for the client id. Without a rule that
allows it, nothing is allowed.

Examples:
  crosscomm role set lab --allow send=lab/# --deny send=lab/log
  crosscomm role set own --allow send=devices/%a/# --allow presence
  crosscomm role set room --rules room.yaml`;

export const ACCOUNT_IDS_HELP = `
Examples:
  crosscomm account ids weather 'esp-*' roof
  crosscomm account ids weather --remove roof`;

export const PAIR_HELP = `
A device comes with pair:CODE as its password, its secret or its token, and
gets a token, which it uses from then on. The Arduino library (cc.pair) and the
client for Node do that by themselves; for others the token is shown, to be
typed in.
By HTTP: POST /api/v1/pair with {"code": "123456", "name": "door"}.

Examples:
  crosscomm pair
  crosscomm pair --name door --minutes 10

Exit codes: 0 a device came; 1 nobody came; 2 no gateway runs.`;

export const SERIAL_APPROVE_HELP = `
Example:
  crosscomm serial list
  crosscomm serial approve /dev/ttyACM0`;

export const FLASH_HELP = `
FILE is what the Arduino IDE exports (Sketch, Export Compiled Binary), or what
arduino-cli compile --export-binaries makes: .hex for an Uno, Nano or Mega, .bin
for an ESP32 or ESP8266, .uf2 for a Pico. The gateway's machine needs avrdude,
esptool or picotool for them. Clients at other ports notice nothing.

Examples:
  crosscomm serial list
  crosscomm flash /dev/ttyACM0 build/arduino.avr.uno/blink.ino.hex
  crosscomm flash serial-A1B2 blink.ino.hex --board nano-old
  crosscomm flash lamp lamp.ino.bin --url pi.local

Exit codes: 0 its client is online again; 1 no such board or file; 2 it failed.`;

export const OTA_KEYGEN_HELP = `
Boards take firmware that is signed by a key whose line is in their sketch. To
change over to another key, send them a sketch with both lines first.

Examples:
  crosscomm ota keygen
  crosscomm ota keygen next.key`;

export const OTA_SEND_HELP = `
The board checks the signature, its kind, the version and the content, and
begins the new firmware only then. An older version it takes by --force or
--replaces alone. The gateway keeps it for a board that is away.

Examples:
  crosscomm ota send lamp lamp.ino.bin --firmware-version 1.4.0 \\
    --board lamp-board

Exit codes: 0 it runs, or waits for the board; 1 there is no such board or
file; 2 it failed, and the message says why.`;

export const OTA_FLEET_HELP = `
Boards that are away get it when they are back. "ota status" shows how far each
is, and "ota stop" ends it.

Examples:
  crosscomm ota fleet lamp.ino.bin 'lamp-*' --board lamp-board \\
    --firmware-version 1.4.0 --at-once 10 --stop-after 3

Exit codes: 0 all run it, or the others are away; 2 boards failed.`;

export const OTA_STATUS_HELP = `
Examples:
  crosscomm ota status
  crosscomm ota status 7`;

export const OTA_STOP_HELP = `
Example:
  crosscomm ota stop 7`;

export const KEY_CREATE_HELP = `
The key is stored in the data folder of the gateway that runs on this machine;
if none runs, in the data folder of the configuration.

Examples:
  eval "$(crosscomm oss-keys create desk)"; python camera.py
  eval "$(crosscomm oss-keys create laptop --s3)"; aws s3 ls`;

export const TLS_EXPORT_HELP = `
Compare the fingerprint, which goes to standard error, with what the client
shows: whoever is between the two could have given it another certificate.

Examples:
  crosscomm tls export -o ca.crt
  crosscomm tls export --arduino -o gateway_ca.h`;

export const BACKUP_HELP = `
Examples:
  crosscomm backup /media/stick/gateway.tar
  crosscomm backup --objects "$(date +%F).tar"

A gateway can also keep one of each day by itself: "backup: {keep: 7}" in its
configuration. The file is a tar archive; docs/backup.md says what is in it.`;

export const RESTORE_HELP = `
Examples:
  crosscomm restore --check gateway.tar
  crosscomm restore gateway.tar`;

export const UPLOADS_HELP = `
Example:
  crosscomm uploads list --json | jq -r .reason`;

export const SEND_HELP = `
It prints how many clients got the message. Put -- before a text that begins
with -.

Examples:
  crosscomm send lights '{"on": true}'
  crosscomm send serial-A1B2 'LED ON'
  crosscomm send notes -- -5`;

export const LISTEN_HELP = `
Examples:
  crosscomm listen
  crosscomm listen temperature 'sensors/#'
  crosscomm listen temperature --json | jq .content`;

export const SIM_HELP = `
A reading is CHANNEL:INTERVAL:VALUES. {id} in the channel is the device's id,
{n} its number. VALUES is a list key=SHAPE,key=SHAPE, or one SHAPE without a
key, which is sent as a single value. The shapes:
  sine(low, high, period)   up and down
  walk(low, high, step)     a little up or down
  random(low, high)         anything between
  counter(first, step)      0, 1, 2 ...
  toggle()                  true, false, true ...
  21.5, true, "text"        always the same
Durations are written 500ms, 1s, 2m, 1h. Readings are sent at least once: those
that are not acknowledged are kept when a link is lost, and are lost only by a
reset. A device answers every call with its arguments. Write a name and password
into the URL.

Examples:
  One device, which sends temperature and humidity to sensors/sim-1:
  crosscomm sim

  Fifty devices with another reading:
  crosscomm sim -n 50 --reading 'lab/{n}:200ms:level=random(0,1)'

  Devices that lose links and are reset:
  crosscomm sim -n 10 --lose-link 30s --reset 2m --away 5s

  By MQTT, a device that reads only 100 bytes a second:
  crosscomm sim --url mqtt://127.0.0.1 --slow 100

  For a script:
  crosscomm sim -n 3 --json --duration 1m | tail -n 1

  Simulated serial ports, with noise; the gateway's configuration names them:
  crosscomm sim -n 2 --pty /tmp/boards --noise 1000
  serial: {ports: [{path: /tmp/boards/sim-1}, {path: /tmp/boards/sim-2}]}

Exit codes: 0 success; 1 the gateway accepted no device; 2 no gateway answers,
or the command line or this machine must be changed.`;

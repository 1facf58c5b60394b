#!/bin/sh
# sharp 0.35.5 (libvips 8.18.7): the loader of GIF cannot be named as its format is, and a wrong name is not an error.
#
# sharp.block and sharp.unblock take libvips's class names. Those of the other formats are VipsForeignLoad and the format's
# name (Jpeg, Png, Webp, Heif), and sharp.format has "gif"; but GIF is read by VipsForeignLoadNsgif. After all loaders are
# blocked, unblocking "VipsForeignLoadGif" does nothing and throws nothing, and GIF stays unreadable:
#
#   VipsForeignLoadGif:   Input buffer contains unsupported image format
#   VipsForeignLoadNsgif: gif
#
# So an allow list of loaders needs a test with an image of each format.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error sharp@0.35.5 >/dev/null
cat >try.cjs <<'END'
const sharp = require('sharp');
const gif = Buffer.from('47494638376101000100800000ff0000ffffff2c00000000010001000002024401003b', 'hex');
async function read(operation) {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: [operation] });
  return await sharp(gif).metadata().then(({ format }) => format, ({ message }) => message);
}
(async () => {
  for (const name of ['VipsForeignLoadGif', 'VipsForeignLoadNsgif']) console.log(`${name}: ${await read(name)}`);
})();
END
node try.cjs | tee seen
grep -qx 'VipsForeignLoadGif: Input buffer contains unsupported image format' seen
grep -qx 'VipsForeignLoadNsgif: gif' seen

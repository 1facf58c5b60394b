#!/bin/sh
# ali-oss 6.23.0 (Node): by HTTPS, an endpoint that is an address never matches its own certificate.
#
# For an endpoint that is an IP address, ali-oss sends "Host: <bucket>.<region>.aliyuncs.com", also where the bucket is in the path
# (sldEnable). Node takes the Host header for the name in the TLS handshake and for the check of the certificate, so the client asks the
# server at 127.0.0.1 for another's certificate, and refuses the right one:
#
#   127.0.0.1: SNI shelf.oss-cn-hangzhou.aliyuncs.com, ResponseError: Hostname/IP does not match certificate's altnames
#   localhost: SNI localhost, stored
#
# The same request to a name of the same server works. So an OSS-compatible server in a local network needs a name for its TLS clients, not
# only an address in its certificate.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error ali-oss@6.23.0 >/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out cert.pem \
  -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
cat >try.cjs <<'END'
const { readFileSync } = require('node:fs');
const https = require('node:https');
const OSS = require('ali-oss');
let asked;
const SNICallback = (name, done) => {
  asked = name;
  done(null, null);
};
const server = https.createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem'), SNICallback });
server.on('request', (request, response) => request.resume().on('end', () => response.setHeader('ETag', '"1"').end()));
server.on('tlsClientError', () => {});
server.listen(0, '127.0.0.1', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const endpoint = `https://${host}:${server.address().port}`;
    const keys = { accessKeyId: 'id', accessKeySecret: 'secret' };
    const oss = new OSS({ ...keys, endpoint, region: 'oss-cn-hangzhou', bucket: 'shelf', sldEnable: true, retryMax: 0 });
    const put = oss.put('book', Buffer.from('x'));
    const answer = await put.then(() => 'stored', ({ code, message }) => `${code}: ${message.split(':')[0]}`);
    console.log(`${host}: SNI ${asked}, ${answer}`);
  }
  process.exit();
});
END
NODE_EXTRA_CA_CERTS="$folder/cert.pem" node try.cjs | tee seen
grep -q "^127.0.0.1: SNI shelf.oss-cn-hangzhou.aliyuncs.com, ResponseError: Hostname/IP does not match certificate's altnames" seen
grep -qx 'localhost: SNI localhost, stored' seen

/** Ways that other tests walk, by accounts that may and that may not: the test, below gateway/test. */
export const ELSEWHERE: Record<string, string> = {
  'protocol osc': 'protocols/without-proof.test.ts',
  'source protocols/osc/session.ts': 'protocols/without-proof.test.ts',
  'protocol serial': 'protocols/without-proof.test.ts',
  'source protocols/lines/session.ts': 'protocols/without-proof.test.ts',
  'source protocols/frames/former-subscriptions.ts': 'protocols/frames/accounts.test.ts',
  'source protocols/mqtt/entrance.ts': 'protocols/mqtt/accounts.test.ts',
  'name all': 'protocols/crosscomm/accounts.test.ts',
  'name automations': 'automations/gateway.test.ts',
  'source automations/automations.ts': 'automations/gateway.test.ts',
  'topic $SYS/': 'protocols/mqtt/rules.test.ts',
  'topic $frames/': 'protocols/mqtt/rules.test.ts',
  'frame reply': 'protocols/frames/accounts.test.ts',
  'frame describe': 'protocols/frames/descriptions.test.ts',
  'frame offer': 'protocols/frames/accounts.test.ts',
  'frame fetch': 'protocols/frames/accounts.test.ts',
  'frame want': 'protocols/frames/accounts.test.ts',
  'frame chunk': 'protocols/frames/accounts.test.ts',
  'frame done': 'protocols/frames/accounts.test.ts',
  'frame cancel': 'protocols/frames/accounts.test.ts',
  'http GET /metrics': 'web/metrics-route.test.ts',
  'http GET /objects': 'web/objects/rights.test.ts',
  'http GET /api/v1/serial': 'web/api/serial.test.ts',
  'http DELETE /api/v1/channels/:name/retained': 'web/api/channels.test.ts',
  'http PUT /api/v1/boards/:id': 'web/api/boards.test.ts',
  'http DELETE /api/v1/boards/:id': 'web/api/boards.test.ts',
  'http POST /api/v1/pair': 'cli/pair.test.ts',
};

/** Operations of object storage: each asks for the keys that it names, whatever the dialect; both have one table of what an account needs. */
for (const operation of [
  ...['abortUpload', 'completeUpload', 'copyObject', 'deleteObject', 'deleteObjects', 'getObject', 'getObjectMeta'],
  ...['getObjectTagging', 'headObject', 'initiateUpload', 'listObjects', 'listObjectsOfType', 'listParts'],
  ...['listUploads', 'putObject', 'uploadPart', 'uploadPartCopy'],
]) {
  ELSEWHERE[`oss ${operation}`] = 'oss/rights.test.ts';
  if (operation !== 'getObjectMeta') ELSEWHERE[`s3 ${operation}`] = 'oss/boto3.test.ts';
}
ELSEWHERE['s3 getObjectAttributes'] = 'oss/boto3.test.ts';
ELSEWHERE['oss appendObject'] = 'oss/rights.test.ts';
for (const operation of ['getObjectAcl', 'listVersions']) ELSEWHERE[`s3 ${operation}`] = 'oss/rights.test.ts';

const OWN_PAGES = 'pages, examples and packages that the gateway brings along, alike for all';
const OF_LINK = 'says something of the connection alone';

/** Ways by which nobody gets at what is another's, with the reason. */
export const HARMLESS: Record<string, string> = {
  'source integrations/home-assistant/home-assistant.ts':
    'Home Assistant, where the operator wants it: what devices say is for whoever may hear its topics (docs/home-assistant.md)',
  'source integrations/home-assistant/live/channels.ts':
    'the same: it hears devices, and hands nothing to a client itself',
  'source integrations/home-assistant/live/own-client.ts':
    "the same: it is the gateway's own client, and looks up only what it has retained itself",
  'source integrations/home-assistant/live/speaker.ts':
    'the same; a command goes on only if its sender may send to the channel (integrations/home-assistant/live.test.ts)',
  'source integrations/nats/fleeting.ts': 'what other gateways say: the hub asks for each recipient what it may hear',
  'source integrations/nats/homes/homes.ts':
    'what waits for a client goes to its gateway, where the client is of the same account; the hub asks there what it may hear',
  'source integrations/nats/kept/kept.ts': 'what other gateways say: the hub asks for each recipient what it may hear',
  'source integrations/nats/retained/shared-retained.ts':
    'what other gateways retain: the hub and MQTT ask for each recipient what it may hear',
  'source integrations/nats/scheduled/shared-schedule.ts':
    'what waited at another gateway: the hub asks of its sender whether it may be sent, and for each recipient what it may hear',
  'source integrations/nats/clients/direct.ts':
    'what other gateways say to a client: asked there of the sender, and here of the recipient',
  'source integrations/nats/clients/claims.ts': 'tells the other gateways, and no client, who is online',
  'source integrations/nats/clients/moving.ts':
    'subscriptions from the same account at another gateway: the hub asks for each whether it may be heard',
  'source web/api/firmware.ts': 'looks up clients for operators alone',
  'source observability/trace/trace-book.ts': 'what operators alone are told',
  'source observability/trace/surroundings.ts': 'what operators alone are told',
  'crosscomm heartbeat': OF_LINK,
  'crosscomm login': 'asks to be admitted',
  'crosscomm logout': OF_LINK,
  'frame hello': 'asks to be admitted',
  'frame welcome': 'answers Hello',
  'frame token': 'gives a device a credential of its own account',
  'frame ack': OF_LINK,
  'frame dictionary': OF_LINK,
  'frame error': OF_LINK,
  'frame goodbye': OF_LINK,
  'frame log': 'goes to the log of the gateway alone',
  'frame ping': OF_LINK,
  'frame pong': OF_LINK,
  'frame receipt': 'how many got a message that its sender may send',
  'frame unalias': 'ends what is its own',
  'http GET /': OWN_PAGES,
  'http HEAD /': OWN_PAGES,
  'http GET /examples': OWN_PAGES,
  'http GET /examples/*': OWN_PAGES,
  'http HEAD /examples/*': OWN_PAGES,
  'http GET /{name}': OWN_PAGES,
  'http HEAD /{name}': OWN_PAGES,
  'http GET /favicon.ico': OWN_PAGES,
  'http GET /*': 'files of a folder that the operator has put there for all',
  'http HEAD /*': 'files of a folder that the operator has put there for all',
  'http GET {AUTHORITY}': 'the certificate of the authority, which everybody may have',
  'http GET /pair': OWN_PAGES,
  'http GET /api/v1/boards': 'has names that people gave their boards, for all who may see the gateway',
  'http GET /api/v1/counters': 'has numbers alone',
  'http GET /api/v1/guides': 'says how people connect, alike for all',
  'http GET /api/v1/tls': 'says of certificates what every handshake shows',
  'http GET /api/v1/tls/authority': 'the certificate of the authority, which everybody may have',
  'http GET /api/v1/openapi.json': 'says what the API is, alike for all',
  'http GET /healthz': 'says that the gateway works',
  'http HEAD /healthz': 'says that the gateway works',
  'http GET /readyz': 'says whether the gateway can do its work',
  'http HEAD /readyz': 'says whether the gateway can do its work',
  'http OPTIONS /objects/*': 'says what a page may ask',
  'http POST /api/v1/session': 'asks to be admitted',
  'http GET /api/v1/session': 'says who asks',
  'http DELETE /api/v1/session': 'ends the session of whoever asks',
  'name OOCSI_metrics': 'has numbers alone',
  'name SERVER': 'nobody can send to it or have it',
  'name echo': 'sends back to whoever is online what it was sent by it',
  'name testchannel': 'has two numbers',
  'name timechannel': 'has the time',
  'oocsi ping': OF_LINK,
  'oocsi pong': OF_LINK,
  'oocsi quit': OF_LINK,
  'oocsi unsubscribe': 'ends what is its own',
  'oss getAcl': 'is the same for every object',
  'oss getBucketInfo': 'is the same for everybody',
  'oss getBucketLocation': 'is the same for everybody',
  'oss listBuckets': 'there is one bucket',
  's3 createBucket': 'makes none, as there is one bucket',
  's3 headBucket': 'there is one bucket',
  's3 listBuckets': 'there is one bucket',
  'source app/classroom.ts': 'counts what teams send, for whoever operates the gateway',
  'source app/forget-gone.ts': 'forgets clients of accounts that are gone, and tells nobody',
  'source app/conversation.ts': 'writes into the log, and into the file of known clients',
  'source protocols/oocsi/services/built-in-clients.ts': 'answers whoever is online, and says the time',
  'topic $answer/':
    'only a client that was called can publish to it, with the number of that call, to whoever called it',
};

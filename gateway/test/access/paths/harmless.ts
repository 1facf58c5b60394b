/** Ways that other tests walk, by accounts that may and that may not: the test, below gateway/test. */
export const ELSEWHERE: Record<string, string> = {
  'protocol osc': 'protocols/without-proof.test.ts',
  'source protocols/osc/session.ts': 'protocols/without-proof.test.ts',
  'protocol serial': 'protocols/without-proof.test.ts',
  'source protocols/lines/session.ts': 'protocols/without-proof.test.ts',
  'source protocols/frames/former-subscriptions.ts': 'protocols/frames/accounts.test.ts',
  'source protocols/mqtt/entrance.ts': 'protocols/mqtt/accounts.test.ts',
  'source access/quotas.ts': 'access/quotas.test.ts',
  'name all': 'protocols/crosscomm/accounts.test.ts',
  'topic $SYS/': 'protocols/mqtt/rules.test.ts',
  'topic $frames/': 'protocols/mqtt/rules.test.ts',
  'frame reply': 'protocols/frames/accounts.test.ts',
  'frame offer': 'protocols/frames/accounts.test.ts',
  'frame fetch': 'protocols/frames/accounts.test.ts',
  'frame want': 'protocols/frames/accounts.test.ts',
  'frame chunk': 'protocols/frames/accounts.test.ts',
  'frame done': 'protocols/frames/accounts.test.ts',
  'frame cancel': 'protocols/frames/accounts.test.ts',
  'http GET /objects': 'web/objects/rights.test.ts',
  'http POST /api/v1/pair': 'cli/pair.test.ts',
};

/** Operations of OSS: each asks for the keys that it names. */
for (const operation of [
  ...['abortUpload', 'completeUpload', 'copyObject', 'deleteObject', 'deleteObjects', 'getObject', 'getObjectMeta'],
  ...['getObjectTagging', 'headObject', 'initiateUpload', 'listObjects', 'listObjectsV2', 'listParts', 'listUploads'],
  ...['putObject', 'uploadPart', 'uploadPartCopy'],
]) {
  ELSEWHERE[`oss ${operation}`] = 'oss/rights.test.ts';
}

const OWN_PAGES = 'pages, examples and packages that the gateway brings along, alike for all';
const OF_LINK = 'says something of the connection alone';

/** Ways by which nobody gets at what is another's, with the reason. */
export const HARMLESS: Record<string, string> = {
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
  'http GET /healthz': 'says that the gateway works',
  'http HEAD /healthz': 'says that the gateway works',
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
  'oss checkAllowed': 'looks at the form of a request',
  'oss getAcl': 'is the same for every object',
  'oss getBucketInfo': 'is the same for everybody',
  'oss getBucketLocation': 'is the same for everybody',
  'oss listBuckets': 'there is one bucket',
  'source app/conversation.ts': 'writes into the log, and into the file of known clients',
  'source protocols/oocsi/services/built-in-clients.ts': 'answers whoever is online, and says the time',
  'topic $answer/':
    'only a client that was called can publish to it, with the number of that call, to whoever called it',
};

import { execFileSync } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { PYTHON } from '@crosscomm/testing/python';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRequest } from '../../src/oss/request.ts';
import { authenticateAws } from '../../src/oss/signature/authenticate.ts';
import { addressedTargets } from '../../src/oss/target.ts';
import { BUCKET } from './support.ts';

const SIGNER = fileURLToPath(new URL('../../testing/python/botocore_signer.py', import.meta.url));
const KEY = { id: 'cc12', secret: 'a/secret+of==mine', name: '', createdMs: 0 };
const RUNS = 100;

interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
}

/** Text that can be the key of an object, or the value of a parameter. */
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((each) => !/\p{Cc}/u.test(each));
const awkward = fc.constantFrom('a b', 'a+b', '100%', '%2F', "it's (1)*!", '~_.-', 'ü/ß', '日本', 'a//b', '&=?#', '');
const value = fc.oneof(text, awkward);
const blanks = fc.constantFrom('x', 'a  b', 'a   b c', 'a,b;c');
const requests = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'HEAD', 'DELETE', 'POST'),
  host: fc.constantFrom('127.0.0.1:9899', 'pi.local', '[::1]:9000'),
  bucket: fc.constant(BUCKET),
  key: value.filter((key) => !/^[/?#]/.test(key)),
  params: fc.dictionary(
    fc.constantFrom('uploadId', 'prefix', 'partNumber', 'response-content-type', 'marker'),
    value.filter((each) => each !== ''),
  ),
  headers: fc.dictionary(fc.constantFrom('x-amz-meta-one', 'x-amz-meta-two', 'x-amz-acl', 'range'), blanks),
});

/** Requests as they were asked for, each with what is sent. */
function signAll(scheme: string): { asked: { key: string }; sent: Sent }[] {
  const asked = fc.sample(requests, RUNS).map((request) => ({ ...request, scheme }));
  const input = JSON.stringify({ id: KEY.id, secret: KEY.secret, requests: asked });
  const sent = JSON.parse(execFileSync(PYTHON, [SIGNER], { input, encoding: 'utf8' })) as Sent[];
  return asked.map((each, index) => ({ asked: each, sent: sent[index] as Sent }));
}

describe.each(['v4', 'v4-url', 'v2', 'v2-url'])('what botocore signs, %s', (scheme) => {
  it('is right, whatever is in it', async () => {
    for (const { asked, sent } of signAll(scheme)) {
      const path = sent.url.slice(sent.url.indexOf('/', 'http://'.length));
      const raw = readRequest({ method: sent.method, url: path, headers: sent.headers } as IncomingMessage);
      const proven = authenticateAws(raw, addressedTargets(raw, BUCKET, 'pi'), {
        findKey: async () => KEY,
        clock: { now: () => Date.now(), isTrusted: () => true },
      });
      await expect(proven, JSON.stringify({ asked, sent })).resolves.toMatchObject({
        target: { bucket: BUCKET, key: asked.key },
      });
    }
  });
});

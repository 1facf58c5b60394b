import { describe, expect, it } from 'vitest';
import { parseFirstLine } from '../../../src/protocols/oocsi/first-line.ts';

const nobody = {
  isTaken: () => false,
  isKnown: () => false,
  beginsWithAccount: (handle: string) => handle.startsWith('anna/'),
};
const anyName = { ...nobody, random: () => 0.37 };
const read = (line: string) => parseFirstLine(line, anyName);

describe('the first line', () => {
  it.each([
    ['alice(JSON)', { handle: 'alice', type: 'json', secret: undefined }],
    ['  alice(JSON) ', { handle: 'alice', type: 'json', secret: undefined }],
    ['alice;', { handle: 'alice', type: 'pd', secret: undefined }],
    [';alice(JSON);', { handle: 'alice', type: 'pd', secret: undefined }],
    ['alice', { handle: 'alice', type: 'legacy', secret: undefined }],
    ['alice:secret(JSON)', { handle: 'alice', type: 'json', secret: 'secret', written: 'alice:secret' }],
    ['alice:a:b', { handle: 'alice', type: 'legacy', secret: 'a:b', written: 'alice:a:b' }],
    ['anna/lamp:s(JSON)', { handle: 'lamp', type: 'json', secret: 's', account: 'anna', written: 'anna/lamp:s' }],
    ['home/lamp:s', { handle: 'home/lamp', type: 'legacy', secret: 's', written: 'home/lamp:s' }],
    ['anna/lamp', { handle: 'anna/lamp', type: 'legacy', secret: undefined }],
    ['/home/alice/(JSON)', { handle: 'home/alice', type: 'json', secret: undefined }],
    ['//alice//', { handle: '/alice/', type: 'legacy', secret: undefined }],
  ])('%j is a handle and a type', (line, expected) => {
    expect(read(line)).toEqual(expected);
  });

  it.each([
    ['', 'empty', ''],
    ['(JSON)', 'empty', ''],
    [':secret', 'empty', ''],
    ['/', 'empty', ''],
    ['a'.repeat(201), 'too_long', ''],
    ['ålice', 'not_ascii', ''],
    ['al\tice', 'not_ascii', ''],
    ['al\u0000ice', 'not_ascii', ''],
    ['al ice(JSON)', 'blank', 'al ice'],
    ['al ice:secret', 'blank', 'al ice'],
    ['GET / HTTP/1.1', 'blank', 'GET / HTTP/1.1'],
    ['SSH-2.0-OpenSSH_9.2p1', 'ssh', ''],
    ['SSH-2.0-libssh2_1.10', 'ssh', ''],
  ])('%j is refused', (line, fault, handle) => {
    expect(read(line)).toMatchObject({ fault, handle });
  });

  it('may have 200 characters', () => {
    expect(read('a'.repeat(200))).toMatchObject({ handle: 'a'.repeat(200) });
  });

  it('has random digits in place of #', () => {
    const numbers = [0, 0.99, 0.5];
    const random = () => numbers.shift() ?? 0;
    expect(parseFirstLine('dev_#-##(JSON)', { ...nobody, random })).toMatchObject({
      handle: 'dev_0-95',
      pattern: 'dev_#-##',
    });
  });

  it('tries other digits while the name is taken, or that of a client who may come back', () => {
    let count = 0;
    const random = () => count++ / 10;
    const isKnown = (handle: string) => handle !== 'dev_7';
    expect(parseFirstLine('dev_#', { ...nobody, isKnown, random })).toMatchObject({ handle: 'dev_7' });
  });

  it('takes a name that nobody has now where twenty tries find none that is new', () => {
    let count = 0;
    const random = () => (count++ % 10) / 10;
    const isTaken = (handle: string) => handle !== 'dev_3';
    expect(parseFirstLine('dev_#', { ...nobody, isTaken, isKnown: () => true, random })).toMatchObject({
      handle: 'dev_3',
    });
  });

  it('gives up after twenty tries of each', () => {
    let tries = 0;
    const isTaken = () => {
      tries++;
      return true;
    };
    const source = { ...nobody, isTaken, isKnown: isTaken, random: () => 0 };
    expect(parseFirstLine('dev_#', source)).toMatchObject({ handle: 'dev_0' });
    expect(tries).toBe(40);
  });
});

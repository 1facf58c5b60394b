import { describe, expect, it } from 'vitest';
import { openLog } from '../../src/observability/pino-log.ts';

async function open(level: 'debug' | 'warn') {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text)) };
  return { lines, ...(await openLog({ level, pretty: false, destination })) };
}

describe('the log', () => {
  it('writes a line of JSON: the level by its name, the time, the context and the sentence', async () => {
    const { lines, log } = await open('debug');
    log.child({ door: 'mqtt' }).warn({ who: 'esp' }, 'It said too much.');
    expect(lines).toEqual([
      { level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), door: 'mqtt', who: 'esp', msg: 'It said too much.' },
    ]);
  });

  it('shows what a peer wrote on one line, in the direction that it is read', async () => {
    const { lines, log } = await open('warn');
    log.warn({ who: 'a\nb' }, 'The client x\n2026 error \u202egnorw was refused.');
    expect(lines).toMatchObject([{ who: 'a\\nb', msg: 'The client x\\n2026 error \\u202egnorw was refused.' }]);
  });

  it('shows what stands in lists, and in the context of all its lines, in the same way', async () => {
    const { lines, log } = await open('warn');
    log.child({ part: 'x\u001b[2J' }).warn({ names: ['a\nb', 'c'] }, 'Names.');
    expect(lines).toMatchObject([{ part: 'x\\u001b[2J', names: ['a\\nb', 'c'] }]);
  });

  it('keeps to its level, and says whether debug lines are wanted', async () => {
    const { lines, log } = await open('warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    log.error({ code: 'INTERNAL', error: new Error('broken') }, 'c');
    expect(lines).toMatchObject([{ msg: 'c', code: 'INTERNAL', error: { type: 'Error', message: 'broken' } }]);
    expect(log.debugging).toBe(false);
    expect((await open('debug')).log.child({}).debugging).toBe(true);
  });
});

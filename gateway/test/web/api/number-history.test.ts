import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { NumberHistory } from '../../../src/web/api/number-history.ts';
import { addAccount, addRole, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

function build(maxLines?: number) {
  const { clock } = buildHouse();
  const numbers = new NumberHistory(clock, maxLines);
  const say = (to: string, body: string, between?: string[]): void =>
    numbers.note({ message: new Message({ from: 'knob', to, kind: 'text', body, timestampMs: 0 }), between });
  return { clock, numbers, say };
}

describe('the numbers of the last hour', () => {
  it('are one each ten seconds, the last that was said in it', () => {
    const { clock, numbers, say } = build();
    say('a', '1');
    say('a', '21.3');
    clock.advance(20_000);
    say('a', 'true');
    clock.advance(10_000);
    expect(numbers.of('a')).toEqual({ lines: [{ field: '', values: [21.3, null, 1, null] }], wasDirect: false });
  });

  it('have a line for each field, of eight at most', () => {
    const { numbers, say } = build();
    say(
      'a',
      JSON.stringify({ x: 1, text: 'no', list: [1], ...Object.fromEntries([...'abcdefghi'].map((c) => [c, 2])) }),
    );
    const { lines } = numbers.of('a');
    expect(lines.map(({ field }) => field)).toEqual(['x', 'a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('are forgotten after an hour', () => {
    const { clock, numbers, say } = build();
    say('a', '1');
    clock.advance(3_590_000);
    say('a', '2');
    expect(numbers.of('a').lines[0]?.values).toHaveLength(360);
    clock.advance(10_000);
    expect(numbers.of('a').lines).toEqual([{ field: '', values: [2, null] }]);
    clock.advance(24 * 3_600_000);
    expect(numbers.of('a').lines).toEqual([]);
    say('a', '3');
    expect(numbers.of('a').lines).toEqual([{ field: '', values: [3] }]);
  });

  it('are those of the channels that said any last', () => {
    const { numbers, say } = build(2);
    for (const to of ['a', 'b', 'a', 'c']) say(to, '1');
    expect(['a', 'b', 'c'].map((name) => numbers.of(name).lines.length)).toEqual([1, 0, 1]);
  });

  it('are none in what is no number', () => {
    const { numbers, say } = build();
    for (const body of ['hello', '', '{', '[1]', 'null', '"1"', '1e999', `{"x":1,"y":"${'z'.repeat(5000)}"}`])
      say('a', body);
    expect(numbers.of('a').lines).toEqual([]);
  });
});

describe('GET /api/v1/channels/NAME/history', () => {
  let house: WebHouse;
  afterEach(() => house.app.close());

  const lines = async (name: string, headers = {}) =>
    (await house.app.inject({ url: `/api/v1/channels/${name}/history`, headers })).json().lines;
  const send = (to: string, body: string): void => {
    house.hub.send(new Message({ from: 'knob', to, kind: 'json', body, timestampMs: 0 }));
  };

  it('has what was said', async () => {
    house = await buildWebHouse();
    send('room', '{"celsius":21}');
    expect(await lines('room')).toEqual([{ field: 'celsius', values: [21] }]);
    expect(await lines('elsewhere')).toEqual([]);
  });

  it('is for whoever may hear the channel; what went to one client alone is for operators', async () => {
    house = await buildWebHouse();
    house.hub.join(new MemorySession('left/lamp'));
    send('left/room', '1');
    send('right/room', '1');
    send('left/lamp', '1');
    addRole(house, 'left', [{ effect: 'allow', actions: ['presence', 'subscribe'], topics: ['left/#'] }]);
    const headers = bearer(await addAccount(house, 'lena', { role: 'left' }));
    const boss = bearer(await addAccount(house, 'boss', { role: 'admin' }));
    const seen = async (by: object) =>
      await Promise.all(
        ['left%2Froom', 'right%2Froom', 'left%2Flamp'].map(async (name) => (await lines(name, by)).length),
      );
    expect(await seen(headers)).toEqual([1, 0, 0]);
    expect(await seen(boss)).toEqual([1, 1, 1]);
  });
});

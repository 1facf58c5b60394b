import { describe, expect, it } from 'vitest';
import type { MessageView } from '../src/api/types.ts';
import { ChannelHistory } from '../src/pages/channels/channel-history.ts';
import { treeOf } from '../src/pages/channels/channel-tree.ts';
import { fieldsOf, numbersIn } from '../src/pages/channels/numbers.ts';

const message = (body: string, timestampMs = 0): MessageView => ({
  ...{ from: 'knob', to: 'kitchen', kind: 'text', timestampMs, body, size: body.length },
});

describe('the tree of channels', () => {
  it('is made of the parts of their names, each level sorted as people count', () => {
    const [class7, kitchen] = treeOf(['kitchen/light', 'class/10', 'class/9', 'kitchen']);
    expect(class7).toMatchObject({ label: 'class', path: 'class', isChannel: false });
    expect(class7?.children.map(({ label }) => label)).toEqual(['9', '10']);
    expect(kitchen).toMatchObject({ path: 'kitchen', isChannel: true, children: [{ path: 'kitchen/light' }] });
  });

  it('has a place for names with nothing between their slashes', () => {
    const [root] = treeOf(['/a', '/']);
    expect(root).toMatchObject({ label: '', path: '', isChannel: false });
    expect(root?.children.map(({ path, isChannel }) => [path, isChannel])).toEqual([
      ['/', true],
      ['/a', true],
    ]);
  });
});

describe('the numbers in a message', () => {
  it.each([
    ['21.5', { '': 21.5 }],
    ['true', { '': 1 }],
    ['{"led": 1, "on": false, "name": "x", "list": [1]}', { led: 1, on: 0 }],
    ['hello', {}],
    ['[1, 2]', {}],
    ['', {}],
  ])('%s', (body, numbers) => {
    expect(numbersIn(message(body))).toEqual(numbers);
  });

  it('are none where only a part of it is there', () => {
    expect(numbersIn({ ...message('1'), isCut: true })).toEqual({});
    expect(fieldsOf({ ...message('{}'), isCut: true })).toBeUndefined();
  });
});

describe('the history of a channel', () => {
  /** Takes a message as it is said. */
  const say = (history: ChannelHistory, body: string, timestampMs: number): void =>
    history.add(message(body, timestampMs), timestampMs);

  it('begins with what the gateway knows, and goes on with what is said', () => {
    const history = new ChannelHistory();
    const lines = [
      { field: 'a', values: [1, null, 3] },
      { field: 'b', values: [null, null, 4] },
    ];
    history.begin({ everyMs: 10_000, endMs: 100_000, lines });
    say(history, '{"a": 5}', 101_000);
    history.begin({ everyMs: 10_000, endMs: 200_000, lines });
    expect(history.fields).toEqual(['a', 'b']);
    expect(history.data).toEqual([
      [80, 100, 101],
      [1, 3, 5],
      [null, 4, null],
    ]);
  });

  it('has one point a second, the last of each', () => {
    const history = new ChannelHistory();
    for (const [second, value] of [
      [10, 1],
      [10.5, 2],
      [11, 3],
    ] as const) {
      say(history, String(value), second * 1000);
    }
    expect(history.data).toEqual([
      [10, 11],
      [2, 3],
    ]);
  });

  it('has a line for each field, with gaps where it was not said', () => {
    const history = new ChannelHistory();
    say(history, '{"a": 1}', 1000);
    say(history, '{"b": 2}', 2000);
    say(history, 'hello', 3000);
    expect([history.fields, history.data]).toEqual([
      ['a', 'b'],
      [
        [1, 2],
        [1, null],
        [null, 2],
      ],
    ]);
  });

  it('is of one hour, and bounded', () => {
    const history = new ChannelHistory();
    for (let second = 1; second <= 4000; second++) say(history, String(second), second * 1000);
    const [times, values] = history.data;
    expect([times.length, times[0], values?.length, values?.at(-1)]).toEqual([3600, 401, 3600, 4000]);
    say(history, '5', 9_000_000);
    expect(history.data).toEqual([[9000], [5]]);
  });

  it('begins anew when the clock of the gateway was set back, and takes nothing old that comes late', () => {
    const history = new ChannelHistory();
    say(history, '1', 9_000_000);
    history.add(message('2', 8_000_000), 9_001_000);
    expect(history.data).toEqual([[9000], [1]]);
    say(history, '3', 5_000_000);
    say(history, '4', 5_001_000);
    expect(history.data).toEqual([
      [5000, 5001],
      [3, 4],
    ]);
  });

  it('has at most eight lines, however many fields come', () => {
    const history = new ChannelHistory();
    for (let second = 1; second <= 100; second++) say(history, `{"field${second}": 1}`, second * 1000);
    expect(history.fields).toHaveLength(8);
  });
});

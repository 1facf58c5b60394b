import { describe, expect, it } from 'vitest';
import type { Graph } from '../src/api/types.ts';
import { GraphFacts, related } from '../src/pages/graph/facts.ts';
import { linksOf, type Picture, pictureOf } from '../src/pages/graph/picture.ts';

const OPTIONS = { most: 20, kindOf: () => '' };
const NOW_MS = 1_000_000;

/** Who hears what, by client; and who sends where. */
function factsOf(hears: Record<string, string[]>, sends: [from: string, to: string][] = []): GraphFacts {
  const facts = new GraphFacts();
  const clients: Graph['clients'] = Object.entries(hears).map(([id, names]) => ({
    id,
    protocol: 'mqtt',
    hears: names,
  }));
  const said = sends.map(([from, to]) => ({ from, to, isDirect: false, lastMs: NOW_MS, recipients: 1 }));
  facts.load({ clients, sends: said, leftOut: { clients: 0, subscriptions: 0 } }, NOW_MS);
  return facts;
}

const flow = (from: string, to: string, perS: number) => ({ from, to, isDirect: false, perS, recipients: 1 });

/** `from > to perS` of each link. */
const drawn = ({ links }: Picture): string[] =>
  links.map(({ from, to, perS }) => `${from.group.label} > ${to.group.label} ${perS}`).sort();

describe('the facts of a graph', () => {
  it('have who hears a channel by a topic filter', () => {
    const channels = factsOf({ lamp: ['kitchen/+'], desk: ['#', 'kitchen/light'], other: ['garden/#', '$SYS/#'] }, [
      ['knob', 'kitchen/light'],
      ['knob', '$SYS/load'],
    ]).channels(NOW_MS, false);
    const heard = channels.map(({ name, hearings }) => [name, hearings.flatMap(({ clients }) => clients).sort()]);
    expect(Object.fromEntries(heard)).toEqual({
      'kitchen/light': ['desk', 'desk', 'lamp'],
      '$SYS/load': ['other'],
      'garden/#': ['other'],
    });
  });

  it('have no listener of what one client alone was sent and did not get', () => {
    const facts = factsOf({ lamp: [] });
    facts.apply({ flows: [{ ...flow('desk', 'lamp', 2), isDirect: true, recipients: 0 }], leftOut: 0 }, NOW_MS);
    expect(facts.channels(NOW_MS, false).map(({ hearings }) => hearings)).toEqual([[]]);
  });

  it('have those who send to a client alone apart from a channel of its name', () => {
    const facts = factsOf({ lamp: ['lamp'] }, [['knob', 'lamp']]);
    facts.apply({ flows: [{ ...flow('desk', 'lamp', 2), isDirect: true }], leftOut: 0 }, NOW_MS);
    const channels = facts.channels(NOW_MS, false);
    expect(channels.map(({ isDirect, sends }) => [isDirect, sends.map(({ from }) => from)])).toEqual([
      [false, ['knob']],
      [true, ['desk']],
    ]);
    expect(drawn(pictureOf(channels, OPTIONS))).toEqual([
      'desk > lamp 2',
      'knob > lamp 0',
      'lamp > lamp 0',
      'lamp > lamp 2',
    ]);
  });

  it('leave out what nobody has sent to for a minute, where that is wanted', () => {
    const facts = factsOf({ lamp: ['a', 'b'] }, [['knob', 'a']]);
    const names = (nowMs: number) => facts.channels(nowMs, true).map(({ name }) => name);
    expect(names(NOW_MS)).toEqual(['a']);
    expect(names(NOW_MS + 61_000)).toEqual([]);
  });

  it('forget what was sent by clients that are gone, and keep what those sent that are there', () => {
    const facts = factsOf({ knob: [] }, [
      ['knob', 'light'],
      ['http-3f2a', 'light'],
    ]);
    const senders = () => facts.channels(NOW_MS, false).flatMap(({ sends }) => sends.map(({ from }) => from));
    expect(senders()).toEqual(['knob', 'http-3f2a']);
    const nobody = { sends: [], leftOut: { clients: 0, subscriptions: 0 } };
    facts.load({ clients: [{ id: 'knob', protocol: 'mqtt', hears: [] }], ...nobody }, NOW_MS + 601_000);
    expect(senders()).toEqual(['knob']);
  });

  it('are bounded', () => {
    const facts = factsOf({});
    for (let index = 0; index < 4000; index++) {
      facts.apply({ flows: [flow(`client-${index}`, 'flood', 1)], leftOut: 0 }, NOW_MS);
    }
    expect(facts.channels(NOW_MS, false)[0]?.sends.length).toBe(3000);
  });

  it('are searched with all that has to do with what is found', () => {
    const channels = factsOf({ lamp: ['light'], desk: ['light', 'chat'] }, [
      ['knob', 'light'],
      ['desk', 'chat'],
    ]).channels(NOW_MS, false);
    const found = related(channels, { client: (id) => id === 'lamp', channel: () => false });
    expect(drawn(pictureOf(found, OPTIONS))).toEqual(['knob > light 0', 'light > lamp 0']);
  });
});

describe('the picture of a graph', () => {
  it('shows what flows: messages to a channel, and from there as many as there are listeners', () => {
    const facts = factsOf({ a1: ['light'], a2: ['#'], knob: [] });
    facts.apply({ flows: [flow('knob', 'light', 3), flow('desk', 'light', 1)], leftOut: 0 }, NOW_MS);
    const picture = pictureOf(facts.channels(NOW_MS, false), OPTIONS);
    expect(drawn(picture)).toEqual(['desk > light 1', 'knob > light 3', 'light > a1 4', 'light > a2 4']);
    expect(picture.rows.find(({ column }) => column === 'channels')?.perS).toBe(4);
  });

  it('adds up what flows in a group of many', () => {
    const ids = Array.from({ length: 500 }, (_, index) => `esp-${index}`);
    const facts = factsOf(Object.fromEntries(ids.map((id) => [id, ['news']])));
    facts.apply({ flows: ids.map((id, index) => flow(id, `class/${index}`, 1)), leftOut: 0 }, NOW_MS);
    facts.apply({ flows: [flow('desk', 'news', 2)], leftOut: 0 }, NOW_MS);
    const picture = pictureOf(facts.channels(NOW_MS, false), OPTIONS);
    const sent = picture.links.filter(({ from }) => from.column === 'senders');
    expect(drawn({ ...picture, links: sent })).toEqual(['desk > news 2', 'esp-… > class/… 500']);
    const heard = picture.links.filter(({ to }) => to.column === 'listeners');
    expect(heard.length).toBeLessThanOrEqual(20);
    expect(heard.reduce((sum, { perS }) => sum + perS, 0)).toBe(1000);
  });

  it('marks a channel to which somebody sends and that nobody hears', () => {
    const facts = factsOf({ lamp: ['light'] });
    facts.apply({ flows: [{ ...flow('knob', 'ligth', 1), recipients: 0 }], leftOut: 0 }, NOW_MS);
    const { rows } = pictureOf(facts.channels(NOW_MS, false), OPTIONS);
    expect(rows.filter(({ isUnheard }) => isUnheard).map(({ group }) => group.label)).toEqual(['ligth']);
  });

  it('is the same for the same facts, and places no two rows of a column over each other', () => {
    const sends = Array.from({ length: 60 }, (_, index): [string, string] => [
      `c${(index * 7) % 13}`,
      `x/${(index * 5) % 17}`,
    ]);
    const hears = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`h${index}`, [`x/${index * 2}`, `x/${index}`]]),
    );
    const places = (order: typeof sends): string[] => {
      const { rows, height } = pictureOf(factsOf(hears, order).channels(NOW_MS, false), OPTIONS);
      for (const column of ['senders', 'channels', 'listeners']) {
        const at = rows.filter((row) => row.column === column).map((row) => row.at);
        const sorted = at.toSorted((one, other) => one - other);
        for (const [index, top] of sorted.entries()) expect(top - (sorted[index - 1] ?? -1)).toBeGreaterThan(0.999);
        expect(sorted.at(-1)).toBeLessThanOrEqual(height - 0.999);
      }
      return rows.map((row) => `${row.key} ${row.at.toFixed(3)}`).sort();
    };
    expect(places(sends)).toEqual(places(sends.toReversed()));
  });

  it('lights up the whole way of what somebody sends and hears', () => {
    const facts = factsOf({ lamp: ['light'], desk: ['light', 'chat'], other: ['chat'] }, [
      ['knob', 'light'],
      ['desk', 'chat'],
    ]);
    const picture = pictureOf(facts.channels(NOW_MS, false), OPTIONS);
    const keyOf = (label: string, column: string) =>
      picture.rows.find((row) => row.group.label === label && row.column === column)?.key ?? '';
    const lit = linksOf(picture, keyOf('knob', 'senders'));
    expect(drawn({ ...picture, links: picture.links.filter(({ key }) => lit.has(key)) })).toEqual([
      'knob > light 0',
      'light > desk 0',
      'light > lamp 0',
    ]);
  });
});

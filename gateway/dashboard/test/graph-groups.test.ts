import { describe, expect, it } from 'vitest';
import { groupNames, isIn } from '../src/pages/graph/groups.ts';

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
const labels = (names: string[], most: number): string[] => groupNames(names, most).map(({ label }) => label);

describe('names of a graph', () => {
  it('are each by themselves while there are few, whatever they are', () => {
    expect(labels(['lamp', 'knob', 'pi-10', 'pi-2', '<b>'], 10)).toEqual(['<b>', 'knob', 'lamp', 'pi-2', 'pi-10']);
    expect(groupNames([], 10)).toEqual([]);
  });

  it('are grouped by how they begin where there are many', () => {
    const groups = groupNames([...numbered('esp-', 300), ...numbered('sensor', 200), 'lamp', 'knob'], 20);
    expect(groups.map(({ label, names }) => [label, names.length])).toEqual([
      ['esp-…', 300],
      ['knob', 1],
      ['lamp', 1],
      ['sensor…', 200],
    ]);
  });

  it('are grouped no further than there is need', () => {
    const names = [...numbered('house/kitchen/', 3), ...numbered('house/garden/', 50), 'house'];
    expect(labels(names, 10)).toEqual([
      'house',
      'house/garden/…',
      'house/kitchen/1',
      'house/kitchen/2',
      'house/kitchen/3',
    ]);
  });

  it('stay in a group of many even where there is room for it', () => {
    const names = [...numbered('esp-', 24), ...numbered('pi-', 24), ...numbered('door-', 4)];
    expect(labels(names, 40)).toEqual(['door-1', 'door-2', 'door-3', 'door-4', 'esp-…', 'pi-…']);
  });

  it('are grouped by the alphabet where they begin alike to the end, or not at all', () => {
    const groups = groupNames(numbered('esp-', 500), 40);
    expect(groups.length).toBe(39);
    expect(groups[0]?.label).toBe('esp-1 – esp-13');
    expect(groups.flatMap(({ names }) => names)).toEqual(numbered('esp-', 500));
  });

  it('of different kinds are not in one group', () => {
    const kindOf = (name: string): string => (name.endsWith('0') ? 'mqtt' : 'oocsi');
    const groups = groupNames(numbered('esp-', 500), 10, kindOf);
    expect(groups.map(({ label, names }) => [label, names.length])).toEqual([
      ['mqtt', 50],
      ['oocsi', 450],
    ]);
  });

  it('belong to the group that they were put into, and to no other', () => {
    const names = [...numbered('esp-', 300), ...numbered('sensor', 200), 'lamp', 'esp'];
    for (const most of [3, 10, 40]) {
      const groups = groupNames(names, most);
      expect(groups.length).toBeLessThanOrEqual(most);
      for (const name of names) {
        const own = groups.filter(({ spec }) => isIn(spec, name, () => ''));
        expect(own.map((group) => group.names.includes(name))).toEqual([true]);
      }
    }
  });
});

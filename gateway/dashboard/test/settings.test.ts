import { expect, it } from 'vitest';
import { asYaml, bySection, fileOf, shownValue } from '../src/pages/settings/settings.ts';

it('writes a value as the file has it', () => {
  expect(asYaml({ key: 'http.port', value: 9898 })).toBe('http:\n  port: 9898');
  expect(asYaml({ key: 'auth.roles', value: { lab: [{ allow: 'send' }] } })).toBe(
    'auth:\n  roles: {"lab":[{"allow":"send"}]}',
  );
  expect(asYaml({ key: 'dataDir', value: 'a: b' })).toBe('dataDir: "a: b"');
  expect(asYaml({ key: 'pages.folder' })).toBe('pages:\n  folder:');
});

it('knows the file by what comes from it', () => {
  const flag = { key: 'a', source: 'flag', where: '--a' };
  expect(fileOf([flag, { key: 'b', source: 'file', where: '/etc/crosscomm.yaml:12' }])).toBe('/etc/crosscomm.yaml');
  expect(fileOf([flag, { key: 'b', source: 'default' }])).toBeUndefined();
});

it('puts together what belongs together, and shows values in a line', () => {
  const settings = ['http.port', 'dataDir', 'http.host'].map((key) => ({ key, source: 'default' }));
  expect([...bySection(settings).keys()]).toEqual(['http', 'dataDir']);
  expect([1, 'x', undefined, null, [1], { a: true }].map(shownValue)).toEqual(['1', 'x', '', '', '[1]', '{"a":true}']);
});

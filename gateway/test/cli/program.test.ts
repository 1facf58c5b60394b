import { TestShell } from '@crosscomm/testing/test-shell';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { configForm } from '../../src/app/config.ts';
import { flagOf } from '../../src/cli/flags.ts';
import { createProgram } from '../../src/cli/program.ts';
import { withCalls } from '../../src/cli/shell.ts';

async function outcome(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell();
  const code = await shell.run(...argv);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

/** The words that call a command. */
function pathOf(command: Command): string[] {
  const path = [];
  for (let each: Command | null = command; each?.parent; each = each.parent) path.unshift(each.name());
  return path;
}

describe('the command crosscomm', () => {
  it('teaches by examples, with and without being asked', async () => {
    const { code, out } = await outcome('--help');
    expect(code).toBe(0);
    expect(out).toContain('crosscomm send lights \'{"on": true}\'');
    expect((await outcome()).out).toBe(out);
    for (const command of [['start'], ['send'], ['listen'], ['config', 'check'], ['serial', 'list']]) {
      expect((await outcome(...command, '--help')).out).toMatch(/Examples?:/);
    }
  });

  it.each(['crosscomm', 'npm run crosscomm --'])(
    'explains every command in lines that fit 80 columns, and names it as it works here: %s',
    async (name) => {
      const env = { CROSSCOMM_COMMAND: name };
      const { program } = await createProgram(new TestShell({ env }).shell, ['start']);
      const leaves = program.commands.flatMap((command) => [command, ...command.commands]);
      expect(leaves.length).toBeGreaterThan(12);
      const calls = [[], ...leaves.map(pathOf)];
      for (const call of calls) {
        for (const asked of ['--help', '--no-such-flag']) {
          const shell = new TestShell({ env });
          await shell.run(...call, asked);
          const text = shell.stdout.text + shell.stderr.text;
          expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
          expect(text).toContain(asked === '--help' ? `Usage: ${[name, ...call].join(' ')}` : '[CALL_INVALID]');
          if (name !== 'crosscomm') expect(text.match(/^ *crosscomm (?!--)|"crosscomm /m)).toBeNull();
        }
      }
    },
  );

  it.each([['uploads'], ['account'], ['help', 'nosuch']])('asks for a command where %s names none', async (...call) => {
    const { code, out, err } = await outcome(...call);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/Commands:.*\ncrosscomm: Name one of the commands above\. \[CALL_INVALID\]\n$/s);
  });

  it('points whoever called a command wrongly to its own help', async () => {
    expect((await outcome('send', 'lights')).err).toBe(
      "crosscomm: missing required argument 'text-or-json' [CALL_INVALID]\n(crosscomm send --help explains)\n",
    );
    expect((await outcome('serial', 'list', '--jsn')).err).toContain('(crosscomm serial list --help explains)');
  });

  it('shows examples whose output a program reads without what npm prints', async () => {
    const shell = new TestShell({ env: { CROSSCOMM_COMMAND: 'npm run crosscomm --' } });
    await shell.run('oss-keys', 'create', '--help');
    expect(shell.stdout.text).toContain('eval "$(npm run -s crosscomm -- oss-keys create desk)"');
    // A call that is written as this person calls it already stays as it is.
    const call = 'npm run crosscomm -- serial list';
    expect(withCalls({ CROSSCOMM_COMMAND: 'npm run crosscomm --' }, call)).toBe(call);
    await shell.run('start', '--help');
    expect(shell.stdout.text).toContain('npm start -- --http-port 8080');
  });

  it('says its version', async () => {
    expect(await outcome('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    [['strat'], 'unknown command', 'Did you mean start?'],
    [['start', '--http-prt', '1'], "unknown option '--http-prt'", 'Did you mean --http-port?'],
    [['send', 'lights'], 'missing required argument', 'crosscomm send --help explains'],
    [['send', 'lights', 'on', 'now'], 'A message of several words stands in quotes', "crosscomm send lights 'on now'"],
    [['start', 'crosscomm.yaml'], '"crosscomm.yaml" needs its flag', 'crosscomm start --config crosscomm.yaml'],
    [['start', '9898'], '"9898" is no flag', '"crosscomm start --help" shows them'],
    [
      ['start', '--port', '9898'],
      'There is no --port',
      '--http-port, --pages-port, --oocsi-port, --mqtt-port, --osc-port, --oss-port',
    ],
    [['start', '--host', '0.0.0.0'], 'There is no --host', '--http-host, --pages-host, --oocsi-host'],
  ])('answers %j with a hint and exit code 2', async (argv, wrong, hint) => {
    const { code, err } = await outcome(...argv);
    expect(code).toBe(2);
    expect(err).toContain(`crosscomm: ${wrong}`);
    expect(err).toContain(hint);
  });

  it('uses colours only on a terminal, and not where NO_COLOR asks for none', async () => {
    const help = async (options: ConstructorParameters<typeof TestShell>[0]) => {
      const shell = new TestShell(options);
      await shell.run('--help');
      return shell.stdout.text.includes('\u001b[');
    };
    expect(await help({ terminal: true })).toBe(true);
    expect(await help({ terminal: true, env: { NO_COLOR: '1' } })).toBe(false);
    expect(await help({ terminal: true, env: { TERM: 'dumb' } })).toBe(false);
    expect(await help({})).toBe(false);
  });
});

describe('crosscomm start', () => {
  it('has a flag for every key of the configuration that fits on a command line', async () => {
    const { out } = await outcome('start', '--help');
    const scalar = configForm.keys().filter(({ node }) => node.items?.properties === undefined);
    expect(scalar.length).toBeGreaterThan(30);
    expect(scalar.map(({ path }) => flagOf(path)).filter((flag) => !out.includes(`  ${flag} `))).toEqual([]);
    expect(out).toContain('--no-serial-auto-detect');
  });

  it.each([
    [
      ['--http-port', 'abc'],
      '--http-port must be a whole number from 0 to 65535, not the text "abc". [CONFIG_INVALID]',
    ],
    [['--log-level', 'loud'], '--log-level must be one of debug, info, warn, error, not the text "loud".'],
    [['--serial-allow-vendors', '2341,x'], '--serial-allow-vendors must be four hex digits'],
    [['--mqtt-host', '0.0.0.0'], '--mqtt-host is 0.0.0.0, which other machines can reach'],
    [['--config', 'none.yaml'], 'The configuration none.yaml cannot be read'],
  ])('refuses %j in one sentence with exit code 2', async (flags, sentence) => {
    const { code, out, err } = await outcome('start', ...flags);
    expect(code).toBe(2);
    expect(err).toContain(`crosscomm: ${sentence}`);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(out).toBe('');
  });
});

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { ownPort } from '@crosscomm/testing/own-port';
import { secretToken } from '@crosscomm/testing/secrets';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';

const MONITORING = fileURLToPath(new URL('../../../docs/monitoring/', import.meta.url));
const ALERT_CASES = fileURLToPath(new URL('./prometheus-alerts.yml', import.meta.url));
const PATIENCE = { timeout: 30_000, interval: 200 };

interface Answer<Data> {
  status: string;
  data: Data;
}
type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] };

function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Every expression of the dashboard, as Grafana sends it. */
function dashboardExpressions(): string[] {
  interface Panel {
    targets?: { expr: string }[];
  }
  const { panels } = JSON.parse(readFileSync(join(MONITORING, 'grafana-dashboard.json'), 'utf8')) as {
    panels: Panel[];
  };
  const written = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  return written.map((expr) => expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s'));
}

function alertExpressions(): string[] {
  const { groups } = parse(readFileSync(join(MONITORING, 'alerts.yml'), 'utf8')) as {
    groups: { rules: { expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

describe('Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosscomm-prometheus-'));
  const ends: (() => unknown)[] = [];
  const token = secretToken();
  let gateway: GatewayProcess;
  let lamp: MqttClient;
  let api = '';

  beforeAll(async () => {
    gateway = new GatewayProcess({ tls: { auto: true } });
    ends.push(() => gateway.dispose());
    await saveAccounts(gateway.dataDir, [accountOf('prometheus', { token, roles: ['viewer'] })]);
    const { http, mqtt, oocsi } = await gateway.start();
    lamp = await connectAsync({ port: mqtt.port, clientId: 'lamp', clean: false });
    ends.push(() => lamp.endAsync(true));
    await lamp.subscribeAsync('light', { qos: 1 });
    const knob = await OocsiClient.connect(oocsi.port, 'knob');
    ends.push(() => knob.close());
    knob.send('sendraw light {"on":1}');
    knob.send('sendraw nobody {"on":1}');
    const wrong = await OocsiClient.open(oocsi.port, 'SERVER');
    ends.push(() => wrong.close());

    // The example of the page, but for its port, its pace and where it looks for the rules.
    const example = readFileSync(join(MONITORING, 'prometheus.yml'), 'utf8');
    const config = example
      .replaceAll('15s', '1s')
      .replace('- alerts.yml', `- ${join(MONITORING, 'alerts.yml')}`)
      .replace('localhost:9898', `127.0.0.1:${http.port}`);
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const port = ownPort();
    const prometheus = spawn('prometheus', [
      ...[`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
    ]);
    ends.push(async () => {
      prometheus.kill('SIGKILL');
      await once(prometheus, 'exit');
    });
    api = `http://127.0.0.1:${port}/api/v1`;
    await vi.waitFor(
      async () => expect(Number((await query('count_over_time(up[1m])')).result[0]?.value[1])).toBeGreaterThan(3),
      PATIENCE,
    );
  });

  afterAll(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function ask<Data>(path: string): Promise<Data> {
    const answer = (await (await fetch(`${api}/${path}`)).json()) as Answer<Data>;
    expect(answer).toMatchObject({ status: 'success' });
    return answer.data;
  }

  const query = (expr: string): Promise<Vector> => ask(`query?${new URLSearchParams({ query: expr })}`);

  it('reads the metrics, by OpenMetrics', async () => {
    // What is asked each second is not answered within one on a machine that is busy just then.
    await vi.waitFor(async () => {
      const { activeTargets } = await ask<{ activeTargets: { health: string; lastError: string }[] }>('targets');
      expect(activeTargets).toMatchObject([{ health: 'up', lastError: '' }]);
      const { result } = await query('crosscomm_online_clients{protocol="mqtt"}');
      expect(result).toMatchObject([
        { metric: { job: 'crosscomm', protocol: 'mqtt' }, value: [expect.any(Number), '1'] },
      ]);
      expect((await query('crosscomm_mqtt_sessions')).result).toMatchObject([{ value: [expect.any(Number), '1'] }]);
      expect((await query('crosscomm_refused_messages_total{reason="no_recipient"}')).result).toMatchObject([
        { value: [expect.any(Number), '1'] },
      ]);
    }, PATIENCE);
  });

  it('finds nothing to improve in the names, units and help of the classic text', async () => {
    const text = await (await fetch(`http://127.0.0.1:${gateway.ready.http.port}/metrics`)).text();
    expect(() => execFileSync('promtool', ['check', 'metrics'], { input: text, stdio: 'pipe' })).not.toThrow();
    expect(text.length).toBeLessThan(20_000);
  });

  it('has every metric that the dashboard and the alerts ask for', async () => {
    const known = await ask<string[]>('label/__name__/values');
    const asked = [...dashboardExpressions(), ...alertExpressions()].flatMap((expr) =>
      Array.from(expr.matchAll(/\b(?:crosscomm|process|nodejs)_\w+/g), ([name]) => name),
    );
    expect(asked.length).toBeGreaterThan(50);
    // These have no value until somebody is refused a password.
    const unknown = new Set(asked.filter((name) => !known.includes(name)));
    expect([...unknown]).toEqual(['crosscomm_wrong_proofs_total']);
  });

  it('answers every question of the dashboard', async () => {
    for (const expr of dashboardExpressions()) {
      const answers = async (): Promise<number> => (await query(expr)).result.length;
      if (/wrong_proofs/.test(expr)) await answers();
      else await vi.waitFor(async () => expect([expr, await answers()]).not.toEqual([expr, 0]), PATIENCE);
    }
  });

  it('takes the alerts, and none fires while all is well', async () => {
    promtool('check', 'config', join(MONITORING, 'prometheus.yml'));
    type Rule = { name: string; health: string; state: string };
    const all = async (): Promise<Rule[]> => {
      const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('rules');
      return groups.flatMap((group) => group.rules);
    };
    // Each is asked for the first time within its interval.
    await vi.waitFor(async () => expect((await all()).filter(({ health }) => health !== 'ok')).toEqual([]), PATIENCE);
    const rules = await all();
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
    expect(rules).toHaveLength(alertExpressions().length);
  });

  it('fires each alert for what it is meant for', { timeout: 180_000 }, () => {
    expect(promtool('test', 'rules', ALERT_CASES)).toContain('SUCCESS');
  });
});

import type { GatewayProcess } from './gateway-process.ts';
import { TestShell } from './test-shell.ts';

/** What a program has in its environment to keep its objects in a gateway, whose operator makes the keys for it. */
export async function createOssKeys(gateway: GatewayProcess, name: string): Promise<NodeJS.ProcessEnv> {
  const shell = new TestShell();
  await shell.run('oss-keys', 'create', name, '--data-dir', gateway.dataDir);
  const lines = shell.stdout.text.matchAll(/^export (OSS_[A-Z_]+)=(.*)$/gm);
  const { host, port } = gateway.ready.oss;
  return {
    ...Object.fromEntries([...lines].map(([, variable, value]) => [variable, value])),
    OSS_ENDPOINT: `http://${host}:${port}`,
  };
}

import type { GatewayProcess } from './gateway-process.ts';
import { TestShell } from './test-shell.ts';

/** What a gateway has in its environment to keep its objects in another one, whose operator makes the keys for it. */
export async function createOssKeys(gateway: GatewayProcess): Promise<NodeJS.ProcessEnv> {
  const shell = new TestShell();
  await shell.run('oss-keys', 'create', 'near', '--data-dir', gateway.dataDir);
  const lines = shell.stdout.text.matchAll(/^export (OSS_[A-Z_]+)=(.*)$/gm);
  const { host, port } = gateway.ready.oss;
  return {
    ...Object.fromEntries([...lines].map(([, name, value]) => [name, value])),
    OSS_ENDPOINT: `http://${host}:${port}`,
  };
}

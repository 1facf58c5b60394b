/** Loads the gateway part by part: Node opens all files of one import at once, which are more than some processes may open. */
export async function loadGateway(): Promise<typeof import('./gateway.ts')> {
  await import('../objects/objects.ts');
  await import('../oss/endpoint.ts');
  await import('../protocols/frames/devices.ts');
  await import('../web/server.ts');
  return await import('./gateway.ts');
}

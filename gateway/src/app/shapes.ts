import { readFile } from 'node:fs/promises';
import { GatewayError } from '../common/errors.ts';
import type { ShapesConfig } from '../config/shapes.ts';
import type { Hub } from '../hub/hub.ts';

/**
 * Has messages refused that do not fit the schemas of the configuration; nothing is loaded where it has none. Throws a GatewayError where a file
 * cannot be read, or is no schema that can be enforced: then the gateway does not start, as it would let through what it should not.
 */
export async function enforceShapes(hub: Hub, config: ShapesConfig): Promise<void> {
  if (config.length === 0) return;
  const { compileSchema } = await import('../shapes/enforced/schema.ts');
  const { EnforcedShapes } = await import('../shapes/enforced/enforced-shapes.ts');
  const read = config.map(async ({ filter, enforce }) => {
    try {
      return { filter, check: compileSchema(JSON.parse(await readFile(enforce, 'utf8'))) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new GatewayError('CONFIG_INVALID', `shapes: ${enforce}, for ${filter}, cannot be enforced: ${why}.`);
    }
  });
  hub.enforce(new EnforcedShapes(await Promise.all(read)));
}

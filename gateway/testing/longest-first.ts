import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What compiles, starts programs or waits for devices, the longest first; all other files take seconds. */
const LONG = [
  'device-sdk/arduino/',
  'gateway/test/integrations/mqtt-bridge/',
  'gateway/test/docs/',
  'hil-tests/',
  'gateway/test/objects/remote-faults',
  'gateway/test/scenarios/',
  'gateway/test/first-hour/',
  'gateway/test/dashboard/',
  'gateway/test/integrations/',
];

/**
 * Starts the files that take long first, so that at the end of a run every worker still has something to do. What Vitest
 * remembers of an earlier run counts within a folder alone: a fresh clone remembers nothing.
 */
export class LongestFirst extends BaseSequencer {
  /**
   * @param files the files of this run, in any order
   * @returns the same files, in the order in which they begin
   */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const root = this.ctx.config.root;
    const rank = ({ moduleId, project }: TestSpecification) => {
      const path = relative(root, moduleId);
      const found = LONG.findIndex((prefix) => path.startsWith(prefix));
      if (found >= 0) return found;
      // What shares a process comes in one row: at a file that does not, the process ends.
      return LONG.length + (project.config.isolate ? 0 : 1);
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

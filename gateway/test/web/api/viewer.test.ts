import { buildHouse } from '@crosscomm/testing/test-hub';
import { expect, it } from 'vitest';
import { Viewer } from '../../../src/web/api/viewer.ts';
import { addAccount } from '../accounts.ts';

it('is another for each of those whose rights may differ, though they are alike now', async () => {
  const house = buildHouse();
  await addAccount(house, 'boss', { role: 'admin' });
  const viewerAt = (peer: string): Viewer => {
    const viewers: Viewer[] = [];
    house.access.admit({ protocol: 'http', peer, isGone: () => false }, ({ principal }) => {
      if (principal !== undefined) viewers.push(new Viewer(house.access, principal, false));
    });
    return viewers[0] as Viewer;
  };
  const [here, there, alsoThere] = ['127.0.0.1:1', '192.0.2.7:1', '192.0.2.8:1'].map(viewerAt) as [
    Viewer,
    Viewer,
    Viewer,
  ];
  expect([here.mayOperate, there.mayOperate]).toEqual([false, false]);
  expect([here.sameAs === there.sameAs, there.sameAs === alsoThere.sameAs]).toEqual([false, true]);
  await house.accounts.remove('boss');
  expect([here.mayOperate, there.mayOperate]).toEqual([true, false]);
});

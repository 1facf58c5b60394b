import { z } from 'zod';
import type { Guide } from '../../protocols/contract.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy, type Output } from './schema.ts';

const guideView = lazy(() =>
  z
    .strictObject({
      label: z.string().describe("the protocol's name for people"),
      title: z.string().describe('its name, and who connects by it'),
      ways: z.array(
        z.strictObject({
          who: z.string().describe('who connects in this way'),
          listener: z.string().optional().describe('the port of this listener, by its key in the overview'),
          standardPort: z.number().int().optional(),
          isOptional: z.boolean().optional().describe('it is open only where something else is configured'),
          webSocket: z.string().optional().describe('a path of WebSockets on the HTTP port'),
        }),
      ),
      text: z.string().optional().describe('what to do where there is no address'),
    })
    .meta({ id: 'Guide' }),
);
const guidesAnswer = lazy(() => z.strictObject({ guides: z.array(guideView()) }));

/** How people connect, for whoever may open the dashboard: the texts are the gateway's own. */
export function guideRoutes(guides: readonly Guide[]): ApiRoute[] {
  const views = [...guides.filter(hasWay), ...guides.filter((guide) => !hasWay(guide))].map(viewOf);
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/guides',
        summary: 'How people connect by each protocol.',
        needs: 'anybody',
        answers: { 200: guidesAnswer },
      },
      () => ({ guides: views }),
    ),
  ];
}

function hasWay({ ways }: Guide): boolean {
  return ways.length > 0;
}

function viewOf({ label, ways, page = {} }: Guide): Output<typeof guideView> {
  const [first] = ways;
  const title = page.title ?? (first ? `${label} (${first.who})` : label);
  return { label, title, ways: [...ways], ...(page.text === undefined ? {} : { text: page.text }) };
}

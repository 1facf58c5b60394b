import { type ApiDescription, apiTypes } from '@crosscomm/testing/api-types';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { expect, it, onTestFinished } from 'vitest';

/** What the dashboard uses of the API. */
const USED = [
  ...['Board', 'BoardItem', 'Boards'],
  ...[
    'Automation',
    'Backups',
    'Behaviour',
    'Behaviours',
    'ChannelDetails',
    'ChannelHistory',
    'ChannelsEvent',
    'ChannelView',
    'Class',
    'ClientDetails',
    'ClientsEvent',
    'ClientView',
    'DeviceView',
    'Diagnosis',
    'DryRun',
    'Finding',
    'FlowsEvent',
    'Graph',
    'Guide',
    'MadeOssKey',
    'MessagesEvent',
  ],
  ...[
    'MessageView',
    'OssKeys',
    'Overview',
    'SendAnswer',
    'SentMessage',
    'SerialPort',
    'Shape',
    'Tls',
    'TracedMessage',
    'TraceEvent',
    'UploadEntry',
    'Uploads',
  ],
];

it('the types of the dashboard are those of the API', async () => {
  const gateway = new GatewayProcess();
  onTestFinished(() => gateway.dispose());
  const { http } = await gateway.start();
  const answer = await fetch(`http://127.0.0.1:${http.port}/api/v1/openapi.json`);
  const description = (await answer.json()) as ApiDescription;
  await expect(apiTypes(description, USED)).toMatchFileSnapshot('../../dashboard/src/api/generated.ts');
});

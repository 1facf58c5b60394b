import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildWebHouse, type WebHouse } from '../support.ts';

type Json = Record<string, unknown>;

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: { name: string; in: string; description?: string }[];
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

interface Document {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

let house: WebHouse;

beforeEach(async () => {
  house = await buildWebHouse();
});
afterEach(() => house.app.close());

const read = async (): Promise<Document> => (await house.app.inject('/api/v1/openapi.json')).json() as Document;
const operationsOf = ({ paths }: Document): [path: string, operation: Operation][] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation): [string, Operation] => [path, operation]),
  );

it('is OpenAPI 3.1 that describes every operation, once', async () => {
  const document = await read();
  expect(document.openapi).toBe('3.1.0');
  const operations = operationsOf(document);
  expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(operations.length);
  const tags = document.tags.map(({ name }) => name);
  for (const [path, { summary, parameters = [], responses, ...operation }] of operations) {
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(tags).toEqual(expect.arrayContaining(operation.tags));
    const named = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(named);
    expect(Object.keys(responses).length).toBeGreaterThan(1);
  }
});

it('has schemas of JSON Schema 2020-12 whose references all lead somewhere', async () => {
  const document = await read();
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(document, 'api');
  for (const name of Object.keys(document.components.schemas)) {
    expect(() => ajv.compile({ $ref: `api#/components/schemas/${name}` })).not.toThrow();
  }
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g);
  for (const [, reference = ''] of references) {
    expect(document.components.schemas).toHaveProperty([reference.replace('#/components/schemas/', '')]);
  }
});

it('describes what is answered', async () => {
  const document = await read();
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(document, 'api');
  for (const path of ['/api/v1/overview', '/api/v1/clients', '/api/v1/channels']) {
    const at = path.replaceAll('/', '~1');
    const $ref = `api#/paths/${at}/get/responses/200/content/application~1json/schema`;
    const check = ajv.compile({ $ref });
    check((await house.app.inject(path)).json());
    expect([path, check.errors]).toEqual([path, null]);
  }
});

import type { Ear, Person, Stage } from './stage.ts';

/** What an answer says, as a text; throws where it is a refusal. */
export async function textOf(stage: Stage, who: Person, path: string): Promise<string> {
  const answer = await stage.http(who, path);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Follows a stream of server-sent events. */
export async function follow(stage: Stage, who: Person, path: string): Promise<Ear> {
  const ending = new AbortController();
  stage.ends(() => ending.abort());
  const answer = await stage.http(who, path, { signal: ending.signal });
  if (!answer.ok || answer.body === null) throw new Error(await answer.text());
  let text = '';
  const read = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of body) text += Buffer.from(chunk).toString();
  };
  read(answer.body).catch(() => {});
  return { text: () => text, settle: async () => void (await textOf(stage, who, '/healthz')) };
}

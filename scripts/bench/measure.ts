// Timing from outside, with the rows of one runtime taken in turn: what slows the machine for a moment slows them all.

import { Agent, type IncomingMessage, request } from 'node:http';

export interface Sample {
  name: string;
  /** Does the thing `count` times, one after the other, and returns the microseconds that one took. */
  measure(count: number): Promise<number>;
  /** How often in one round. */
  count: number;
}

export interface Spread {
  /** The median over all rounds. */
  microseconds: number;
  /** The 10th and the 90th percentile. */
  low: number;
  high: number;
}

/** Rounds' worth of work before the first that counts: engines optimise what has run a few thousand times. */
const WARM_UP = 20;

export async function measureInTurn(samples: Sample[], rounds: number): Promise<Map<string, Spread>> {
  // Unmeasured: compilers and caches warm up, and a connection is opened.
  for (const { measure, count } of samples) await measure(WARM_UP * count);
  const results = new Map<string, number[]>(samples.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure, count } of samples) results.get(name)?.push(await measure(count));
  }
  return new Map([...results].map(([name, values]) => [name, medianOf(values)]));
}

export function medianOf(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { microseconds: at(0.5), low: at(0.1), high: at(0.9) };
}

/** In this process. */
export async function timeHere(work: () => unknown, count: number): Promise<number> {
  const started = performance.now();
  for (let left = count; left > 0; left--) await work();
  return ((performance.now() - started) * 1000) / count;
}

/** Work inside one request, n times against none: a Worker's own clock stands still. */
export async function timeInside(url: string, count: number): Promise<number> {
  const none = await timeHere(() => call({ url: `${url}?n=0` }), 5);
  const all = await timeHere(() => call({ url: `${url}?n=${count}` }), 1);
  return (all - none) / count;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

export interface Call {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** One request over a kept connection; anything but 200 ends the measurement. */
export function call({ url, method = 'GET', headers = {}, body }: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${method} ${url}: ${response.statusCode} ${text}`));
      });
    };
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    request(url, { agent, method, headers: { ...headers, ...length } }, answered)
      .on('error', reject)
      .end(body);
  });
}

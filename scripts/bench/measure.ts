// Timing from outside, with the rows of one runtime measured in turn, so that a moment of slowness affects them all.

import { Agent, type IncomingMessage, request } from 'node:http';

export interface Sample {
  name: string;
  /** Does the work `count` times, one after another, and returns the microseconds per repetition. */
  measure(count: number): Promise<number>;
  /** Repetitions per round. */
  count: number;
}

export interface Spread {
  /** The median over all rounds. */
  microseconds: number;
  /** The 10th and the 90th percentile. */
  low: number;
  high: number;
}

/** Rounds of work before measurement: engines optimise code once it has run a few thousand times. */
const WARM_UP = 20;

export async function measureInTurn(samples: Sample[], rounds: number): Promise<Map<string, Spread>> {
  // Not measured: this warms up compilers and caches, and opens a connection.
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

/** Measured in this process, in microseconds per repetition. */
export async function timeHere(work: () => unknown, count: number): Promise<number> {
  const started = performance.now();
  for (let left = count; left > 0; left--) await work();
  return ((performance.now() - started) * 1000) / count;
}

/** Times n repetitions inside one request, less a request with none: a Worker's own clock stands still while it computes. */
export async function timeInside(url: string, count: number): Promise<number> {
  const none = await timeHere(() => call({ url: `${url}?n=0` }), 5);
  const all = await timeHere(() => call({ url: `${url}?n=${count}` }), 1);
  return (all - none) / count;
}

const one = new Agent({ keepAlive: true, maxSockets: 1 });

export interface Call {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Calls `count` times, over as many kept-alive connections as calls are in flight. */
export async function callMany(target: Call, count: number, inFlight: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  let left = count;
  const caller = async () => {
    while (left-- > 0) await call(target, agent);
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  agent.destroy();
}

/** One request over a kept-alive connection; any status but 200 aborts the measurement. */
export function call({ url, method = 'GET', headers = {}, body }: Call, agent = one): Promise<string> {
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

// Faults of an upstream: each wraps the handler of the right answer.
import { hang } from '../../support/upstream.ts';

export type Fault =
  | 'refuses the connection'
  | 'resets in the middle of the body'
  | 'drips'
  | 'hangs'
  | '429'
  | '500'
  | 'answers with a login page'
  | 'cuts the body short'
  | 'flips a bit'
  | 'redirects in a circle';

type Truth = () => Promise<Response>;

/** Milliseconds between the bytes of a slow answer, so that even the smallest takes longer than any deadline here. */
const DRIP_PAUSE = 50;

export const FAULTS: Record<Fault, (request: Request, truth: Truth) => Response | Promise<Response>> = {
  'refuses the connection': () => {
    throw new TypeError('error sending request: connection refused');
  },
  'resets in the middle of the body': (_, truth) =>
    changed(truth, (bytes) => [bytes.slice(0, bytes.length / 2), new TypeError('connection reset')]),
  drips: (_, truth) => changed(truth, (bytes) => [...bytes].map((byte) => Uint8Array.of(byte)), DRIP_PAUSE),
  hangs: hang,
  429: () => new Response('', { status: 429, headers: { 'retry-after': '7' } }),
  500: () => new Response('<h1>Internal Server Error</h1>', { status: 500 }),
  'answers with a login page': () =>
    new Response('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } }),
  'cuts the body short': (_, truth) => changed(truth, (bytes) => [bytes.slice(0, -10)]),
  'flips a bit': (_, truth) => changed(truth, (bytes) => [flipped(bytes)]),
  'redirects in a circle': ({ url }) => new Response('', { status: 307, headers: { location: url } }),
};

/** The right answer with another body: its chunks, then an error if it breaks off. */
async function changed(
  truth: Truth,
  change: (bytes: Uint8Array<ArrayBuffer>) => (Uint8Array<ArrayBuffer> | Error)[],
  pause = 0,
): Promise<Response> {
  const response = await truth();
  const { status, headers } = response;
  if (status >= 300) return response;
  const chunks = change(new Uint8Array(await response.arrayBuffer()));
  headers.delete('content-length');
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = chunks.shift();
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      if (next === undefined) controller.close();
      else if (next instanceof Error) controller.error(next);
      else controller.enqueue(next);
    },
  });
  return new Response(body, { status, headers });
}

/**
 * Flips one bit of one character so that JSON stays JSON: in a digest if there is one, else in the middle.
 * The pairs of characters that differ only in the last bit: b and c, d and e, 2 and 3 to 8 and 9.
 */
function flipped(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const digest = new TextDecoder('latin1').decode(bytes).lastIndexOf('sha256:');
  const from = digest < 0 ? Math.floor(bytes.length / 2) : digest + 'sha256:'.length;
  const at = bytes.findIndex((byte, index) => index >= from && /[b-e2-9]/.test(String.fromCharCode(byte)));
  const copy = bytes.slice();
  const place = at < 0 ? from : at;
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
}

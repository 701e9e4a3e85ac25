// The module that runs in Deno, with its garbage collector exposed: reads the body of a call whose response nobody references any more,
// aborts the call, and prints whether the body has ended.
import { createBudget } from '../../src/egress/budget.ts';
import { createCall } from '../../src/egress/call.ts';

declare const Deno: {
  serve(options: object, handler: () => Response): { addr: { port: number }; shutdown(): Promise<void> };
  exit(code: number): never;
};
declare const gc: () => void;

const endless = () =>
  new ReadableStream(
    { pull: (controller) => controller.enqueue(new Uint8Array(65_536)) },
    { highWaterMark: 0 },
  );
const server = Deno.serve(
  { hostname: '127.0.0.1', port: 0, onListen: () => undefined },
  () => new Response(endless()),
);

async function open(signal: AbortSignal) {
  const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
  const request = {
    service: 'registry' as const,
    step: 'blob',
    url: url.href,
    named: new Set<string>(),
    redirects: 'refuse' as const,
  };
  const call = createCall((address, init) => fetch(address, init), createBudget(1));
  const { body } = await call(request, { url, isSameOrigin: true }, signal);
  if (body === null) throw new TypeError('no body');
  return body.getReader();
}

const own = new AbortController();
const reader = await open(own.signal);
await reader.read();
for (let round = 0; round < 3; round++) {
  await new Promise((resolve) => setTimeout(resolve, 1));
  gc();
}
own.abort();
const outcome = await reader.read().then(
  () => 'goes on',
  () => 'ended',
);
console.log(outcome);
Deno.exit(0);

// Outcomes as lines of JSON (NDJSON), each sent as soon as it is known.
import type { Json } from '../../core/encoding/json.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { outcomeVerdict, worstOf } from './outcome.ts';

/** Streams a line per outcome as it arrives. A stream without its end line was cut off. */
export function streamLines(
  show: (index: number, outcome: Outcome) => Promise<object>,
  count: number,
  work: (done: (index: number, outcome: Outcome) => void) => Promise<Outcome[]>,
  defect: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  // Whether the client has left. Work under way then finishes on its own, and its outcomes are in the log.
  let isGone = false;
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      const shown = new Map<number, Promise<void>>();
      let isClosed = false;
      const write = (value: object) => {
        if (!isClosed && !isGone)
          controller.enqueue(encoder.encode(`${stringifyJson(value as unknown as Json)}\n`));
      };
      const done = (index: number, outcome: Outcome) => {
        if (shown.has(index)) return;
        const showing = show(index, outcome).then((document) => write({ index, ...document }));
        // The promise is awaited at the end; until then, a rejection must not count as unhandled.
        showing.catch(() => undefined);
        shown.set(index, showing);
      };
      try {
        const outcomes = await work(done);
        for (const [index, outcome] of outcomes.entries()) done(index, outcome);
        await Promise.all(shown.values());
        write({ end: true, count, worst: outcomeVerdict(worstOf(outcomes)) });
        isClosed = true;
        if (!isGone) controller.close();
      } catch (error) {
        isClosed = true;
        controller.error(error);
        defect(error);
      }
    },
    cancel() {
      isGone = true;
    },
  });
}

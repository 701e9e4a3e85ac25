// Streams bytes to a client while checking them against a digest (transfer.ts). A mismatch breaks the transfer off, so no client takes it
// for complete. Memory use does not grow with the size.
import { type Held, Transfer } from './transfer.ts';

/** @param keep tells the runtime about work that continues after the response is returned */
export function holdToDigest(held: Held, keep: (work: Promise<unknown>) => void): ReadableStream<Uint8Array> {
  const { range, size } = held;
  const length = range === undefined ? size : range.last - range.first + 1;
  const { FixedLengthStream } = globalThis as unknown as {
    FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
  };
  const transfer = new Transfer(held);
  if (FixedLengthStream === undefined) return pulled(transfer);
  const { readable, writable } =
    length === undefined ? new TransformStream<Uint8Array, Uint8Array>() : new FixedLengthStream(length);
  keep(pushed(transfer, writable));
  return readable;
}

/** In bytes: a client that takes so much at a time is not idle, however slow. Each write costs, so it is no less. */
const PIECE = 256 * 1024;

/** For Workers, which send a Content-Length only for a stream of known length. */
async function pushed(transfer: Transfer, writable: WritableStream<Uint8Array>): Promise<void> {
  const writer = writable.getWriter();
  transfer.onIdle = (error) => void writer.abort(error).catch(() => undefined);
  try {
    for (;;) {
      const chunk = await transfer.next();
      if (chunk === undefined) break;
      for (let at = 0; at < chunk.length; at += PIECE)
        await transfer.waitForClient(writer.write(chunk.subarray(at, at + PIECE)));
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  } finally {
    transfer.end();
  }
}

function pulled(transfer: Transfer): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        transfer.onIdle = (error) => controller.error(error);
      },
      async pull(controller) {
        try {
          const chunk = await transfer.next();
          if (chunk !== undefined) {
            controller.enqueue(chunk);
            transfer.passToClient();
            return;
          }
          transfer.end();
          controller.close();
        } catch (error) {
          transfer.end();
          controller.error(error);
        }
      },
      cancel() {
        transfer.end();
      },
    },
    { highWaterMark: 0 },
  );
}

// Reads the body of a response, with its bytes counted as they arrive, or frees its connection.
import { type Bytes, collect } from '../core/encoding/bytes.ts';
import type { Budget } from './budget.ts';
import { failure, networkFailure } from './failure.ts';
import type { EgressRequest } from './request.ts';

/** Throws `Undecided` if the body is too large, or if the connection fails. */
export async function readBody(request: EgressRequest, { body }: Response, budget: Budget): Promise<Bytes> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  let length = 0;
  const count = (more: number) => {
    length += more;
    if (length > request.maxBytes)
      throw failure(request, 'LIMIT', `is larger than ${request.maxBytes} bytes`);
    budget.spendBytes(request, more);
  };
  try {
    return await collect(() => reader.read(), count);
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw networkFailure(request, error, 'could not be read to the end; the connection failed');
  }
}

/** Frees the connection of a response that nobody reads. That this fails, since the connection is gone, changes nothing. */
export async function discardBody({ body }: { body: ReadableStream<Uint8Array> | null }): Promise<void> {
  await body?.cancel().catch(() => undefined);
}

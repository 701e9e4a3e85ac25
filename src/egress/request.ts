// One request to an upstream, and its response.
import type { Bytes } from '../core/encoding/bytes.ts';
import type { Asked } from './failure.ts';

/** A request whose response the caller reads itself. */
export interface OpenRequest extends Asked {
  method?: 'GET' | 'HEAD' | 'POST';
  headers?: Record<string, string>;
  /** Sent only to the origin of `url`. */
  authorization?: string;
  body?: string;
  /** Origins that this call may reach, private or not, because configuration or the reference names them. */
  named: ReadonlySet<string>;
  redirects: 'follow' | 'refuse';
  /** The only hosts that any hop may reach; if absent, the policy decides. */
  hosts?: ReadonlySet<string>;
}

export interface EgressRequest extends OpenRequest {
  /** A larger response is cut off, and the call fails with `LIMIT_EXCEEDED`. */
  maxBytes: number;
}

export interface ResponseHead {
  status: number;
  headers: Headers;
  /** False if a redirect led to another origin: a challenge from there is not the upstream's own. */
  isSameOrigin: boolean;
}

export interface EgressResponse extends ResponseHead {
  body: Bytes;
}

/** A response whose body has not been read. */
export interface OpenedResponse extends ResponseHead {
  body: ReadableStream<Uint8Array> | null;
}

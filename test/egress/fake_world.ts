// An egress whose fetch gives prepared answers and records what was sent.
import { expect } from 'vitest';
import { createEgress } from '../../src/egress/egress.ts';
import type { EgressPolicy } from '../../src/egress/egress_policy.ts';
import type { EgressRequest } from '../../src/egress/request.ts';
import { createTrace } from '../../src/egress/trace.ts';

type Given = Response | Error | ((init: RequestInit) => Response | Promise<Response>);

const POLICY: EgressPolicy = {
  registries: new Set(['registry.example']),
  anyPublicRegistry: false,
  insecure: new Set(),
};
export const REQUEST: EgressRequest = {
  service: 'registry',
  step: 'manifest',
  url: 'https://registry.example/v2/a',
  maxBytes: 100,
  named: new Set(),
  redirects: 'follow',
};

export interface World {
  answers: Given[];
  maxCalls?: number;
  deadline?: AbortController;
}

export function fakeWorld({ answers, maxCalls = 40, deadline = new AbortController() }: World) {
  const sent: { url: string; init: RequestInit }[] = [];
  const trace = createTrace(() => 0);
  const egress = createEgress({
    fetch: async (url, init) => {
      const answer = answers[sent.length];
      sent.push({ url, init });
      if (answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer(init) : (answer as Response);
    },
    policy: POLICY,
    trace,
    maxCalls,
    deadline,
  });
  const send = (more: Partial<EgressRequest> = {}) => egress.send({ ...REQUEST, ...more });
  return { egress, send, sent, deadline, trace };
}

export const ok = (body = 'body', headers = {}) => new Response(body, { headers });
export const redirect = (location: string, status = 307) =>
  new Response('there', { status, headers: { location } });
export const failing = (status: number, headers = {}) => new Response('not now', { status, headers });
export const undecided = (code: string, text: RegExp) => ({ code, message: expect.stringMatching(text) });

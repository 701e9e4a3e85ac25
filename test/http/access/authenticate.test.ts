// Who a caller is by the Authorization header.
import { describe, expect, test } from 'vitest';
import { requireScope } from '../../../src/http/access/authenticate.ts';
import type { AppContext, Service } from '../../../src/http/context.ts';
import type { Scope } from '../../../src/store/tokens.ts';

const TOKEN = 'a-token-that-a-person-chose';
const encoded = (text: string) => Buffer.from(text).toString('base64');

/** @returns the caller's name, or the code of the refusal */
async function caller(authorization: string | undefined, scope: Scope, given: Partial<Service> = {}) {
  const service = { access: 'token', adminToken: TOKEN, verifier: { ports: { now: () => 0 } }, ...given };
  let who: string | undefined;
  let isPassed = false;
  const context = {
    req: { header: (name: string) => (name === 'Authorization' ? authorization : undefined) },
    env: {},
    set: (_: string, principal: { who: string }) => {
      who = principal.who;
    },
  } as unknown as AppContext;
  const next = async () => {
    isPassed = true;
  };
  try {
    await requireScope(service as unknown as Service, scope)(context, next);
  } catch (error) {
    expect(isPassed).toBe(false);
    return (error as { code: string }).code;
  }
  expect(isPassed).toBe(true);
  return who ?? 'anonymous';
}

describe('the header', () => {
  test.each([`Bearer ${TOKEN}`, `bearer   ${TOKEN}  `])(
    '"%s" names the administrator, for every scope',
    async (header) => {
      expect(await caller(header, 'admin')).toBe('ADMIN_TOKEN');
      expect(await caller(header, 'pull')).toBe('ADMIN_TOKEN');
    },
  );

  test.each([`Basic ${encoded(`x:${TOKEN}`)}`, `BASIC   ${encoded(`:${TOKEN}`)}  `])(
    '"%s" does so where clients log in, and nowhere else',
    async (header) => {
      expect(await caller(header, 'pull')).toBe('ADMIN_TOKEN');
      expect(await caller(header, 'verify')).toBe('UNAUTHENTICATED');
    },
  );

  test.each([
    undefined,
    '',
    TOKEN,
    `Bearer${TOKEN}`,
    `X-Bearer ${TOKEN}`,
    `Bearer ${TOKEN} x`,
    `Bearer ${TOKEN}x`,
    'Bearer ',
    'Bearer undefined',
    `Basic ${encoded(TOKEN)}`,
    `X-Basic ${encoded(`x:${TOKEN}`)}`,
    `Basic ${encoded(`x:${TOKEN}`)} x`,
    `Basic ${encoded(`x:${TOKEN}`)}?`,
    `Basic ${encoded(`x:${TOKEN}:`)}`,
    'Basic A',
  ])('"%s" names nobody', async (header) => {
    expect(await caller(header, 'pull')).toBe('UNAUTHENTICATED');
  });

  test.each([undefined, ''])('names no administrator if ADMIN_TOKEN is %j', async (adminToken) => {
    for (const header of ['Bearer undefined', `Basic ${encoded('x:')}`, `Basic ${encoded('x:undefined')}`])
      expect(await caller(header, 'pull', { adminToken })).toBe('UNAUTHENTICATED');
  });

  test('may be missing only for verification, and only if access is open; a wrong one is refused even then', async () => {
    for (const scope of ['verify', 'inspect', 'pull', 'admin'] as const) {
      expect(await caller(undefined, scope)).toBe('UNAUTHENTICATED');
      expect(await caller(undefined, scope, { access: 'open' })).toBe(
        scope === 'verify' ? 'anonymous' : 'UNAUTHENTICATED',
      );
      expect(await caller('Bearer x', scope, { access: 'open' })).toBe('UNAUTHENTICATED');
    }
  });
});

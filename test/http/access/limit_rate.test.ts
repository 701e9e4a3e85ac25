// Whose calls are counted together: those of a token, of an address, and the guesses of an address.
import { describe, expect, test } from 'vitest';
import { limitRate, refuseGuessing } from '../../../src/http/access/limit_rate.ts';
import type { Principal } from '../../../src/http/access/principal.ts';
import type { AppContext, Service } from '../../../src/http/context.ts';

interface Given {
  address?: string;
  authorization?: string;
  principal?: Principal;
  /** Seconds to wait. */
  wait?: number;
}

function world({ address, authorization, wait }: Given) {
  const keys: string[] = [];
  const headers: Record<string, string> = {};
  const asked = (key: string) => {
    keys.push(key);
    return wait;
  };
  const service = {
    limiter: { take: async (key: string) => asked(key), peek: asked },
    verifier: { ports: { now: () => 0 } },
  } as unknown as Service;
  const context = {
    req: { header: () => authorization },
    env: { address },
    header: (name: string, value: string) => {
      headers[name] = value;
    },
  } as unknown as AppContext;
  return { keys, headers, service, context };
}

async function keyOf({ principal, ...given }: Given): Promise<string | undefined> {
  const { service, context, keys } = world(given);
  await limitRate(service, context, principal);
  return keys[0];
}

const countedFrom = (address: string | undefined) => keyOf(address === undefined ? {} : { address });

describe('a call', () => {
  test('is counted for its token, wherever it comes from', async () => {
    const principal = { who: 'token/a', scopes: [] };
    expect(await keyOf({ principal, address: '192.0.2.1', authorization: 'Bearer a' })).toBe('token/a');
  });

  test('with a wrong token is counted as a guess of its address, which a call without one is not', async () => {
    const address = '192.0.2.1';
    expect(await keyOf({ address, authorization: 'Bearer a' })).toBe('guess/192.0.2.1');
    expect(await keyOf({ address })).toBe('address/192.0.2.1');
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8:12:3::', '2001:db8:12:3::/64'],
    ['2001:db8:1:23::', '2001:db8:1:23::/64'],
    ['no address', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ])('from %s is counted with all from %s', async (address, network) => {
    expect(await countedFrom(address)).toBe(`address/${network}`);
  });

  test('beyond the limit is refused, and told when to come again', async () => {
    const { service, context, headers } = world({ address: '192.0.2.1', wait: 7 });
    await expect(limitRate(service, context, undefined)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(headers).toEqual({ 'Retry-After': '7' });
  });

  test('is not counted without a limit', async () => {
    const { context, service } = world({ wait: 7 });
    const unlimited = { ...service, limiter: undefined } as unknown as Service;
    await limitRate(unlimited, context, undefined);
    await refuseGuessing(unlimited, context);
  });
});

test('an address that has guessed too often is refused before its token is looked at', async () => {
  const over = world({ address: '192.0.2.1', wait: 7 });
  await expect(refuseGuessing(over.service, over.context)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(over.keys).toEqual(['guess/192.0.2.1']);
  const within = world({ address: '192.0.2.1' });
  await refuseGuessing(within.service, within.context);
});

// Every upstream × every fault × every endpoint: an answer is passed only if the verdict is known despite the fault, undecided with its
// code if it is not, and refused if what was answered is definitely wrong. Once the fault is gone, everything passes again without a
// restart.
import { movableClock } from '../../support/clock.ts';
import { equal } from '../support/assert.ts';
import { FAULTS, type Fault } from '../support/faults.ts';
import { type FaultWorld, makeFaultWorld, type Place } from '../support/world_faults.ts';
import { test } from '../table.ts';

const REGISTRY: Record<Fault, string> = {
  'refuses the connection': 'undecided REGISTRY_UNAVAILABLE',
  'resets in the middle of the body': 'undecided REGISTRY_UNAVAILABLE',
  drips: 'undecided DEADLINE_EXCEEDED',
  hangs: 'undecided DEADLINE_EXCEEDED',
  429: 'undecided REGISTRY_RATE_LIMITED',
  500: 'undecided REGISTRY_UNAVAILABLE',
  'answers with a login page': 'undecided REGISTRY_MALFORMED',
  'cuts the body short': 'undecided REGISTRY_MALFORMED',
  'flips a bit': 'refused NO_TRUSTED_SIGNATURE',
  'redirects in a circle': 'undecided REGISTRY_MALFORMED',
};
const ENDLESS: readonly Fault[] = ['drips', 'hangs'];
/** The timeout for faults that never end: every endpoint uses it up. */
const SHORT = '400ms';
/** The timeout for verdicts that do not need the place that hangs: half of it must be enough even on a busy machine. */
const LONG = '4s';
const OTHER_BYTES = ['answers with a login page', 'cuts the body short', 'flips a bit'] as const;

/** The expected answer of every endpoint except those in `BESIDE`. */
const EXPECTED: Record<Place, Record<Fault, string>> = {
  // A tag whose manifest was changed names another image, which is not signed.
  'the image manifest': { ...REGISTRY, 'flips a bit': 'refused NO_SIGNATURES' },
  // The registry does not have a layer that its own manifest lists.
  'the signature manifest': { ...REGISTRY, 'flips a bit': 'undecided REGISTRY_MALFORMED' },
  // The signature is in another place, and is found once this place has failed or half of the time is over.
  'the list of referrers': every('passed VERIFIED'),
  'the token service': { ...REGISTRY, 'flips a bit': 'undecided REGISTRY_UNAUTHORIZED' },
  // The digest of a blob is checked, so other content is definitely wrong.
  'the blob host': { ...REGISTRY, ...each(OTHER_BYTES, 'refused NO_TRUSTED_SIGNATURE') },
  'the log': {
    ...REGISTRY,
    'refuses the connection': 'undecided REKOR_UNAVAILABLE',
    'resets in the middle of the body': 'undecided REKOR_UNAVAILABLE',
    429: 'undecided REKOR_UNAVAILABLE',
    500: 'undecided REKOR_UNAVAILABLE',
    'answers with a login page': 'undecided REKOR_MALFORMED',
    'cuts the body short': 'undecided REKOR_MALFORMED',
    'redirects in a circle': 'undecided REKOR_MALFORMED',
  },
};

/** Endpoints that do not ask this place, or that check its answer against a digest. */
const BESIDE: Partial<Record<Place, Record<string, Partial<Record<Fault, string>>>>> = {
  'the image manifest': {
    'verify by digest': every('passed VERIFIED'),
    'gate: layer': every('passed VERIFIED'),
    'gate: manifest by digest': each(OTHER_BYTES, 'refused MANIFEST_DIGEST_MISMATCH'),
  },
};

for (const [place, expected] of Object.entries(EXPECTED) as [Place, Record<Fault, string>][]) {
  test(`faults of ${place}: each endpoint gives its expected answer, and recovers`, async (t) => {
    const world = await makeFaultWorld(t);
    for (const fault of Object.keys(FAULTS) as Fault[]) {
      world.fail(place, fault);
      await expectAll(
        world,
        `${place} ${fault}`,
        (endpoint) => {
          const outcome = BESIDE[place]?.[endpoint]?.[fault] ?? expected[fault];
          return endpoint === 'gate: layer'
            ? outcome.replace(/^refused .*/, 'refused NOT_ADMITTED')
            : outcome;
        },
        ENDLESS.includes(fault) ? timeoutFor : undefined,
      );
      world.fail();
      await expectAll(world, `after: ${place} ${fault}`, () => 'passed VERIFIED');
    }
  });
}

test('audit log: what the gate could not decide, or refused before a verdict, is also a line', async (t) => {
  const world = await makeFaultWorld(t);
  const lines = async (fault: Fault) => {
    world.fail('the image manifest', fault);
    await world.endpoints['gate: manifest by digest']?.(ENDLESS.includes(fault) ? SHORT : undefined);
    const { event, door, verdict, code, passed } = t.logged().at(-1);
    return [event, door, verdict, code, passed];
  };
  const line = (verdict: string, code: string) => ['decision', 'GET /v2', verdict, code, false];
  equal(await lines('cuts the body short'), line('refused', 'MANIFEST_DIGEST_MISMATCH'));
  equal(await lines('500'), line('undecided', 'REGISTRY_UNAVAILABLE'));
  equal(await lines('hangs'), line('undecided', 'DEADLINE_EXCEEDED'));
});

test('faults of the store: every endpoint is undecided, whatever is read', async (t) => {
  const world = await makeFaultWorld(t);
  const { kv } = world.service;
  const spoil: Record<string, (text: string) => string> = {
    'a login page': () => '<!doctype html><title>Sign in</title>',
    'cut short': (text) => text.slice(0, -10),
    'a field renamed': (text) => text.replace('"createdAt"', '"createdAs"'),
  };
  for (const record of ['policy/default', 'key/a', 'log/fake']) {
    kv.before = (operation, name) => {
      if (operation === 'get' && name === record) throw new Error('KV GET failed: 500');
    };
    await expectAll(world, `${record} fails`, () => 'undecided STORE_UNAVAILABLE');
    kv.before = (operation, name) =>
      operation === 'get' && name === record ? new Promise(() => undefined) : undefined;
    await expectAll(world, `${record} hangs`, () => 'undecided DEADLINE_EXCEEDED', timeoutFor);
    delete kv.before;
    for (const [what, change] of Object.entries(spoil)) {
      const kept = kv.stored.get(record);
      if (kept === undefined) throw new Error(`no ${record} among ${[...kv.stored.keys()]}`);
      kv.stored.set(record, { ...kept, value: change(kept.value) });
      await expectAll(world, `${record} is ${what}`, () => 'undecided STORE_UNAVAILABLE');
      kv.stored.set(record, kept);
    }
    await expectAll(world, `after ${record}`, () => 'passed VERIFIED');
  }
});

test('with a clock before the log’s own time nothing verifies; with one far ahead everything still does', async (t) => {
  const world = await makeFaultWorld(t);
  const clock = movableClock(t.after);
  const year = 365 * 24 * 3600 * 1000;
  clock.advance(-3 * year);
  await expectAll(world, 'three years behind', (endpoint) =>
    endpoint === 'gate: layer' ? 'refused NOT_ADMITTED' : 'refused NO_TRUSTED_SIGNATURE',
  );
  clock.advance(13 * year);
  await expectAll(world, 'ten years ahead', () => 'passed VERIFIED');
  clock.advance(-10 * year);
  await expectAll(world, 'right again', () => 'passed VERIFIED');
});

async function expectAll(
  { endpoints }: FaultWorld,
  what: string,
  expected: (endpoint: string) => string,
  timeout?: (expected: string) => string,
): Promise<void> {
  const actual = await Promise.all(
    Object.entries(endpoints).map(async ([name, ask]) => {
      const { outcome, code } = await ask(timeout?.(expected(name)));
      return `${name}: ${outcome} ${code}`;
    }),
  );
  equal(
    actual,
    Object.keys(endpoints).map((name) => `${name}: ${expected(name)}`),
    what,
  );
}

function timeoutFor(expected: string): string {
  return expected.startsWith('passed') ? LONG : SHORT;
}

function every(outcome: string): Record<Fault, string> {
  return each(Object.keys(FAULTS) as Fault[], outcome) as Record<Fault, string>;
}

function each(faults: readonly Fault[], outcome: string): Partial<Record<Fault, string>> {
  return Object.fromEntries(faults.map((fault) => [fault, outcome]));
}

// `npm run bench`: measures how long a verification takes, and where the time goes, on every runtime. With --json, it
// prints one JSON document.
//
// Everything runs on this machine and sends nothing outside it. The rows of one runtime are measured in turn, in rounds;
// a row is the median over the rounds, with the 10th and 90th percentiles.

import { parseArguments } from './arguments.ts';
import { measureColdStart } from './bench/cold_start.ts';
import { measureCosign } from './bench/cosign.ts';
import { FORMS } from './bench/forms.ts';
import { measureGate } from './bench/gate.ts';
import { GROWN } from './bench/growth.ts';
import {
  type Call,
  call,
  callMany,
  measureInTurn,
  type Sample,
  type Spread,
  timeHere,
  timeInside,
} from './bench/measure.ts';
import { makePeerPair } from './bench/peer.ts';
import { cpuTime, descendants } from './bench/process_stats.ts';
import {
  COSIGN_AGAINST,
  type GateReport,
  printTable,
  type Requests,
  type Row,
  toRows,
} from './bench/rows.ts';
import { ADMIN_TOKEN, type Bench, calls, countRequests, startBench } from './bench/services.ts';
import { byRules, KEYS, RULES, storeKeys, storePolicies } from './bench/stored.ts';
import { makeCoreSeed, makeFloor, makeReadingFloor, type Work } from './bench/work.ts';
import { RUNTIMES, type Runtime } from './service/service.ts';

const ROUNDS = 25;
/** Repetitions per round: enough to stand out from the cost of one request. */
const INSIDE = 100;
const HTTP = 40;
/** Calls over which CPU time is averaged, after as many that are not counted. */
const CPU_CALLS = 2000;
/** Calls at a time of a service with several callers: a process that never sleeps between calls spends less on each. */
const IN_FLIGHT = 8;

async function onRuntime(
  runtime: Runtime,
): Promise<{ rows: Row[]; requests: Requests[]; gate: GateReport | undefined }> {
  const bench = await startBench(runtime);
  try {
    const requests = await countRequests(runtime, bench);
    const { beside } = bench;
    const inside = (name: string, path: string): Sample => ({
      name,
      count: INSIDE,
      measure: (count) => timeInside(beside.url + path, count),
    });
    const http = (name: string, target: Parameters<typeof call>[0]): Sample => ({
      name,
      count: HTTP,
      measure: (count) => timeHere(() => call(target), count),
    });
    // The first read stores the record that later reads find.
    await call({ url: `${beside.url}/store` });
    const admin = { url: bench.cached.url, adminToken: ADMIN_TOKEN };
    await storePolicies(admin);
    const targets = calls(bench);
    const offline = targets['http/offline'] as Call;
    const spreads = await measureInTurn(
      [
        inside('floor', '/floor/seed'),
        inside('reading/seed', '/reading/seed'),
        inside('core/seed', '/core/seed'),
        ...FORMS.flatMap((form) => [
          inside(`floor/${form}`, `/floor/${form}`),
          inside(`core/${form}`, `/core/${form}`),
        ]),
        http('http/empty', { url: `${beside.url}/empty` }),
        http('http/store', { url: `${beside.url}/store` }),
        ...Object.entries(targets).map(([name, target]) => http(name, target)),
        ...RULES.map((count) => http(`http/rules-${count}`, byRules(offline, bench.cached.url, count))),
      ],
      ROUNDS,
    );
    const growing = await measureGrowth(inside, () => http('', offline), admin);
    const peers = await measurePeer(bench, targets);
    const cold = await measureColdStart(runtime);
    const rows = toRows(runtime, new Map([...spreads, ...growing, ...peers, ...cold]));
    await bench.stop();
    // CPU time and memory are read from Linux's /proc.
    if (process.platform !== 'linux') return { rows, requests, gate: undefined };
    const { spreads: gateSpreads, ...figures } = await measureGate(runtime);
    rows.push(...toRows(runtime, gateSpreads));
    return { rows, requests, gate: { runtime, ...figures } };
  } catch (error) {
    await bench.stop();
    throw error;
  }
}

/** Rounds for work that takes long. */
const FEW_ROUNDS = 9;
/** Repetitions per round of growing work: FEW for whole verifications, MANY for single proofs. */
const FEW = 10;
const MANY = 1000;

type Admin = Parameters<typeof storeKeys>[0];

/** Measures growing work inside one request, then verifications while more and more keys are stored. */
async function measureGrowth(
  inside: (name: string, path: string) => Sample,
  offline: () => Sample,
  admin: Admin,
): Promise<Map<string, Spread>> {
  const grown = GROWN.map((name) => ({
    ...inside(`core/${name}`, `/core/${name}`),
    count: name.startsWith('proof') ? MANY : FEW,
  }));
  const spreads = await measureInTurn(grown, FEW_ROUNDS);
  let stored = 1;
  for (const count of KEYS) {
    await storeKeys(admin, stored, count);
    stored = count;
    const one = await measureInTurn([{ ...offline(), name: `http/keys-${count}` }], FEW_ROUNDS);
    for (const [name, spread] of one) spreads.set(name, spread);
  }
  return spreads;
}

/**
 * Measures cosign on the tagged image, and the CPU time of the service's processes for the same. cosign keeps nothing between two calls, so
 * its one figure is compared with the service cold and warm.
 */
async function measurePeer(bench: Bench, targets: Record<string, Call>): Promise<Map<string, Spread>> {
  const spreads = new Map<string, Spread>();
  if (process.platform !== 'linux') return spreads;
  const { registry, keyPem, beside } = bench;
  spreads.set(
    'cpu/fetches',
    await processorTime(await bareFetches(bench, targets['http/tagged-cold'] as Call)),
  );
  spreads.set('cpu/store', await processorTime({ url: `${beside.url}/store` }));
  for (const name of ['tagged-cold', 'tagged-cached', 'registry-cached']) {
    const target = targets[`http/${name}`] as Call;
    spreads.set(`cpu/${name}`, await processorTime(target));
    spreads.set(`busy/${name}`, await processorTime(target, IN_FLIGHT));
  }
  const times = await measureCosign(registry.host, keyPem);
  if (times === undefined) return spreads;
  spreads.set('peer/cosign', times.wall);
  for (const ours of COSIGN_AGAINST)
    spreads.set(`cosign/${ours}`, ours.startsWith('http/') ? times.wall : times.cpu);
  return spreads;
}

/** A call that reads the store and fetches the same URLs as a verification, and does nothing with them. */
async function bareFetches({ registry, beside }: Bench, verification: Call): Promise<Call> {
  const before = registry.requests.length;
  await call(verification);
  const query = new URLSearchParams(
    registry.requests
      .slice(before)
      .map((asked) => ['url', `http://${registry.host}${asked.replace('GET ', '')}`]),
  );
  return { url: `${beside.url}/fetches?${query}` };
}

/** The CPU time of all child processes for one call, averaged over many, since Linux counts in hundredths of a second. */
async function processorTime(target: Call, inFlight = 1): Promise<Spread> {
  await callMany(target, CPU_CALLS, inFlight);
  const pids = descendants();
  const before = cpuTime(pids);
  await callMany(target, CPU_CALLS, inFlight);
  const microseconds = (cpuTime(pids) - before) / CPU_CALLS;
  return { microseconds, low: microseconds, high: microseconds };
}

/** Measures in this process: the core without a server, and the peer for comparison. */
async function onNode(): Promise<Row[]> {
  const { core, peer } = await makePeerPair();
  const here = (name: string, work: Work): Sample => ({
    name,
    count: INSIDE,
    measure: (count) => timeHere(work, count),
  });
  const samples = [
    here('floor', await makeFloor()),
    here('reading/seed', await makeReadingFloor()),
    here('core/seed', await makeCoreSeed()),
    here('core/hashedrekord', core),
    here('peer/sigstore-verify', peer),
  ];
  return toRows('node', await measureInTurn(samples, ROUNDS));
}

const { values } = parseArguments('npm run bench [-- --json]', {
  options: { json: { type: 'boolean', default: false } },
});
const rows: Row[] = [];
const requests: Requests[] = [];
const gates: GateReport[] = [];
for (const runtime of RUNTIMES) {
  const measured = await onRuntime(runtime);
  rows.push(...measured.rows);
  requests.push(...measured.requests);
  if (measured.gate !== undefined) gates.push(measured.gate);
}
rows.push(...(await onNode()));
if (values.json) console.log(JSON.stringify({ rows, requests, gates }, null, 2));
else printTable(rows, requests, gates);

// `npm run bench`: how long a verification takes, and what it is made of, on every runtime. With --json: one document.
//
// Everything runs on this machine and asks nothing outside it. The rows of one runtime are measured in turn, in rounds;
// a row is the median over the rounds, with the 10th and 90th percentile.

import { parseArgs } from 'node:util';
import { FORMS } from './bench/forms.ts';
import { measureGate } from './bench/gate.ts';
import { call, measureInTurn, type Sample, timeHere, timeInside } from './bench/measure.ts';
import { makePeerPair } from './bench/peer.ts';
import { type GateReport, printTable, type Requests, type Row, toRows } from './bench/rows.ts';
import { calls, countRequests, startBench } from './bench/services.ts';
import { makeCoreSeed, makeFloor, type Work } from './bench/work.ts';
import { RUNTIMES, type Runtime } from './service.ts';

const ROUNDS = 25;
/** Repetitions in one round: enough to stand out from what one request costs. */
const INSIDE = 100;
const HTTP = 40;

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
    // The first read puts there what the later ones find.
    await call({ url: `${beside.url}/store` });
    const spreads = await measureInTurn(
      [
        inside('floor', '/floor/seed'),
        inside('core/seed', '/core/seed'),
        ...FORMS.flatMap((form) => [
          inside(`floor/${form}`, `/floor/${form}`),
          inside(`core/${form}`, `/core/${form}`),
        ]),
        http('http/empty', { url: `${beside.url}/empty` }),
        http('http/store', { url: `${beside.url}/store` }),
        ...Object.entries(calls(bench)).map(([name, target]) => http(name, target)),
      ],
      ROUNDS,
    );
    const rows = toRows(runtime, spreads);
    await bench.stop();
    // Processor time and memory are read from Linux's /proc.
    if (process.platform !== 'linux') return { rows, requests, gate: undefined };
    const { spreads: gateSpreads, ...figures } = await measureGate(runtime);
    rows.push(...toRows(runtime, gateSpreads));
    return { rows, requests, gate: { runtime, ...figures } };
  } catch (error) {
    await bench.stop();
    throw error;
  }
}

/** In this process: the core without a server, and the peer beside it. */
async function onNode(): Promise<Row[]> {
  const { core, peer } = await makePeerPair();
  const here = (name: string, work: Work): Sample => ({
    name,
    count: INSIDE,
    measure: (count) => timeHere(work, count),
  });
  const samples = [
    here('floor', await makeFloor()),
    here('core/seed', await makeCoreSeed()),
    here('core/hashedrekord', core),
    here('peer/sigstore-verify', peer),
  ];
  return toRows('node', await measureInTurn(samples, ROUNDS));
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
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

// The module that runs inside workerd: one request, one case. `GET /` lists the cases, `GET /?case=N` runs one.
import './cases/all.ts';
// @ts-expect-error the runner puts the built bundle beside this module
import worker from './countersign.js';
// @ts-expect-error and the fixtures
import fixtures from './fixtures.json';
import { allCases, runCase } from './table.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    const number = new URL(request.url).searchParams.get('case');
    const chosen = number === null ? undefined : allCases()[Number(number)];
    if (chosen === undefined) return Response.json(allCases().map(({ name }) => name));
    return Response.json(await runCase(chosen, { worker, fixtures }));
  },
};

// /v2/: the lists of tags and of referrers, which are passed on and judge nothing.
import { digest as digestOf, utf8 } from '../../support/bytes.ts';
import { equal, includes } from '../support/assert.ts';
import { BASIC, expectUnavailable, makeGateWorld } from '../support/world_gate.ts';
import { test } from '../table.ts';

test('A108 tags and referrers are passed on as lists marked as not judged, with next pages that lead to the gate', async (t) => {
  const world = await makeGateWorld(t);
  const asked: string[] = [];
  world.registry.lie = ({ request }, truth) => {
    const { pathname, search } = new URL(request.url);
    if (!pathname.includes('/tags/') && !pathname.includes('/referrers/')) return truth();
    asked.push(`${pathname}${search}`);
    const headers = { 'content-type': 'application/json', link: `<${pathname}?last=b&n=2>; rel="next"` };
    return Response.json({ name: 'app', tags: ['a', 'b'], manifests: [] }, { headers });
  };
  const tags = await world.pull('app/tags/list?n=1000000000&last=a&evil=1');
  equal([tags.status, tags.json.tags], [200, ['a', 'b']]);
  equal(
    [tags.headers.get('countersign-verdict'), tags.headers.get('countersign-code')],
    ['undecided', 'NOT_JUDGED'],
  );
  equal(tags.headers.get('link'), `</v2/${world.registry.host}/app/tags/list?last=b&n=2>; rel="next"`);
  equal(asked, ['/v2/app/tags/list?n=1000&last=a&evil=1'], 'n is capped, and other parameters are passed on');
  const referrers = await world.pull(`app/referrers/${await digestOf(utf8('x'))}`);
  equal([referrers.status, referrers.headers.get('countersign-verdict')], [200, 'undecided']);
  equal(referrers.headers.get('oci-filters-applied'), null);
  const { lie } = world.registry;
  for (const [applied, shown] of [
    ['artifactType', 'artifactType'],
    ['annotations', null],
  ] as const) {
    world.registry.lie = async (asked, truth) => {
      const answer = (await lie?.(asked, truth)) ?? (await truth());
      const headers = new Headers(answer.headers);
      headers.set('OCI-Filters-Applied', applied);
      return new Response(answer.body, { status: answer.status, headers });
    };
    const filtered = await world.pull(`app/referrers/${await digestOf(utf8('x'))}?artifactType=a/b`);
    equal([filtered.status, filtered.headers.get('oci-filters-applied')], [200, shown]);
  }
  world.registry.lie = ({ what }, truth) =>
    what === 'referrers' ? new Response('{}', { status: 404 }) : truth();
  const none = await world.pull(`app/referrers/${await digestOf(utf8('x'))}`);
  equal(none.headers.get('cache-control'), 'no-store, no-transform', 'a 404 has no-transform too');
  equal(
    [none.status, none.json.errors[0].code],
    [404, 'UNSUPPORTED'],
    'a registry without the API: clients look for the fallback tag',
  );
  if (lie !== undefined) world.registry.lie = lie;
  const named = await world.service.call('GET', `/v2/app/tags/list?ns=${world.registry.host}&next_page=2`, {
    as: BASIC,
  });
  equal(named.headers.get('link'), `</v2/app/tags/list?last=b&n=2&ns=${world.registry.host}>; rel="next"`);
  world.registry.lie = ({ request }, truth) => {
    if (!request.url.includes('/tags/')) return truth();
    return new Response('<script>1</script>', { headers: { 'content-type': 'text/html' } });
  };
  expectUnavailable(await world.pull('app/tags/list'), 'REGISTRY_MALFORMED', 'no page for a browser');
  world.registry.lie = () => new Response('{"\u009b2J\u202e":1,"\u009b2J\u202e":2}');
  const quoted = await world.pull('app/tags/list');
  expectUnavailable(quoted, 'REGISTRY_MALFORMED', 'no control sequences for a terminal');
  includes(quoted.json.errors[0].message, 'duplicate field "?2J?"', 'marked instead');
  const inside: object = { data: { password: 'canary' }, tags: 'canary', manifests: {} };
  world.upstream.hosts['inside.example'] = () => Response.json(inside);
  world.registry.lie = () =>
    new Response('', { status: 302, headers: { location: 'https://inside.example/api' } });
  for (const path of ['app/tags/list', `app/referrers/${await digestOf(utf8('x'))}`])
    expectUnavailable(await world.pull(path), 'REGISTRY_MALFORMED', `${path}: no other document`);
  world.registry.lie = () => Response.json({ name: 'app', tags: null, manifests: null });
  for (const path of ['app/tags/list', `app/referrers/${await digestOf(utf8('x'))}`])
    equal((await world.pull(path)).status, 200, `${path}: an empty list, as Go writes it`);
  delete world.registry.lie;
  for (const n of ['-1', 'x', '1e9']) equal((await world.pull(`app/tags/list?n=${n}`)).status, 400, n);
});

// Redirects: which are followed, to which hosts, and what happens to credentials.
import { describe, expect, test } from 'vitest';
import { failing, fakeWorld, ok, redirect, undecided } from './fake_world.ts';

describe('a redirect', () => {
  test('within the origin is followed with credentials', async () => {
    const { send, sent } = fakeWorld({ answers: [redirect('/b?c=d', 308), ok()] });
    expect((await send({ authorization: 'Basic x' })).isSameOrigin).toBe(true);
    expect(sent[1]?.url).toBe('https://registry.example/b?c=d');
    expect(sent[1]?.init.headers).toMatchObject({ authorization: 'Basic x' });
  });

  test('to another origin drops the credentials, also on the way back', async () => {
    const { send, sent } = fakeWorld({
      answers: [redirect('https://cdn.example/b'), redirect('https://registry.example/c'), ok()],
    });
    expect((await send({ authorization: 'Basic x' })).isSameOrigin).toBe(false);
    expect(sent.map(({ init }) => 'authorization' in (init.headers ?? {}))).toEqual([true, false, false]);
  });

  test.each([301, 302, 303, 307, 308])('with status %s is followed', async (status) => {
    const { send, sent } = fakeWorld({ answers: [redirect('/b', status), ok()] });
    expect((await send()).status).toBe(200);
    expect(sent).toHaveLength(2);
  });

  test.each([300, 304, 305])('with status %s is not followed', async (status) => {
    const answer = new Response(null, { status, headers: { location: '/b' } });
    expect((await fakeWorld({ answers: [answer] }).send()).status).toBe(status);
  });

  test('may be followed by four more, but not by five', async () => {
    const hops = (count: number) => Array.from({ length: count }, (_, at) => redirect(`/${at}`));
    expect((await fakeWorld({ answers: [...hops(5), ok()] }).send()).status).toBe(200);
    const { send, sent } = fakeWorld({ answers: [...hops(6), ok()] });
    await expect(send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', /more than 5 times/));
    expect(sent).toHaveLength(6);
  });

  test.each([
    ['http://registry.example/b', /the scheme http:/],
    ['https://127.0.0.1/b', /a private or internal host/],
    ['https://metadata.internal/b', /a private or internal host/],
    ['https://user:password@cdn.example/b', /credentials/],
    ['https://:80:/', /without a usable Location/],
  ])('to %s is not followed', async (location, problem) => {
    const { send, sent } = fakeWorld({ answers: [redirect(location), ok()] });
    await expect(send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', problem));
    expect(sent).toHaveLength(1);
  });

  test('without a Location is refused', async () => {
    const { send } = fakeWorld({ answers: [failing(302)] });
    await expect(send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', /without a usable Location/));
  });

  test('is refused if the call does not allow redirects', async () => {
    const { send, sent } = fakeWorld({ answers: [redirect('/b'), ok()] });
    await expect(send({ redirects: 'refuse' })).rejects.toMatchObject(
      undecided('REGISTRY_MALFORMED', /redirects are not followed here/),
    );
    expect(sent).toHaveLength(1);
  });

  test('must lead to a host that the call may reach', async () => {
    const hosts = new Set(['registry.example', 'files.example']);
    const within = fakeWorld({ answers: [redirect('https://files.example/b'), ok()] });
    expect((await within.send({ hosts })).status).toBe(200);
    const beyond = fakeWorld({ answers: [redirect('https://other.example/b'), ok()] });
    await expect(beyond.send({ hosts })).rejects.toMatchObject(
      undecided('REGISTRY_MALFORMED', /not in DOWNLOAD_HOSTS/),
    );
  });
});

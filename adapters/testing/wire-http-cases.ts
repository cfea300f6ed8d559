import { holds, same } from './check.js';
import { sample } from './wire-author.js';
import { goodJson, hasJsonType, packed, refusedWith } from './wire-call.js';
import { wireCase, type WireCase } from './wire-world.js';

/** What holds of each answer, and of the way it travels. */
export const wireHttpCases: readonly WireCase[] = [
  wireCase('every good answer tells the time and the epoch of the server', async (wire) => {
    const answers = [
      await wire.pull(),
      await wire.push([]),
      await wire.push([wire.author().create(wire.fresh())]),
    ];
    same(
      answers.map(({ epoch }) => epoch),
      answers.map(() => answers[0]?.epoch),
      'epochs',
    );
    const times = answers.map(({ serverTime }) => serverTime);
    holds(
      times.every((time) => time > Date.UTC(2020, 0) && time < Date.UTC(2200, 0)),
      `times are ${times.join(', ')}`,
    );
  }),

  wireCase('health is told to everybody, without a body to `HEAD`', async (wire) => {
    for (const authorization of [undefined, 'Bearer nobody-knows-this']) {
      const bare = await wire.call('/health', { method: 'HEAD', headers: { authorization } });
      same([bare.status, hasJsonType(bare), bare.text], [200, true, ''], 'status, type and body of HEAD');
      const { serverTime, epoch } = goodJson(
        await wire.call('/health', { headers: { authorization } }),
        'GET /health',
      ) as Record<string, unknown>;
      holds(Number.isInteger(serverTime) && typeof epoch === 'string', 'GET /health tells no time and epoch');
      same(epoch, (await wire.pull()).epoch, 'epoch');
    }
  }),

  wireCase('answers are JSON, refusals too', async (wire) => {
    const replies = {
      'a push': await wire.post('/push', wire.pushBody([])),
      'a pull': await wire.post('/pull', wire.pullBody()),
      'a refusal': await wire.post('/push', {}),
      'an unknown call': await wire.post('/no-such-call', {}),
    };
    for (const [what, reply] of Object.entries(replies)) {
      holds(hasJsonType(reply), `${what}: the content type is ${reply.headers.get('content-type')}`);
      JSON.parse(reply.text);
    }
  }),

  wireCase('a body that does not claim to be JSON is refused', async (wire) => {
    const operation = wire.author().create(wire.fresh());
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const reply = await wire.post('/push', wire.pushBody([operation]), { 'content-type': type });
      refusedWith(reply, 'bad-request', `a body of type ${type}`);
    }
    same(await wire.record(operation.entityId), undefined, 'a record');
    const reply = await wire.post('/push', wire.pushBody([operation]), {
      'content-type': 'Application/JSON; charset=utf-8',
    });
    same(reply.status, 200, 'status of one that does, in other letters');
  }),

  wireCase('a body packed with gzip is unpacked', async (wire) => {
    const operation = wire.author().create(wire.fresh(), { text: 'é😀'.repeat(2000) });
    const request = await packed(JSON.stringify(wire.pushBody([operation])));
    goodJson(await wire.call('/push', request), 'a packed push');
    same((await wire.present(operation.entityId)).data, operation.changes[0]?.value, 'data');
  }),

  wireCase('a body that is not packed as it says is refused', async (wire) => {
    const text = JSON.stringify(wire.pullBody());
    const sound = await packed(text);
    const cut = { ...sound, body: (sound.body as Uint8Array<ArrayBuffer>).slice(0, 20) };
    refusedWith(await wire.call('/pull', cut), 'bad-request', 'a body that breaks off');
    const headers = (coding: string) => ({ 'content-encoding': coding });
    refusedWith(
      await wire.call('/pull', { body: text, headers: headers('gzip') }),
      'bad-request',
      'text that says gzip',
    );
    refusedWith(
      await wire.call('/pull', { body: text, headers: headers('compress') }),
      'bad-request',
      'an unknown coding',
    );
  }),

  wireCase('an answer is packed only for who accepts that', async (wire) => {
    const { id } = await wire.created(wire.author(), { text: 'x'.repeat(5000) });
    const read = (accepted: string) =>
      wire.post('/pull', { ...wire.pullBody(), cursor: wire.start }, { 'accept-encoding': accepted });
    const plain = await read('identity');
    holds(
      ['identity', null].includes(plain.headers.get('content-encoding')),
      'it was packed for who accepts `identity` only',
    );
    holds(plain.text.includes(id), 'the plain answer holds the record');
    const coded = await read('gzip');
    goodJson(coded, 'a pull that accepts gzip');
    holds(coded.text.includes(id), 'the packed answer holds the record');
  }),

  wireCase('what is asked at the same time is answered one by one', async (wire) => {
    const authors = Array.from({ length: 8 }, () => wire.author());
    const operations = authors.map((author) => author.create(wire.fresh()));
    await Promise.all(operations.map((operation) => wire.push([operation])));
    const seen = await wire.created(authors[0]!);
    const contested = authors
      .slice(1)
      .map((author) => author.update(seen, [{ path: '/count', action: 'increment', value: 1 }]));
    const results = await Promise.all(contested.map((operation) => wire.pushOne(operation)));
    const accepted = results.filter(({ status }) => status === 'accepted');
    const versions = accepted.map((result) => (result.status === 'accepted' ? result.version : 0));
    same([...new Set(versions)].length, versions.length, 'each accepted write has a version of its own');
    holds(accepted.length > 0, 'not one of the concurrent writes was accepted');
    for (const { entityId } of operations)
      same((await wire.present(entityId)).data, sample(entityId), 'data');
  }),
];

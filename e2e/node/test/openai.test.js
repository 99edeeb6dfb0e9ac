import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, toFile } from 'openai';

import { LANES, Setup, modelOf } from '../support/program.js';

const TEXT = 'The café in Zürich serves 東京 tea 🍵, and Paris is the capital of France.';
const MESSAGES = [
  { role: 'developer', content: 'Be brief.' },
  { role: 'user', content: 'Capital of France?' },
];
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const TOOLS = ['weather', 'time'].map((name) => ({ type: 'function', function: { name, parameters: PARAMETERS } }));
const CALLS = [
  { name: 'weather', arguments: { city: 'Zürich' }, id: 'call_1' },
  { name: 'time', arguments: { city: '東京' }, id: 'call_2' },
];

let setup;
let client;

before(async () => {
  setup = await Setup.start();
  client = new OpenAI({ baseURL: `${setup.url}/v1`, apiKey: setup.key, maxRetries: 0, timeout: 20_000 });
});
after(() => setup?.stop());

for (const lane of LANES) {
  test(`a chat completion arrives with its usage through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, {});
    const { data, response } = await client.chat.completions.create({ model: `${lane}/${model}`, messages: MESSAGES }).withResponse();
    assert.equal(data.choices[0].message.content, TEXT);
    assert.equal(data.choices[0].finish_reason, 'stop');
    assert.deepEqual([data.usage.prompt_tokens, data.usage.completion_tokens], [21, 9]);
    assert.equal(response.headers.get('x-nab-model'), `${lane}/${model}`);
    const rows = await setup.rows(response.headers.get('x-request-id'));
    assert.equal(rows.length, 1);
    assert.deepEqual([rows[0].status, rows[0].input_tokens, rows[0].output_tokens], ['success', 21, 9]);
  });

  test(`the stream helper collects a chat completion through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, {});
    const stream = client.chat.completions.stream({
      model: `${lane}/${model}`,
      messages: MESSAGES,
      stream_options: { include_usage: true },
    });
    let text = '';
    stream.on('content', (piece) => {
      text += piece;
    });
    const completion = await stream.finalChatCompletion();
    assert.equal(text, TEXT);
    assert.equal(completion.choices[0].message.content, TEXT);
    assert.equal((await stream.totalUsage()).total_tokens, 30);
  });

  test(`parallel tool calls arrive whole and streamed through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, { answer: { text: '', calls: CALLS } });
    const wanted = CALLS.map((call) => [call.name, call.arguments]);
    const got = (message) => message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]);
    const asked = { model: `${lane}/${model}`, messages: MESSAGES, tools: TOOLS };
    assert.deepEqual(got((await client.chat.completions.create(asked)).choices[0].message), wanted);
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
    assert.equal(streamed.choices[0].finish_reason, 'tool_calls');
    assert.deepEqual(got(streamed.choices[0].message), wanted);
  });

  test(`a response streams and ends with its whole output through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, {});
    const asked = { model: `${lane}/${model}`, input: 'Capital of France?', store: false };
    assert.equal((await client.responses.create(asked)).output_text, TEXT);
    const stream = client.responses.stream(asked);
    let text = '';
    stream.on('response.output_text.delta', (event) => {
      text += event.delta;
    });
    const final = await stream.finalResponse();
    assert.equal(text, TEXT);
    assert.equal(final.output_text, TEXT);
    assert.equal(final.usage.total_tokens, 30);
  });

  for (const fault of ['cut', 'silent_end']) {
    test(`a stream with the fault ${fault} throws through ${lane}`, async () => {
      const model = modelOf(lane);
      await setup.upstream.on(model, { fault });
      const stream = await client.chat.completions.create({ model: `${lane}/${model}`, messages: MESSAGES, stream: true });
      let text = '';
      await assert.rejects(async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      }, APIError);
      assert.ok(text.length > 0 && TEXT.startsWith(text) && text !== TEXT);
    });
  }
}

test('the tool runner of the client goes through a whole conversation', async () => {
  const model = modelOf('gemini');
  await setup.upstream.on(model, { scripts: [{ answer: { text: '', calls: CALLS.slice(0, 1) } }, { answer: { text: 'It is 21 °C.' } }] });
  const asked = [];
  const runner = client.chat.completions.runTools({
    model: `gemini/${model}`,
    messages: MESSAGES,
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          parameters: PARAMETERS,
          parse: JSON.parse,
          function: ({ city }) => {
            asked.push(city);
            return '21';
          },
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), 'It is 21 °C.');
  assert.deepEqual(asked, ['Zürich']);
});

test('a client that leaves cancels the provider', async () => {
  const model = modelOf('openai');
  await setup.upstream.on(model, { fault: 'hang' });
  const stream = await client.chat.completions.create({ model: `openai/${model}`, messages: MESSAGES, stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) break;
  }
  for (let tries = 0; tries < 50; tries += 1) {
    const [seen] = await setup.upstream.seen(model);
    if (seen.hung_up) return;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  assert.fail('the provider goes on working for nobody');
});

test('errors have the types of the client', async () => {
  const stranger = new OpenAI({ baseURL: `${setup.url}/v1`, apiKey: `nab-${'x'.repeat(43)}`, maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (error) => error instanceof AuthenticationError && error.code === 'invalid_api_key');
  await assert.rejects(client.chat.completions.create({ model: 'builtin/nothing', messages: MESSAGES }), NotFoundError);
  await assert.rejects(
    client.chat.completions.create({ model: 'builtin/echo', messages: 'Hello' }),
    (error) => error instanceof BadRequestError && error.param === 'messages',
  );
});

test('the client does not retry what would be in vain', async () => {
  const model = modelOf('openai');
  const error = { message: 'no money', type: 'insufficient_quota', code: 'insufficient_quota', param: null };
  await setup.upstream.on(model, { fault: { status: 429, body: { error } } });
  const patient = client.withOptions({ maxRetries: 3 });
  await assert.rejects(patient.chat.completions.create({ model: `openai/${model}`, messages: MESSAGES }), APIError);
  assert.equal((await setup.upstream.seen(model)).length, 1);
});

test('embeddings come as numbers by the default base64', async () => {
  const model = modelOf('openai');
  await setup.upstream.on(model, { does: 'embeds' });
  const { data } = await client.embeddings.create({ model: `openai/${model}`, input: ['a', 'b'] });
  assert.equal(data.length, 2);
  assert.equal(data[0].embedding.length, 8);
  assert.ok(data[0].embedding.every((number) => Math.abs(number) <= 1));
});

test('a recording is uploaded, the model field behind the file', async () => {
  const model = modelOf('openai');
  await setup.upstream.on(model, { does: 'transcribes' });
  const audio = new Uint8Array(300_000).fill(7);
  const file = await toFile(audio, 'Grüße.wav', { type: 'audio/wav' });
  const { text } = await client.audio.transcriptions.create({ file, model: `openai/${model}` });
  assert.equal(text, 'Grüß Gott.');
  const [seen] = await setup.upstream.seen(model);
  assert.ok(seen.bytes > audio.length);
});

test('speech, images and moderation', async () => {
  const speech = modelOf('openai');
  await setup.upstream.on(speech, { does: 'speaks' });
  const audio = await client.audio.speech.create({ model: `openai/${speech}`, voice: 'alloy', input: 'Hi' });
  assert.equal((await audio.arrayBuffer()).byteLength, 256 * 64);
  const image = modelOf('openai');
  await setup.upstream.on(image, { does: 'draws' });
  const { data } = await client.images.generate({ model: `openai/${image}`, prompt: 'A lighthouse' });
  assert.ok(data[0].b64_json.startsWith('iVBOR'));
  const moderation = modelOf('openai');
  await setup.upstream.on(moderation, { does: 'moderates' });
  const { results } = await client.moderations.create({ model: `openai/${moderation}`, input: 'violence' });
  assert.equal(results[0].flagged, true);
});

test('a stored response is continued, retrieved and deleted', async () => {
  const model = modelOf('anthropic');
  await setup.upstream.on(model, { answer: { text: 'FIRST ANSWER' } });
  const first = await client.responses.create({ model: `anthropic/${model}`, input: 'One?' });
  await client.responses.create({ model: `anthropic/${model}`, input: 'Two?', previous_response_id: first.id });
  const [, second] = await setup.upstream.seen(model);
  assert.match(JSON.stringify(second.body), /One\?.*FIRST ANSWER.*Two\?/);
  assert.equal((await client.responses.retrieve(first.id)).output_text, 'FIRST ANSWER');
  await client.responses.delete(first.id);
  await assert.rejects(client.responses.retrieve(first.id), NotFoundError);
});

test('a key sees only its models', async () => {
  const { key } = await setup.newKey({ models: ['builtin/*'] });
  const limited = new OpenAI({ baseURL: `${setup.url}/v1`, apiKey: key, maxRetries: 0 });
  for await (const { id } of limited.models.list()) assert.match(id, /^builtin\//);
  assert.equal((await limited.models.retrieve('builtin/echo')).id, 'builtin/echo');
});

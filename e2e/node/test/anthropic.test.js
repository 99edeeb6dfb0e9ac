import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import Anthropic, { APIError, AuthenticationError, NotFoundError } from '@anthropic-ai/sdk';

import { LANES, Setup, modelOf } from '../support/program.js';

const TEXT = 'The café in Zürich serves 東京 tea 🍵, and Paris is the capital of France.';
const ASKED = { max_tokens: 500, system: 'Be brief.', messages: [{ role: 'user', content: 'Capital of France?' }] };
const TOOLS = ['weather', 'time'].map((name) => ({
  name,
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}));
const CALLS = [
  { name: 'weather', arguments: { city: 'Zürich' }, id: 'toolu_1' },
  { name: 'time', arguments: { city: '東京' }, id: 'toolu_2' },
];
const textOf = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');

let setup;
let client;

before(async () => {
  setup = await Setup.start();
  client = new Anthropic({ baseURL: setup.url, apiKey: setup.key, maxRetries: 0, timeout: 20_000 });
});
after(() => setup?.stop());

for (const lane of LANES) {
  test(`a message arrives with its usage through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, {});
    const { data, response } = await client.messages.create({ model: `${lane}/${model}`, ...ASKED }).withResponse();
    assert.equal(textOf(data), TEXT);
    assert.equal(data.stop_reason, 'end_turn');
    assert.deepEqual([data.usage.input_tokens, data.usage.output_tokens], [21, 9]);
    const rows = await setup.rows(response.headers.get('x-request-id'));
    assert.deepEqual([rows.length, rows[0].output_tokens], [1, 9]);
  });

  test(`the stream helper collects a message through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, {});
    let text = '';
    const stream = client.messages.stream({ model: `${lane}/${model}`, ...ASKED }).on('text', (piece) => {
      text += piece;
    });
    const message = await stream.finalMessage();
    assert.equal(text, TEXT);
    assert.equal(textOf(message), TEXT);
    assert.equal(message.usage.output_tokens, 9);
  });

  test(`parallel tool use arrives whole and streamed through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, { answer: { text: '', calls: CALLS } });
    const wanted = CALLS.map((call) => [call.name, call.arguments]);
    const got = (message) => message.content.filter((b) => b.type === 'tool_use').map((b) => [b.name, b.input]);
    const asked = { model: `${lane}/${model}`, ...ASKED, tools: TOOLS };
    assert.deepEqual(got(await client.messages.create(asked)), wanted);
    const message = await client.messages.stream(asked).finalMessage();
    assert.equal(message.stop_reason, 'tool_use');
    assert.deepEqual(got(message), wanted);
  });

  test(`thinking arrives before the answer through ${lane}`, async () => {
    const model = modelOf(lane);
    await setup.upstream.on(model, { answer: { text: 'Paris.', reasoning: 'One capital.' } });
    const asked = { model: `${lane}/${model}`, ...ASKED, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 } };
    const message = await client.messages.stream(asked).finalMessage();
    assert.deepEqual(message.content.map((block) => block.type), ['thinking', 'text']);
    assert.equal(message.content[0].thinking, 'One capital.');
  });

  for (const fault of ['cut', 'silent_end']) {
    test(`a stream with the fault ${fault} throws through ${lane}`, async () => {
      const model = modelOf(lane);
      await setup.upstream.on(model, { fault });
      await assert.rejects(client.messages.stream({ model: `${lane}/${model}`, ...ASKED }).finalMessage(), APIError);
    });
  }
}

test('tokens are counted', async () => {
  const { input_tokens: count } = await client.messages.countTokens({
    model: `openai/${modelOf('openai')}`,
    messages: ASKED.messages,
    tools: TOOLS,
  });
  assert.ok(count > 10 && count < 1000);
});

test('errors have the types of the client', async () => {
  const stranger = new Anthropic({ baseURL: setup.url, apiKey: `nab-${'x'.repeat(43)}`, maxRetries: 0 });
  await assert.rejects(stranger.messages.create({ model: 'builtin/echo', ...ASKED }), AuthenticationError);
  await assert.rejects(client.messages.create({ model: 'builtin/nothing', ...ASKED }), NotFoundError);
});

test('an overloaded provider is told as such', async () => {
  const model = modelOf('anthropic');
  const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  await setup.upstream.on(model, { fault: { status: 529, body } });
  await assert.rejects(
    client.messages.create({ model: `anthropic/${model}`, ...ASKED }),
    (error) => error instanceof APIError && error.status === 503 && error.error.error.type === 'overloaded_error',
  );
});

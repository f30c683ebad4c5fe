// OpenAI's client: models, chats, completions, embeddings, responses and batches.
import assert from 'node:assert/strict'
import OpenAI, { toFile } from 'openai'

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'key', maxRetries: 0 })
const text = 'Because it is not red.'
const messages = [{ role: 'developer', content: 'Be brief.' }, { role: 'user', content: 'Why is the sky blue?' }]

const names = []
for await (const m of client.models.list()) names.push(m.id)
assert.deepEqual(names, ['text', 'thinks', 'calls'])

const chat = await client.chat.completions.create({ model: 'text', messages })
assert.equal(chat.choices[0].message.content, text)
const stream = client.chat.completions.stream({ model: 'text', messages, stream_options: { include_usage: true } })
assert.equal(await stream.finalContent(), text)
assert.equal((await stream.totalUsage()).completion_tokens, chat.usage.completion_tokens)

const plain = await client.completions.create({ model: 'text', prompt: 'Why?', max_tokens: 64 })
assert.equal(plain.choices[0].text, text)
const vectors = await client.embeddings.create({ model: 'text', input: ['a', 'b'] })
assert.equal(vectors.data.length, 2)
assert.ok(vectors.data[0].embedding.length > 2)

const response = await client.responses.create({ model: 'thinks', input: 'Why?', instructions: 'Be brief.', reasoning: { effort: 'low' } })
assert.equal(response.output_text, 'It is blue.')
assert.deepEqual(response.output.map((item) => item.type), ['reasoning', 'message'])
const events = client.responses.stream({ model: 'thinks', input: 'Why?', previous_response_id: response.id })
let deltas = ''
const types = []
for await (const e of events) {
  types.push(e.type)
  if (e.type === 'response.output_text.delta') deltas += e.delta
}
const final = await events.finalResponse()
assert.equal(deltas, 'It is blue.')
assert.equal(final.output_text, deltas)
assert.ok(final.usage.input_tokens > response.usage.input_tokens)
assert.equal(types[0], 'response.created')
assert.equal(types.at(-1), 'response.completed')
assert.equal((await client.responses.retrieve(response.id)).output_text, 'It is blue.')
await client.responses.delete(response.id)
await assert.rejects(client.responses.retrieve(response.id), { status: 404 })

const tools = [{ type: 'function', name: 'weather', strict: false, parameters: { type: 'object', properties: { city: { type: 'string' } } } }]
const call = await client.responses.create({ model: 'calls', input: 'Rain?', tools, temperature: 0, parallel_tool_calls: false })
const item = call.output.find((o) => o.type === 'function_call')
assert.equal(item.name, 'weather')
assert.deepEqual(JSON.parse(item.arguments), { city: 'Rome' })
const calling = client.responses.stream({ model: 'calls', input: 'Rain?', tools, temperature: 0, parallel_tool_calls: false })
let args = ''
let pieces = 0
for await (const e of calling) {
  if (e.type !== 'response.function_call_arguments.delta') continue
  args += e.delta
  pieces++
}
assert.equal(args, item.arguments)
assert.ok(pieces > 1)
const chatTools = [{ type: 'function', function: { name: 'weather', parameters: tools[0].parameters } }]
const chatCall = client.chat.completions.stream({ model: 'calls', messages, tools: chatTools, temperature: 0, parallel_tool_calls: false })
const snapshots = []
chatCall.on('tool_calls.function.arguments.delta', (d) => snapshots.push(d.arguments_delta))
assert.equal((await chatCall.finalMessage()).tool_calls[0].function.arguments, args)
assert.equal(snapshots.join(''), args)
await client.responses.create({
  model: 'text', tools, input: [{ role: 'user', content: 'Rain?' }, ...call.output, { type: 'function_call_output', call_id: item.call_id, output: 'no' }],
})

await assert.rejects(client.responses.create({ model: 'none', input: 'a' }), { status: 404, code: 'model_not_found' })
await assert.rejects(client.responses.create({ model: 'text', input: 'a', top_p: 7 }), { status: 400, param: 'top_p' })
await assert.rejects(new OpenAI({ baseURL: process.argv[2], apiKey: 'wrong', maxRetries: 0 }).models.list(), { status: 401 })

const line = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: { model: 'text', messages } }
const file = await client.files.create({ file: await toFile(Buffer.from(JSON.stringify(line)), 'in.jsonl'), purpose: 'batch' })
let batch = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' })
while (batch.status !== 'completed') {
  assert.ok(['validating', 'in_progress', 'finalizing'].includes(batch.status), batch.status)
  batch = await client.batches.retrieve(batch.id)
}
const answer = JSON.parse(await (await client.files.content(batch.output_file_id)).text())
assert.equal(answer.response.body.choices[0].message.content, text)
assert.equal(batch.error_file_id, null)
const kept = []
for await (const f of client.files.list()) kept.push(f.purpose)
assert.deepEqual(kept.sort(), ['batch', 'batch_output'])
await client.files.delete(file.id)
await assert.rejects(client.files.retrieve(file.id), { status: 404 })

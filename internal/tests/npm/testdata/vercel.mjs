// The Vercel AI SDK with its provider for servers like OpenAI's.
import assert from 'node:assert/strict'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { embedMany, generateText, jsonSchema, streamText, tool } from 'ai'

const provider = createOpenAICompatible({ name: 'chord', baseURL: process.argv[2], apiKey: 'key', includeUsage: true })
const prompt = 'Why is the sky blue?'

const plain = await generateText({ model: provider('text'), prompt, maxRetries: 0 })
assert.equal(plain.text, 'Because it is not red.')
assert.equal(plain.finishReason, 'stop')
assert.ok(plain.usage.inputTokens > 0 && plain.usage.outputTokens > 0)

const stream = streamText({ model: provider('thinks'), prompt, maxRetries: 0 })
let text = ''
for await (const piece of stream.textStream) text += piece
assert.equal(text, 'It is blue.')
assert.equal(await stream.reasoningText, 'Let me see.')
assert.ok((await stream.usage).outputTokens > 0)

const weather = tool({ description: 'The weather.', inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } } }) })
for (const answer of [
  await generateText({ model: provider('calls'), prompt, tools: { weather }, temperature: 0, maxRetries: 0 }),
  streamText({ model: provider('calls'), prompt, tools: { weather }, temperature: 0, maxRetries: 0 }),
]) {
  const calls = await answer.toolCalls
  assert.equal(calls[0].toolName, 'weather')
  assert.deepEqual(calls[0].input, { city: 'Rome' })
  assert.equal(await answer.finishReason, 'tool-calls')
}

const vectors = await embedMany({ model: provider.textEmbeddingModel('text'), values: ['a', 'b'], maxRetries: 0 })
assert.equal(vectors.embeddings.length, 2)
await assert.rejects(generateText({ model: provider('none'), prompt, maxRetries: 0 }), { statusCode: 404 })

/*
 * chord.h: language models from GGUF files, for C and C++.
 *
 * Functions return a chord_status unless said otherwise; chord_last_error then says
 * what is wrong and where. Handles are numbers, not addresses: 0 is none, and one that
 * was closed is never used again, so that using it is CHORD_ERR_HANDLE. Any number of
 * threads may use a model at once; texts that are generated at the same time share
 * forward passes. Strings are UTF-8 and end with a zero.
 *
 * Options and parameters are JSON objects with the names that chord's documentation
 * has for them; NULL is {}. Results are JSON or numbers in buffers of the caller: *len
 * is what there is, in elements, and if that is more than cap the function returns
 * CHORD_ERR_BUFFER, writes nothing and may be called again with a larger buffer. A
 * buffer may be NULL if its cap is 0. The zero that ends a text is not in *len, but
 * needs room too.
 *
 * Parameters and options of chord_generate, chord_chat, chord_session_generate,
 * chord_session_chat, chord_embed, chord_score, chord_logits and chord_logprobs may have
 * "lora", an array of adapters: [{"id": HANDLE, "scale": 0.5}]; a scale that is absent
 * is 1.
 *
 * A process that has called a function may not fork without exec, nor unload the
 * library.
 */
#ifndef CHORD_H
#define CHORD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It grows when a program has to be compiled anew. */
#define CHORD_ABI 1

typedef enum chord_status {
	CHORD_OK = 0,
	CHORD_DONE = 1,            /* chord_next: the text has ended */
	CHORD_ERR_OTHER = 2,
	CHORD_ERR_ARGUMENT = 3,    /* NULL where something is needed */
	CHORD_ERR_HANDLE = 4,      /* a handle that is closed, none, or of another kind */
	CHORD_ERR_BUFFER = 5,      /* the buffer is too small */
	CHORD_ERR_INVALID = 6,     /* an option or parameter */
	CHORD_ERR_FORMAT = 7,      /* a malformed file */
	CHORD_ERR_UNSUPPORTED = 8,
	CHORD_ERR_CONTEXT_FULL = 9, /* the prompt is longer than the context */
	CHORD_ERR_BUSY = 10,       /* too many calls wait, or the session is in use */
	CHORD_ERR_CLOSED = 11,     /* the model was closed meanwhile */
	CHORD_ERR_CANCELLED = 12,
	CHORD_ERR_MISMATCH = 13,   /* something belongs to another model */
	CHORD_ERR_IO = 14,         /* a file cannot be read */
	CHORD_ERR_PANIC = 15       /* a fault in chord: please report it */
} chord_status;

typedef size_t chord_model;   /* an open model */
typedef size_t chord_stream;  /* a text that is being generated */
typedef size_t chord_session; /* a text that grows */
typedef size_t chord_adapter; /* a LoRA adapter of a model */
typedef size_t chord_queue;   /* tells which streams have an event */

/* The version of the library. The text lives as long as the process. */
const char *chord_version(void);

/* CHORD_ABI of the library. */
int chord_abi(void);

/* What the library can do here, as JSON: {"abi": 1, "version": "...", "os": "linux",
 * "arch": "amd64", "tier": "avx2", "architectures": [...], "features": [...]}. tier names
 * the kernels in use. The text lives as long as the process. */
const char *chord_features(void);

/* What was wrong with the last call of this thread that failed, "" if none did. The
 * text lives until this thread calls another function. */
const char *chord_last_error(void);

/* Opens the GGUF file at path, with chord.Options and, in the same object, "draft", the
 * handle of a smaller model with the same vocabulary, which is closed after this one. */
chord_status chord_open(const char *path, const char *options, chord_model *model);

/* Opens the GGUF file with a descriptor, which the caller may close afterwards. Its
 * offset does not matter. On Windows it returns CHORD_ERR_UNSUPPORTED. */
chord_status chord_open_fd(int fd, const char *options, chord_model *model);

/* Opens a GGUF file of size bytes in memory, which must stay there until the model is
 * closed. */
chord_status chord_open_memory(const void *data, size_t size, const char *options, chord_model *model);

/* Takes the bytes of weights that are loaded, and all of them, after each matrix. It may be called in
 * another thread than that which opens the model, but not by two at once. */
typedef void (*chord_progress)(size_t done, size_t total, void *user);

/* Makes calls of this thread that open models report their progress; NULL ends that. */
void chord_on_load(chord_progress progress, void *user);

/* Closes a model. Texts that are being generated end with CHORD_ERR_CLOSED. */
chord_status chord_close(chord_model model);

/* Describes a model: chord.Info, as JSON. */
chord_status chord_info(chord_model model, char *json, size_t cap, size_t *len);

/* The figures of a model since it was opened: chord.Metrics, as JSON. */
chord_status chord_metrics(chord_model model, char *json, size_t cap, size_t *len);

/* The tokens of a text of size bytes, with those that begin and end a text. If special
 * is not 0, names of control tokens become control tokens. */
chord_status chord_tokenize(chord_model model, const char *text, size_t size, int special, int *ids, size_t cap, size_t *len);

/* The text of n tokens, without those that chord_tokenize adds. */
chord_status chord_detokenize(chord_model model, const int *ids, size_t n, char *text, size_t cap, size_t *len);

/* Continues a prompt, with chord.Params and, in the same object, "grammar" (GBNF or
 * Lark) or "json_schema". chord_next gives the text. */
chord_status chord_generate(chord_model model, const char *prompt, const char *params, chord_stream *stream);

/* Answers a chat, a JSON array of messages as in OpenAI's API, with chord.ChatParams
 * and what chord_generate takes. */
chord_status chord_chat(chord_model model, const char *messages, const char *params, chord_stream *stream);

/* Waits for the next event of a text, a JSON object with one member:
 *
 *   {"content": "a piece of the text"}
 *   {"reasoning": "a piece of the reasoning before it"}
 *   {"tool_call": {"id": "...", "type": "function", "function": {"name": "...", "arguments": "{...}"}}}
 *   {"token": {"id": 1, "text": "...", "logprob": -0.1, "top": [...]}}  with "logprobs"
 *   {"result": {"finish": "eog", "prompt": 9, "cached": 0, "generated": 5, "seed": 1}}  the last
 *
 * After the last it returns CHORD_DONE. An event that does not fit the buffer is not
 * lost. */
chord_status chord_next(chord_stream stream, char *json, size_t cap, size_t *len);

/* Takes an event; if it does not return 0, no more come. */
typedef int (*chord_event)(const char *json, size_t len, void *user);

/* Calls event with each event of a text, in this thread, and returns CHORD_OK at its
 * end. If event ended it, it returns CHORD_ERR_CANCELLED. */
chord_status chord_each(chord_stream stream, chord_event event, void *user);

/* Ends a text, from any thread: chord_next then returns CHORD_ERR_CANCELLED. */
chord_status chord_cancel(chord_stream stream);

/* Ends a text and releases it; when it returns, nothing computes for it any more. */
chord_status chord_free(chord_stream stream);

/* Makes a session: a text that grows, with its cache. It serves one call at a time;
 * another gets CHORD_ERR_BUSY, also while a text of the session is being generated. */
chord_status chord_session_open(chord_model model, chord_session *session);

/* Ends a session, and the text that is being generated in it. */
chord_status chord_session_close(chord_session session);

/* Adds text and computes it. Names of control tokens in it become control tokens. */
chord_status chord_session_append(chord_session session, const char *text);

/* Adds n tokens and computes them. */
chord_status chord_session_append_tokens(chord_session session, const int *ids, size_t n);

/* Continues a session as chord_generate continues a prompt. What is generated belongs
 * to the session. Without "lora" the adapters of the last text stay. */
chord_status chord_session_generate(chord_session session, const char *params, chord_stream *stream);

/* Answers a chat as chord_chat does. The session becomes the prompt and the answer: of
 * a longer chat that begins alike only what is new is computed. */
chord_status chord_session_chat(chord_session session, const char *messages, const char *params, chord_stream *stream);

/* The tokens of a session. */
chord_status chord_session_tokens(chord_session session, int *ids, size_t cap, size_t *len);

/* Drops all tokens but the first n. */
chord_status chord_session_rewind(chord_session session, size_t n);

/* Makes another session with the same tokens, which shares the cache of them. */
chord_status chord_session_fork(chord_session session, chord_session *fork);

/* The session as bytes, with its cache, for chord_session_restore. */
chord_status chord_session_save(chord_session session, void *data, size_t cap, size_t *len);

/* Makes a session of size bytes that chord_session_save has given, for the same model
 * on any machine. Who can forge them decides what the session says. */
chord_status chord_session_restore(chord_model model, const void *data, size_t size, chord_session *session);

/* Loads the LoRA adapter in the GGUF file at path. */
chord_status chord_adapter_open(chord_model model, const char *path, chord_adapter *adapter);

/* Describes an adapter: chord.AdapterInfo, as JSON. */
chord_status chord_adapter_info(chord_adapter adapter, char *json, size_t cap, size_t *len);

/* Closes an adapter. Texts and sessions that have it keep it until they end. */
chord_status chord_adapter_close(chord_adapter adapter);

/* The vectors of texts, a JSON array of strings, one after the other, with
 * chord.EmbedOptions. */
chord_status chord_embed(chord_model model, const char *texts, const char *options, float *vectors, size_t cap, size_t *len);

/* The relevance of documents, a JSON array of strings, to a query: the higher, the more
 * relevant. The model is a reranker. */
chord_status chord_rerank(chord_model model, const char *query, const char *documents, float *scores, size_t cap, size_t *len);

/* The log-probabilities of answers, a JSON array of strings, after a prompt: natural
 * logarithms, the sums over the tokens of each. */
chord_status chord_score(chord_model model, const char *prompt, const char *answers, const char *options, double *logprobs, size_t cap, size_t *len);

/* The logits after each of the last want of n tokens, one after the other: as many for
 * each as the vocabulary has tokens. */
chord_status chord_logits(chord_model model, const int *ids, size_t n, size_t want, const char *options, float *logits, size_t cap, size_t *len);

/* Each of n tokens with its log-probability after those before it and the top likeliest
 * in its place, a JSON array of what chord_next has for "token". */
chord_status chord_logprobs(chord_model model, const int *ids, size_t n, int top, const char *options, char *json, size_t cap, size_t *len);

/* Makes a queue, which tells a program with many streams, or an event loop, which of
 * them has an event. */
chord_status chord_queue_open(chord_queue *queue);

/* Puts a stream in a queue, once. From then on chord_next is called for it as often as
 * chord_queue_wait has given it. */
chord_status chord_queue_add(chord_queue queue, chord_stream stream);

/* Waits until a stream has an event, or its end, which chord_next then gives without
 * waiting. It waits for as many milliseconds, with -1 without limit, with 0 not at all;
 * *stream is 0 if none has any. */
chord_status chord_queue_wait(chord_queue queue, int milliseconds, chord_stream *stream);

/* A file descriptor that is readable while a stream has an event, for poll, epoll or
 * kqueue. It belongs to the queue; do not read it. On Windows the function returns
 * CHORD_ERR_UNSUPPORTED. */
chord_status chord_queue_fd(chord_queue queue, int *fd);

/* Closes a queue, but not its streams. */
chord_status chord_queue_close(chord_queue queue);

#ifdef __cplusplus
}
#endif

#endif

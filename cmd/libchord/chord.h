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
	CHORD_ERR_BUSY = 10,       /* too many calls wait */
	CHORD_ERR_CLOSED = 11,     /* the model was closed meanwhile */
	CHORD_ERR_CANCELLED = 12,
	CHORD_ERR_MISMATCH = 13,   /* something belongs to another model */
	CHORD_ERR_IO = 14,         /* a file cannot be read */
	CHORD_ERR_PANIC = 15       /* a fault in chord: please report it */
} chord_status;

typedef size_t chord_model;  /* an open model */
typedef size_t chord_stream; /* a text that is being generated */

/* The version of the library. The text lives as long as the process. */
const char *chord_version(void);

/* CHORD_ABI of the library. */
int chord_abi(void);

/* What was wrong with the last call of this thread that failed, "" if none did. The
 * text lives until this thread calls another function. */
const char *chord_last_error(void);

/* Opens the GGUF file at path, with chord.Options. */
chord_status chord_open(const char *path, const char *options, chord_model *model);

/* Opens a GGUF file of size bytes in memory, which must stay there until the model is
 * closed. */
chord_status chord_open_memory(const void *data, size_t size, const char *options, chord_model *model);

/* Closes a model. Texts that are being generated end with CHORD_ERR_CLOSED. */
chord_status chord_close(chord_model model);

/* Describes a model: chord.Info, as JSON. */
chord_status chord_info(chord_model model, char *json, size_t cap, size_t *len);

/* The figures of a model since it was opened: chord.Metrics, as JSON. */
chord_status chord_metrics(chord_model model, char *json, size_t cap, size_t *len);

/* The tokens of a text of size bytes, with those that begin and end a text. If special
 * is not 0, names of control tokens become control tokens. */
chord_status chord_tokenize(chord_model model, const char *text, size_t size, int special, int *ids, size_t cap, size_t *len);

/* The text of n tokens. */
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

/* Ends a text and releases it. */
chord_status chord_free(chord_stream stream);

/* The vectors of texts, a JSON array of strings, one after the other, with
 * chord.EmbedOptions. */
chord_status chord_embed(chord_model model, const char *texts, const char *options, float *vectors, size_t cap, size_t *len);

#ifdef __cplusplus
}
#endif

#endif

/* The functions of chord.h: they keep the error of each thread, and give Go pointers
 * that are not const. */
#include <stdlib.h>
#include <string.h>

#include "chord.h"
#include "_cgo_export.h"

#ifdef _MSC_VER
#define THREAD __declspec(thread)
#else
#define THREAD __thread
#endif

static THREAD char last_error[1024];

/* set_error is called by Go, in the thread that called it. */
void set_error(const char *text, size_t len)
{
	if (len >= sizeof last_error)
		len = sizeof last_error - 1;
	memcpy(last_error, text, len);
	last_error[len] = 0;
}

const char *chord_version(void) { return goVersion(); }

int chord_abi(void) { return CHORD_ABI; }

const char *chord_last_error(void) { return last_error; }

chord_status chord_open(const char *path, const char *options, chord_model *model)
{
	return (chord_status)goOpen((char *)path, (char *)options, model);
}

chord_status chord_open_memory(const void *data, size_t size, const char *options, chord_model *model)
{
	return (chord_status)goOpenMemory((void *)data, size, (char *)options, model);
}

chord_status chord_close(chord_model model) { return (chord_status)goClose(model); }

chord_status chord_info(chord_model model, char *json, size_t cap, size_t *len)
{
	return (chord_status)goInfo(model, json, cap, len);
}

chord_status chord_metrics(chord_model model, char *json, size_t cap, size_t *len)
{
	return (chord_status)goMetrics(model, json, cap, len);
}

chord_status chord_tokenize(chord_model model, const char *text, size_t size, int special, int *ids, size_t cap, size_t *len)
{
	return (chord_status)goTokenize(model, (char *)text, size, special, ids, cap, len);
}

chord_status chord_detokenize(chord_model model, const int *ids, size_t n, char *text, size_t cap, size_t *len)
{
	return (chord_status)goDetokenize(model, (int *)ids, n, text, cap, len);
}

chord_status chord_generate(chord_model model, const char *prompt, const char *params, chord_stream *stream)
{
	return (chord_status)goGenerate(model, (char *)prompt, (char *)params, stream);
}

chord_status chord_chat(chord_model model, const char *messages, const char *params, chord_stream *stream)
{
	return (chord_status)goChat(model, (char *)messages, (char *)params, stream);
}

chord_status chord_next(chord_stream stream, char *json, size_t cap, size_t *len)
{
	return (chord_status)goNext(stream, json, cap, len);
}

chord_status chord_each(chord_stream stream, chord_event event, void *user)
{
	size_t cap = 256, len = 0;
	char *json, *larger;
	chord_status status;
	int stop = 0;

	if (event == NULL) {
		static const char text[] = "chord_each: event is NULL";
		set_error(text, sizeof text - 1);
		return CHORD_ERR_ARGUMENT;
	}
	json = malloc(cap);
	while (json != NULL) {
		status = chord_next(stream, json, cap, &len);
		if (status == CHORD_ERR_BUFFER) {
			cap = len + 1 + len / 2;
			larger = realloc(json, cap);
			if (larger == NULL)
				break;
			json = larger;
			continue;
		}
		if (status == CHORD_OK && !stop && event(json, len, user) != 0) {
			stop = 1;
			(void)chord_cancel(stream);
		}
		if (status != CHORD_OK) {
			free(json);
			if (status == CHORD_DONE)
				return stop ? CHORD_ERR_CANCELLED : CHORD_OK;
			return status;
		}
	}
	free(json);
	{
		static const char text[] = "chord_each: there is no memory";
		set_error(text, sizeof text - 1);
	}
	return CHORD_ERR_OTHER;
}

chord_status chord_cancel(chord_stream stream) { return (chord_status)goCancel(stream); }

chord_status chord_free(chord_stream stream) { return (chord_status)goFree(stream); }

chord_status chord_embed(chord_model model, const char *texts, const char *options, float *vectors, size_t cap, size_t *len)
{
	return (chord_status)goEmbed(model, (char *)texts, (char *)options, vectors, cap, len);
}

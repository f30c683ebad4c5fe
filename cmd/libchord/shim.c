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
static THREAD chord_progress on_load;
static THREAD void *on_load_user;

/* call_progress is called by Go, which cannot call pointers to functions. */
void call_progress(chord_progress progress, size_t done, size_t total, void *user) { progress(done, total, user); }

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

const char *chord_features(void) { return goFeatures(); }

const char *chord_last_error(void) { return last_error; }

void chord_on_load(chord_progress progress, void *user)
{
	on_load = progress;
	on_load_user = user;
}

chord_status chord_open(const char *path, const char *options, chord_model *model)
{
	return (chord_status)goOpen((char *)path, (char *)options, on_load, on_load_user, model);
}

chord_status chord_open_fd(int fd, const char *options, chord_model *model)
{
	return (chord_status)goOpenFD(fd, (char *)options, on_load, on_load_user, model);
}

chord_status chord_open_memory(const void *data, size_t size, const char *options, chord_model *model)
{
	return (chord_status)goOpenMemory((void *)data, size, (char *)options, on_load, on_load_user, model);
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

chord_status chord_rerank(chord_model model, const char *query, const char *documents, float *scores, size_t cap, size_t *len)
{
	return (chord_status)goRerank(model, (char *)query, (char *)documents, scores, cap, len);
}

chord_status chord_score(chord_model model, const char *prompt, const char *answers, const char *options, double *logprobs, size_t cap, size_t *len)
{
	return (chord_status)goScore(model, (char *)prompt, (char *)answers, (char *)options, logprobs, cap, len);
}

chord_status chord_logits(chord_model model, const int *ids, size_t n, size_t want, const char *options, float *logits, size_t cap, size_t *len)
{
	return (chord_status)goLogits(model, (int *)ids, n, want, (char *)options, logits, cap, len);
}

chord_status chord_logprobs(chord_model model, const int *ids, size_t n, int top, const char *options, char *json, size_t cap, size_t *len)
{
	return (chord_status)goLogprobs(model, (int *)ids, n, top, (char *)options, json, cap, len);
}

chord_status chord_session_open(chord_model model, chord_session *session) { return (chord_status)goSessionOpen(model, session); }

chord_status chord_session_close(chord_session session) { return (chord_status)goSessionClose(session); }

chord_status chord_session_append(chord_session session, const char *text)
{
	return (chord_status)goSessionAppend(session, (char *)text);
}

chord_status chord_session_append_tokens(chord_session session, const int *ids, size_t n)
{
	return (chord_status)goSessionAppendTokens(session, (int *)ids, n);
}

chord_status chord_session_generate(chord_session session, const char *params, chord_stream *stream)
{
	return (chord_status)goSessionGenerate(session, (char *)params, stream);
}

chord_status chord_session_chat(chord_session session, const char *messages, const char *params, chord_stream *stream)
{
	return (chord_status)goSessionChat(session, (char *)messages, (char *)params, stream);
}

chord_status chord_session_tokens(chord_session session, int *ids, size_t cap, size_t *len)
{
	return (chord_status)goSessionTokens(session, ids, cap, len);
}

chord_status chord_session_rewind(chord_session session, size_t n) { return (chord_status)goSessionRewind(session, n); }

chord_status chord_session_fork(chord_session session, chord_session *fork) { return (chord_status)goSessionFork(session, fork); }

chord_status chord_session_save(chord_session session, void *data, size_t cap, size_t *len)
{
	return (chord_status)goSessionSave(session, data, cap, len);
}

chord_status chord_session_restore(chord_model model, const void *data, size_t size, chord_session *session)
{
	return (chord_status)goSessionRestore(model, (void *)data, size, session);
}

chord_status chord_adapter_open(chord_model model, const char *path, chord_adapter *adapter)
{
	return (chord_status)goAdapterOpen(model, (char *)path, adapter);
}

chord_status chord_adapter_info(chord_adapter adapter, char *json, size_t cap, size_t *len)
{
	return (chord_status)goAdapterInfo(adapter, json, cap, len);
}

chord_status chord_adapter_close(chord_adapter adapter) { return (chord_status)goAdapterClose(adapter); }

chord_status chord_queue_open(chord_queue *queue) { return (chord_status)goQueueOpen(queue); }

chord_status chord_queue_add(chord_queue queue, chord_stream stream) { return (chord_status)goQueueAdd(queue, stream); }

chord_status chord_queue_wait(chord_queue queue, int milliseconds, chord_stream *stream)
{
	return (chord_status)goQueueWait(queue, milliseconds, stream);
}

chord_status chord_queue_fd(chord_queue queue, int *fd) { return (chord_status)goQueueFD(queue, fd); }

chord_status chord_queue_close(chord_queue queue) { return (chord_status)goQueueClose(queue); }

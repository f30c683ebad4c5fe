/* Calls every function of chord.h, with what is right and what is not. */
#include "more.h"

static int print(const char *json, size_t len, void *user)
{
	(void)user;
	check("the length of an event", strlen(json) == len);
	puts(json);
	return 0;
}

static int stop(const char *json, size_t len, void *user)
{
	(void)json;
	(void)len;
	++*(int *)user;
	return 1;
}

static void text(chord_model m)
{
	chord_stream s = 0, other = 0;
	char json[512], small[1];
	size_t len = 0, again = 0;
	int n = 0;

	want("generate", chord_generate(m, "Once upon a time", "{\"max_tokens\": 8, \"temperature\": 0}", &s), CHORD_OK);
	want("next, small", chord_next(s, small, sizeof small, &len), CHORD_ERR_BUFFER);
	want("next", chord_next(s, json, sizeof json, &again), CHORD_OK);
	check("another event", len == again && strlen(json) == len);
	want("each", chord_each(s, print, NULL), CHORD_OK);
	want("next, after the end", chord_next(s, json, sizeof json, &len), CHORD_DONE);
	want("free", chord_free(s), CHORD_OK);
	want("free again", chord_free(s), CHORD_ERR_HANDLE);
	want("next of none", chord_next(s, json, sizeof json, &len), CHORD_ERR_HANDLE);
	want("close of a text", chord_close(s), CHORD_ERR_HANDLE);

	want("chat", chord_chat(m, "[{\"role\": \"user\", \"content\": \"Hi\"}]", "{\"max_tokens\": 100}", &other), CHORD_OK);
	want("each, stopped", chord_each(other, stop, &n), CHORD_ERR_CANCELLED);
	want("each, no function", chord_each(other, NULL, NULL), CHORD_ERR_ARGUMENT);
	want("cancel", chord_cancel(other), CHORD_OK);
	want("free", chord_free(other), CHORD_OK);
	check("an event after the stop", n == 1);

	want("schema", chord_generate(m, "Yes?", "{\"json_schema\": {\"const\": 7}}", &s), CHORD_OK);
	want("each", chord_each(s, print, NULL), CHORD_OK);
	want("free", chord_free(s), CHORD_OK);
	want("bad params", chord_generate(m, "x", "{\"temperature\": \"hot\"}", &s), CHORD_ERR_INVALID);
	want("no prompt", chord_generate(m, NULL, NULL, &s), CHORD_ERR_ARGUMENT);
	want("no stream", chord_generate(m, "x", NULL, NULL), CHORD_ERR_ARGUMENT);
	want("bad messages", chord_chat(m, "7", NULL, &s), CHORD_ERR_INVALID);
	want("no messages", chord_chat(m, NULL, NULL, &s), CHORD_ERR_ARGUMENT);
}

int main(int argc, char **argv)
{
	chord_model m = 0, none = 0;
	char buffer[4096];
	int ids[16];
	float vector[4096];
	size_t n = 0;

	if (argc != 2 || chord_abi() != CHORD_ABI || chord_version()[0] == 0 || chord_last_error()[0] != 0)
		return 2;
	want("open nothing", chord_open(NULL, NULL, &none), CHORD_ERR_ARGUMENT);
	want("open, nowhere", chord_open(argv[1], NULL, NULL), CHORD_ERR_ARGUMENT);
	want("open what is not there", chord_open("absent.gguf", NULL, &none), CHORD_ERR_IO);
	want("bad options", chord_open(argv[1], "{\"threads\": true}", &none), CHORD_ERR_INVALID);
	want("unknown option", chord_open(argv[1], "{\"cores\": 1}", &none), CHORD_ERR_INVALID);
	want("no file", chord_open_memory("GGUF", 4, NULL, &none), CHORD_ERR_FORMAT);
	want("open", chord_open(argv[1], "{\"threads\": 1}", &m), CHORD_OK);
	if (m == 0 || none != 0)
		return 2;

	want("info, no room", chord_info(m, NULL, 0, &n), CHORD_ERR_BUFFER);
	want("info", chord_info(m, buffer, sizeof buffer, &n), CHORD_OK);
	want("info, no length", chord_info(m, buffer, sizeof buffer, NULL), CHORD_ERR_ARGUMENT);
	want("metrics", chord_metrics(m, buffer, sizeof buffer, &n), CHORD_OK);
	want("metrics of none", chord_metrics(0, buffer, sizeof buffer, &n), CHORD_ERR_HANDLE);
	want("tokenize", chord_tokenize(m, "Once upon a time", 16, 0, ids, 16, &n), CHORD_OK);
	want("detokenize", chord_detokenize(m, ids, n, buffer, sizeof buffer, &n), CHORD_OK);
	check("the text of tokens", strcmp(buffer, "Once upon a time") == 0 && n == 16);
	ids[0] = -1;
	want("no such token", chord_detokenize(m, ids, 1, buffer, sizeof buffer, &n), CHORD_ERR_INVALID);
	want("embed", chord_embed(m, "[\"cat\", \"dog\"]", NULL, vector, 4096, &n), CHORD_OK);
	want("embed, bad texts", chord_embed(m, "7", NULL, vector, 4096, &n), CHORD_ERR_INVALID);
	text(m);
	want("close", chord_close(m), CHORD_OK);
	want("close again", chord_close(m), CHORD_ERR_HANDLE);
	want("info of a closed one", chord_info(m, buffer, sizeof buffer, &n), CHORD_ERR_HANDLE);
	return done();
}

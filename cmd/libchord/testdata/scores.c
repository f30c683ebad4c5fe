/* Calls rerank, score, logits, logprobs, the functions of adapters, those that open a
 * model otherwise, and chord_features. Arguments: the model, an adapter of it, a reranker. */
#include <fcntl.h>
#include <unistd.h>

#include "more.h"

struct loaded {
	size_t done, total;
	int calls;
};

static void progress(size_t now, size_t total, void *user)
{
	struct loaded *l = user;
	check("the progress goes back", now >= l->done && now <= total);
	l->done = now;
	l->total = total;
	l->calls++;
}

/* opens opens the model by descriptor, and with progress. */
static chord_model opens(const char *path)
{
	struct loaded l = {0, 0, 0};
	chord_model m = 0, none = 0;
	int calls, fd = open(path, O_RDONLY);
	char byte;

	want("open_fd, none", chord_open_fd(-1, NULL, &none), CHORD_ERR_IO);
	chord_on_load(progress, &l);
	check("the file cannot be read", read(fd, &byte, 1) == 1); /* the offset does not matter */
	want("open_fd", chord_open_fd(fd, "{\"threads\": 1}", &m), CHORD_OK);
	check("no progress", l.calls > 0 && l.done > l.total / 2);
	check("the descriptor is closed", close(fd) == 0);
	chord_on_load(NULL, NULL);
	calls = l.calls;
	want("open, with a draft", chord_open(path, "{\"draft\": 12345}", &none), CHORD_ERR_HANDLE);
	want("open", chord_open(path, "{\"threads\": 1}", &none), CHORD_OK);
	check("progress that nobody wants", l.calls == calls);
	want("close", chord_close(none), CHORD_OK);
	return m;
}

static void scores(chord_model m)
{
	double p[2] = {1, 1};
	float *logits, relevance[2];
	char json[4096];
	int ids[16];
	size_t n = 0, k = 0, vocab = 0, i, best = 0;

	want("score", chord_score(m, "Once upon a", "[\" time\", \" xylophone\"]", NULL, p, 2, &n), CHORD_OK);
	check("scores", n == 2 && p[0] < 0 && p[1] < p[0]);
	want("score, small", chord_score(m, "Once", "[\"a\"]", NULL, p, 0, &n), CHORD_ERR_BUFFER);
	want("score, no prompt", chord_score(m, NULL, "[]", NULL, p, 2, &n), CHORD_ERR_ARGUMENT);
	want("score, bad answers", chord_score(m, "Once", "{}", NULL, p, 2, &n), CHORD_ERR_INVALID);
	want("score, bad options", chord_score(m, "Once", "[\"a\"]", "{\"x\": 1}", p, 2, &n), CHORD_ERR_INVALID);

	want("tokenize", chord_tokenize(m, "Once upon a time", 16, 0, ids, 16, &n), CHORD_OK);
	want("logits, no room", chord_logits(m, ids, n, 1, NULL, NULL, 0, &vocab), CHORD_ERR_BUFFER);
	logits = malloc(2 * vocab * sizeof *logits);
	want("logits", chord_logits(m, ids, n, 2, NULL, logits, 2 * vocab, &k), CHORD_OK);
	for (i = 0; i < vocab; i++)
		if (logits[i] > logits[best])
			best = i;
	check("logits: another token than time is the likeliest", k == 2 * vocab && (int)best == ids[n - 1]);
	free(logits);
	want("logits, none wanted", chord_logits(m, ids, n, 0, NULL, NULL, 0, &k), CHORD_ERR_INVALID);
	want("logits, too many wanted", chord_logits(m, ids, n, n + 1, NULL, NULL, 0, &k), CHORD_ERR_INVALID);
	want("logits, no tokens", chord_logits(m, NULL, 1, 1, NULL, NULL, 0, &k), CHORD_ERR_ARGUMENT);

	want("logprobs", chord_logprobs(m, ids, n, 2, NULL, json, sizeof json, &k), CHORD_OK);
	check("logprobs", json[0] == '[' && strlen(json) == k && strstr(json, "\"top\":[") != NULL);
	want("logprobs, too many", chord_logprobs(m, ids, n, 1 << 30, NULL, json, sizeof json, &k), CHORD_ERR_INVALID);

	want("rerank, no reranker", chord_rerank(m, "a", "[\"b\"]", relevance, 2, &n), CHORD_ERR_UNSUPPORTED);
	want("rerank, no query", chord_rerank(m, NULL, "[\"b\"]", relevance, 2, &n), CHORD_ERR_ARGUMENT);
}

static void rerank(const char *path)
{
	chord_model m = 0;
	float relevance[2] = {-1, -1};
	size_t n = 0;

	want("open", chord_open(path, "{\"threads\": 1}", &m), CHORD_OK);
	want("rerank", chord_rerank(m, "cat", "[\"a cat\", \"the sea\"]", relevance, 2, &n), CHORD_OK);
	check("relevances", n == 2 && relevance[0] != -1 && relevance[1] != -1 && relevance[0] != relevance[1]);
	want("close", chord_close(m), CHORD_OK);
}

static void adapters(chord_model m, const char *path)
{
	chord_adapter a = 0, none = 0;
	chord_stream stream = 0;
	double plain, full, half, off;
	char json[512], lora[64];
	size_t n = 0;

	want("adapter", chord_adapter_open(m, path, &a), CHORD_OK);
	want("adapter, no path", chord_adapter_open(m, NULL, &none), CHORD_ERR_ARGUMENT);
	want("adapter, absent", chord_adapter_open(m, "absent.gguf", &none), CHORD_ERR_IO);
	want("adapter_info", chord_adapter_info(a, json, sizeof json, &n), CHORD_OK);
	check("adapter_info: no rank", strstr(json, "\"Rank\":8") != NULL);
	want("score", chord_score(m, "Once upon a", "[\" time\"]", NULL, &plain, 1, &n), CHORD_OK);
	sprintf(lora, "{\"lora\": [{\"id\": %lu}]}", (unsigned long)a);
	want("score, adapter", chord_score(m, "Once upon a", "[\" time\"]", lora, &full, 1, &n), CHORD_OK);
	want("generate, adapter", chord_generate(m, "Once", lora, &stream), CHORD_OK);
	want("free", chord_free(stream), CHORD_OK);
	sprintf(lora, "{\"lora\": [{\"id\": %lu, \"scale\": 0.5}]}", (unsigned long)a);
	want("score, half", chord_score(m, "Once upon a", "[\" time\"]", lora, &half, 1, &n), CHORD_OK);
	sprintf(lora, "{\"lora\": [{\"id\": %lu, \"scale\": 0}]}", (unsigned long)a);
	want("score, off", chord_score(m, "Once upon a", "[\" time\"]", lora, &off, 1, &n), CHORD_OK);
	check("adapters have no effect", plain != full && half != full && half != plain);
	check("scale 0 has an effect", plain == off);
	want("generate, no adapter", chord_generate(m, "Once", "{\"lora\": [{\"id\": 12345}]}", &stream), CHORD_ERR_HANDLE);
	want("embed, no adapter", chord_embed(m, "[\"a\"]", "{\"lora\": [{\"id\": 12345}]}", NULL, 0, &n), CHORD_ERR_HANDLE);
	want("adapter_close", chord_adapter_close(a), CHORD_OK);
	want("adapter_close again", chord_adapter_close(a), CHORD_ERR_HANDLE);
	want("score, closed", chord_score(m, "Once", "[\"a\"]", lora, &off, 1, &n), CHORD_ERR_HANDLE);
}

int main(int argc, char **argv)
{
	chord_model m;
	if (argc != 4)
		return 2;
	check("features", strstr(chord_features(), "\"abi\":1,") != NULL && strstr(chord_features(), "\"sessions\"") != NULL && strstr(chord_features(), "\"llama\"") != NULL);
	m = opens(argv[1]);
	scores(m);
	rerank(argv[3]);
	adapters(m, argv[2]);
	want("close", chord_close(m), CHORD_OK);
	return done();
}

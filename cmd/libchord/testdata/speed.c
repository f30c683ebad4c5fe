/* speed MODEL [TOKENS]: times calls, of which each prints nanoseconds. With TOKENS it
 * generates that many, as often as it reads a line, and prints the time of each text. */
#define _POSIX_C_SOURCE 199309L
#include <time.h>

#include "more.h"

#define ROUNDS 200000

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int nothing(const char *json, size_t len, void *user)
{
	(void)json;
	(void)len;
	(void)user;
	return 0;
}

/* generate is the time of a text. */
static void generate(chord_model m, const char *tokens)
{
	chord_stream s = 0;
	char params[128];
	double begin;

	if (strlen(tokens) > 9)
		exit(2);
	sprintf(params, "{\"max_tokens\": %s, \"temperature\": 0, \"ignore_eos\": true}", tokens);
	begin = now();
	want("generate", chord_generate(m, "Once upon a time", params, &s), CHORD_OK);
	want("each", chord_each(s, nothing, NULL), CHORD_OK);
	want("free", chord_free(s), CHORD_OK);
	printf("%.0f\n", now() - begin);
	fflush(stdout);
}

static void calls(chord_model m)
{
	chord_session s = 0;
	int ids[8], i;
	char text[64];
	size_t len = 0, n = 0;
	double begin;

	want("session", chord_session_open(m, &s), CHORD_OK);
	begin = now();
	for (i = 0; i < ROUNDS; i++)
		want("tokens", chord_session_tokens(s, ids, 8, &len), CHORD_OK);
	printf("session_tokens %.1f\n", (now() - begin) / ROUNDS);
	want("tokenize", chord_tokenize(m, "Once", 4, 0, ids, 8, &n), CHORD_OK);
	begin = now();
	for (i = 0; i < ROUNDS; i++)
		want("detokenize", chord_detokenize(m, ids, n, text, sizeof text, &len), CHORD_OK);
	printf("detokenize %.1f\n", (now() - begin) / ROUNDS);
	begin = now();
	for (i = 0; i < ROUNDS; i++)
		want("queue", chord_queue_close(0), CHORD_ERR_HANDLE);
	printf("error %.1f\n", (now() - begin) / ROUNDS);
	want("close", chord_session_close(s), CHORD_OK);
}

int main(int argc, char **argv)
{
	chord_model m = 0;
	char line[16];

	if (argc < 2)
		return 2;
	want("open", chord_open(argv[1], "{\"threads\": 1}", &m), CHORD_OK);
	if (argc == 2)
		calls(m);
	while (argc > 2 && fgets(line, sizeof line, stdin) != NULL)
		generate(m, argv[2]);
	want("close", chord_close(m), CHORD_OK);
	return failures != 0;
}

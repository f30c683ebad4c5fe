/* Calls the functions of sessions. */
#include "more.h"

static const char greedy[] = "{\"max_tokens\": 8, \"temperature\": 0, \"ignore_eos\": true}";

/* append joins the contents of events, as JSON has them. */
static int append(const char *json, size_t len, void *user)
{
	static const char content[] = "{\"content\":\"";
	char *text = user;
	if (strncmp(json, content, sizeof content - 1) == 0)
		strncat(text, json + sizeof content - 1, len - (sizeof content - 1) - 2);
	return 0;
}

static void generate(chord_session s, char *text)
{
	chord_stream stream = 0;
	text[0] = 0;
	want("generate", chord_session_generate(s, greedy, &stream), CHORD_OK);
	want("each", chord_each(stream, append, text), CHORD_OK);
	want("free", chord_free(stream), CHORD_OK);
}

/* in_use wants a session to refuse what comes while a text is generated in it. */
static void in_use(chord_session s)
{
	chord_stream stream = 0, other = 0;
	chord_session fork = 0;
	char json[512];
	int ids[4];
	size_t n = 0;

	want("generate", chord_session_generate(s, "{\"max_tokens\": 100, \"ignore_eos\": true}", &stream), CHORD_OK);
	want("next", chord_next(stream, json, sizeof json, &n), CHORD_OK);
	want("append, in use", chord_session_append(s, "x"), CHORD_ERR_BUSY);
	want("generate, in use", chord_session_generate(s, NULL, &other), CHORD_ERR_BUSY);
	want("tokens, in use", chord_session_tokens(s, ids, 4, &n), CHORD_ERR_BUSY);
	want("rewind, in use", chord_session_rewind(s, 0), CHORD_ERR_BUSY);
	want("fork, in use", chord_session_fork(s, &fork), CHORD_ERR_BUSY);
	want("save, in use", chord_session_save(s, NULL, 0, &n), CHORD_ERR_BUSY);
	check("handles of what was refused", other == 0 && fork == 0);
	want("free", chord_free(stream), CHORD_OK);
	want("append, not in use any more", chord_session_append(s, "x"), CHORD_OK);
}

static void errors(chord_model m, chord_session s)
{
	chord_session none = 0;
	chord_stream stream = 0;
	int bad = -1;

	want("open, no model", chord_session_open(0, &none), CHORD_ERR_HANDLE);
	want("open, nowhere", chord_session_open(m, NULL), CHORD_ERR_ARGUMENT);
	want("append, NULL", chord_session_append(s, NULL), CHORD_ERR_ARGUMENT);
	want("append, no session", chord_session_append(m, "x"), CHORD_ERR_HANDLE);
	want("append_tokens, NULL", chord_session_append_tokens(s, NULL, 1), CHORD_ERR_ARGUMENT);
	want("append_tokens, none", chord_session_append_tokens(s, NULL, 0), CHORD_OK);
	want("append_tokens, bad", chord_session_append_tokens(s, &bad, 1), CHORD_ERR_INVALID);
	want("rewind, beyond", chord_session_rewind(s, 1000000), CHORD_ERR_INVALID);
	want("restore, NULL", chord_session_restore(m, NULL, 0, &none), CHORD_ERR_ARGUMENT);
	want("restore, no session", chord_session_restore(m, "chord", 5, &none), CHORD_ERR_FORMAT);
	want("generate, bad params", chord_session_generate(s, "7", &stream), CHORD_ERR_INVALID);
	want("chat, bad messages", chord_session_chat(s, "7", NULL, &stream), CHORD_ERR_INVALID);
	want("chat, no messages", chord_session_chat(s, NULL, NULL, &stream), CHORD_ERR_ARGUMENT);
	check("handles of what failed", none == 0 && stream == 0);
}

int main(int argc, char **argv)
{
	chord_model m = 0;
	chord_session s = 0, fork = 0, restored = 0, told = 0;
	chord_stream stream = 0;
	char first[1024], second[1024];
	int ids[256], more[256];
	size_t n = 0, k = 0, prompt = 0;
	char *saved;

	if (argc != 2)
		return 2;
	want("open", chord_open(argv[1], "{\"threads\": 1}", &m), CHORD_OK);
	want("session", chord_session_open(m, &s), CHORD_OK);
	want("generate, empty", chord_session_generate(s, greedy, &stream), CHORD_OK);
	want("each, empty", chord_each(stream, append, first), CHORD_ERR_INVALID);
	want("free", chord_free(stream), CHORD_OK);
	want("append", chord_session_append(s, "Once upon a time"), CHORD_OK);
	want("tokens, no room", chord_session_tokens(s, NULL, 0, &prompt), CHORD_ERR_BUFFER);
	want("fork", chord_session_fork(s, &fork), CHORD_OK);

	generate(s, first);
	generate(fork, second);
	check("a fork says something else", first[0] != 0 && strcmp(first, second) == 0);
	want("tokens", chord_session_tokens(s, ids, 256, &n), CHORD_OK);
	check("tokens that were generated", n == prompt + 8);
	want("save, no room", chord_session_save(s, NULL, 0, &k), CHORD_ERR_BUFFER);
	saved = malloc(k);
	want("save", chord_session_save(s, saved, k, &k), CHORD_OK);
	want("rewind", chord_session_rewind(s, prompt), CHORD_OK);
	generate(s, second);
	check("a session that went back says something else", strcmp(first, second) == 0);

	want("restore", chord_session_restore(m, saved, k, &restored), CHORD_OK);
	free(saved);
	want("tokens", chord_session_tokens(restored, more, 256, &k), CHORD_OK);
	check("a restored session has other tokens", k == n && memcmp(ids, more, n * sizeof *ids) == 0);
	generate(s, first);
	generate(restored, second);
	check("a restored session says something else", strcmp(first, second) == 0);
	want("rewind, all", chord_session_rewind(restored, 0), CHORD_OK);
	want("append_tokens", chord_session_append_tokens(restored, ids, prompt), CHORD_OK);

	want("session", chord_session_open(m, &told), CHORD_OK);
	want("chat", chord_session_chat(told, "[{\"role\": \"user\", \"content\": \"Hi\"}]", greedy, &stream), CHORD_OK);
	want("each", chord_each(stream, append, second), CHORD_OK);
	want("free", chord_free(stream), CHORD_OK);
	want("tokens", chord_session_tokens(told, NULL, 0, &n), CHORD_ERR_BUFFER);
	check("a chat has no tokens", n > 8);

	in_use(told);
	errors(m, s);
	want("generate", chord_session_generate(told, "{\"max_tokens\": 100, \"ignore_eos\": true}", &stream), CHORD_OK);
	want("close, in use", chord_session_close(told), CHORD_OK);
	want("each, closed", chord_each(stream, append, second), CHORD_ERR_CANCELLED);
	want("free", chord_free(stream), CHORD_OK);
	want("close again", chord_session_close(told), CHORD_ERR_HANDLE);
	want("close", chord_session_close(fork), CHORD_OK);
	want("close of the model", chord_close(m), CHORD_OK);
	want("append, model closed", chord_session_append(s, "x"), CHORD_ERR_CLOSED);
	want("close", chord_session_close(s), CHORD_OK);
	want("close", chord_session_close(restored), CHORD_OK);
	return done();
}

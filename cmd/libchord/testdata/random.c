/* Random calls from 16 threads, which share handles and close them under each other:
 * whatever status comes, nothing may crash. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "chord.h"

#define THREADS 16
#define SLOTS 8

static const char *path;
static int calls;
static size_t slots[SLOTS]; /* handles of all kinds, old ones too */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t slot(unsigned n)
{
	size_t h;
	pthread_mutex_lock(&lock);
	h = slots[n % SLOTS];
	pthread_mutex_unlock(&lock);
	return h;
}

static void keep(unsigned n, size_t h)
{
	pthread_mutex_lock(&lock);
	slots[n % SLOTS] = h;
	pthread_mutex_unlock(&lock);
}

/* next_number is xorshift. */
static unsigned next_number(unsigned *x)
{
	*x ^= *x << 13;
	*x = (*x & 0xffffffffu) ^ (*x & 0xffffffffu) >> 17;
	*x ^= *x << 5;
	return *x >> 3;
}

static int some(const char *json, size_t len, void *user)
{
	(void)json;
	(void)len;
	return ++*(int *)user > 3;
}

static void *run(void *arg)
{
	static const char *const texts[] = {NULL, "", "{}", "[]", "null", "{\"max_tokens\": 3}", "[{\"role\": \"user\", \"content\": \"Hi\"}]", "[\"a\"]", "{\"threads\": 1}", "\xff", "{\"lora\": [{\"id\": 3}]}"};
	unsigned x = *(unsigned *)arg;
	int i;

	for (i = 0; i < calls; i++) {
		char buffer[64];
		int ids[4] = {0, 1, -1, 1 << 30};
		float vector[4];
		double sums[4];
		size_t n = 0, h = slot(next_number(&x)), other = slot(next_number(&x)), made = 0;
		size_t cap = next_number(&x) % sizeof buffer, *len = next_number(&x) % 8 == 0 ? NULL : &n;
		char *to = next_number(&x) % 8 == 0 ? NULL : buffer;
		const char *text = texts[next_number(&x) % 11], *more = texts[next_number(&x) % 11];
		int seen = 0;

		switch (next_number(&x) % 36) {
		case 0:
			if (next_number(&x) % 8 == 0 && chord_open(path, "{\"threads\": 1}", &made) == CHORD_OK)
				keep(next_number(&x), made);
			break;
		case 1: (void)chord_open(text, more, &made); break;
		case 2: (void)chord_open_memory(text, text == NULL ? 0 : 1, more, &made); break;
		case 3: if (next_number(&x) % 16 == 0) (void)chord_close(h); break;
		case 4: (void)chord_info(h, to, cap, len); break;
		case 5: (void)chord_metrics(h, to, cap, len); break;
		case 6: (void)chord_tokenize(h, "Once upon", 9, (int)cap, to == NULL ? NULL : ids, cap % 5, len); break;
		case 7: (void)chord_detokenize(h, to == NULL ? NULL : ids, cap % 5, to, cap, len); break;
		case 8:
		case 9:
			if (chord_generate(h, text, "{\"max_tokens\": 3}", &made) == CHORD_OK)
				keep(next_number(&x), made);
			break;
		case 10:
			if (chord_chat(h, text, more, &made) == CHORD_OK) {
				(void)chord_cancel(made);
				keep(next_number(&x), made);
			}
			break;
		case 11: (void)chord_next(h, to, cap, len); break;
		case 12: (void)chord_each(h, next_number(&x) % 8 == 0 ? NULL : some, &seen); break;
		case 13: (void)chord_cancel(h); break;
		case 14: (void)chord_free(h); break;
		case 15: (void)chord_embed(h, text, more, vector, cap % 5, len); break;
		case 16: (void)chord_rerank(h, text, more, vector, cap % 5, len); break;
		case 17: (void)chord_score(h, text, "[\"a\"]", more, to == NULL ? NULL : sums, cap % 5, len); break;
		case 18: (void)chord_logits(h, to == NULL ? NULL : ids, cap % 5, cap % 3, more, vector, cap % 5, len); break;
		case 19: (void)chord_logprobs(h, to == NULL ? NULL : ids, cap % 5, (int)cap - 8, more, to, cap, len); break;
		case 20:
		case 21:
			if (chord_session_open(h, len == NULL ? NULL : &made) == CHORD_OK)
				keep(next_number(&x), made);
			break;
		case 22: if (next_number(&x) % 4 == 0) (void)chord_session_close(h); break;
		case 23: (void)chord_session_append(h, text); break;
		case 24: (void)chord_session_append_tokens(h, to == NULL ? NULL : ids, cap % 3); break;
		case 25:
			if (chord_session_generate(h, "{\"max_tokens\": 3}", &made) == CHORD_OK)
				keep(next_number(&x), made);
			break;
		case 26:
			if (chord_session_chat(h, text, "{\"max_tokens\": 3}", &made) == CHORD_OK) {
				(void)chord_next(made, to, cap, len);
				(void)chord_free(made);
			}
			break;
		case 27: (void)chord_session_tokens(h, to == NULL ? NULL : ids, cap % 5, len); break;
		case 28: (void)chord_session_rewind(h, cap % 5); break;
		case 29:
			if (chord_session_fork(h, &made) == CHORD_OK)
				keep(next_number(&x), made);
			break;
		case 30: (void)chord_session_save(h, to, cap, len); break;
		case 31: (void)chord_session_restore(h, text, text == NULL ? 0 : 1, &made); break;
		case 32:
			(void)chord_adapter_open(h, text, &made);
			(void)chord_adapter_info(h, to, cap, len);
			(void)chord_adapter_close(h);
			break;
		case 33:
			if (chord_queue_open(len == NULL ? NULL : &made) == CHORD_OK)
				keep(next_number(&x), made);
			break;
		case 34:
			(void)chord_queue_add(h, other);
			(void)chord_queue_fd(h, to == NULL ? NULL : ids);
			break;
		case 35:
			(void)chord_queue_wait(h, (int)(next_number(&x) % 2), len == NULL ? NULL : &made);
			if (next_number(&x) % 4 == 0)
				(void)chord_queue_close(h);
			break;
		}
		if (chord_last_error() == NULL)
			abort();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	unsigned seeds[THREADS];
	int i;

	if (argc != 3)
		return 2;
	path = argv[1];
	calls = atoi(argv[2]);
	if (chord_open(path, "{\"threads\": 1}", &slots[0]) != CHORD_OK)
		return 2;
	for (i = 0; i < THREADS; i++) {
		seeds[i] = (unsigned)i + 1;
		if (pthread_create(&threads[i], NULL, run, &seeds[i]) != 0)
			return 2;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	puts("all right");
	return 0;
}

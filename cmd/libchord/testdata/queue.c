/* Two threads whose texts share forward passes, and many texts of one thread by a
 * queue. */
#include <poll.h>
#include <pthread.h>

#include "more.h"

#define TEXTS 5

static chord_model m;

static const char forty[] = "{\"max_tokens\": 40, \"ignore_eos\": true, \"seed\": 1}";

static int ignore(const char *json, size_t len, void *user)
{
	(void)json;
	(void)len;
	(void)user;
	return 0;
}

static void *generate(void *arg)
{
	chord_stream s = 0;
	chord_status *status = arg;
	*status = chord_generate(m, "Once upon a time", forty, &s);
	if (*status == CHORD_OK)
		*status = chord_each(s, ignore, NULL);
	(void)chord_free(s);
	return NULL;
}

/* steps returns the forward passes of the model. */
static long steps(void)
{
	char json[4096];
	char *at;
	size_t n = 0;
	want("metrics", chord_metrics(m, json, sizeof json, &n), CHORD_OK);
	at = strstr(json, "\"Steps\":");
	return at == NULL ? -1 : atol(at + strlen("\"Steps\":"));
}

/* batched has two threads generate 40 tokens each until they take fewer than 79 passes:
 * alone each takes 40, one for the prompt and 39 for tokens, and the first rounds may
 * be so short that the threads miss each other. */
static int batched(void)
{
	int round;
	for (round = 0; round < 100; round++) {
		pthread_t threads[2];
		chord_status statuses[2];
		long before = steps(), took;
		int i;
		for (i = 0; i < 2; i++)
			if (pthread_create(&threads[i], NULL, generate, &statuses[i]) != 0)
				return 0;
		for (i = 0; i < 2; i++) {
			pthread_join(threads[i], NULL);
			want("generate", statuses[i], CHORD_OK);
		}
		took = steps() - before;
		if (took >= 39 && took < 79)
			return 1;
	}
	return 0;
}

/* event takes the event that the queue tells of, and reports whether it was the end. */
static int event(chord_stream s)
{
	char json[1024], small[1];
	size_t n = 0;
	chord_status status = chord_next(s, small, sizeof small, &n);
	if (status == CHORD_ERR_BUFFER)
		status = chord_next(s, json, sizeof json, &n);
	if (status != CHORD_DONE)
		want("next", status, CHORD_OK);
	return status == CHORD_DONE;
}

/* many reads texts as their events come, by the descriptor or by waiting. */
static void many(chord_queue q, int by_descriptor)
{
	chord_stream texts[TEXTS], s = 0;
	int i, ended = 0, fd = -1, turns = 0;
	struct pollfd p;

	if (by_descriptor)
		want("fd", chord_queue_fd(q, &fd), CHORD_OK);
	for (i = 0; i < TEXTS; i++) {
		want("generate", chord_generate(m, "Once upon a time", forty, &texts[i]), CHORD_OK);
		want("add", chord_queue_add(q, texts[i]), CHORD_OK);
	}
	want("add again", chord_queue_add(q, texts[0]), CHORD_ERR_INVALID);
	while (ended < TEXTS && failures == 0) {
		if (by_descriptor) {
			p.fd = fd;
			p.events = POLLIN;
			check("poll", poll(&p, 1, -1) == 1 && p.revents == POLLIN);
		}
		want("wait", chord_queue_wait(q, by_descriptor ? 0 : -1, &s), CHORD_OK);
		if (s == 0)
			continue;
		turns++;
		ended += event(s);
	}
	check("few events", turns > TEXTS * 20);
	want("wait, nothing left", chord_queue_wait(q, 0, &s), CHORD_OK);
	check("a text after the end", s == 0);
	want("wait, nothing left", chord_queue_wait(q, 1, &s), CHORD_OK);
	if (by_descriptor) {
		p.fd = fd;
		p.events = POLLIN;
		check("the descriptor stays readable", poll(&p, 1, 0) == 0);
	}
	for (i = 0; i < TEXTS; i++)
		want("free", chord_free(texts[i]), CHORD_OK);
}

/* ends cancels and frees texts that are in a queue. */
static void ends(chord_queue q)
{
	chord_stream s = 0, got = 0;
	char json[1024];
	size_t n = 0;

	want("generate", chord_generate(m, "Once upon a time", forty, &s), CHORD_OK);
	want("add", chord_queue_add(q, s), CHORD_OK);
	want("wait", chord_queue_wait(q, -1, &got), CHORD_OK);
	want("next", chord_next(s, json, sizeof json, &n), CHORD_OK);
	want("cancel", chord_cancel(s), CHORD_OK);
	want("wait", chord_queue_wait(q, -1, &got), CHORD_OK);
	check("another text", got == s);
	want("next, cancelled", chord_next(s, json, sizeof json, &n), CHORD_ERR_CANCELLED);
	want("free", chord_free(s), CHORD_OK);

	want("generate", chord_generate(m, "Once upon a time", forty, &s), CHORD_OK);
	want("add", chord_queue_add(q, s), CHORD_OK);
	want("free, in a queue", chord_free(s), CHORD_OK);
	want("wait", chord_queue_wait(q, 1, &got), CHORD_OK);
	check("a text that was freed", got == 0);

	want("add, no text", chord_queue_add(q, s), CHORD_ERR_HANDLE);
	want("add, no queue", chord_queue_add(0, s), CHORD_ERR_HANDLE);
	want("wait, nowhere", chord_queue_wait(q, 0, NULL), CHORD_ERR_ARGUMENT);
	want("fd, nowhere", chord_queue_fd(q, NULL), CHORD_ERR_ARGUMENT);
}

static void *wait_for_end(void *queue)
{
	chord_stream s = 0;
	chord_status status = chord_queue_wait(*(chord_queue *)queue, -1, &s);
	if (status != CHORD_ERR_CLOSED && status != CHORD_ERR_HANDLE) /* if it comes late */
		want("wait, closed", status, CHORD_ERR_CLOSED);
	return NULL;
}

int main(int argc, char **argv)
{
	chord_queue q = 0;
	pthread_t waiter;

	if (argc != 2)
		return 2;
	want("open", chord_open(argv[1], "{\"threads\": 1}", &m), CHORD_OK);
	check("two threads do not share forward passes", batched());
	want("queue", chord_queue_open(&q), CHORD_OK);
	want("queue, nowhere", chord_queue_open(NULL), CHORD_ERR_ARGUMENT);
	many(q, 0);
	many(q, 1);
	ends(q);
	if (pthread_create(&waiter, NULL, wait_for_end, &q) != 0)
		return 2;
	want("close", chord_queue_close(q), CHORD_OK);
	pthread_join(waiter, NULL);
	want("close again", chord_queue_close(q), CHORD_ERR_HANDLE);
	want("close", chord_close(m), CHORD_OK);
	return done();
}

/* Tells a story: story MODEL. */
#include <stdio.h>
#include <string.h>

#include <chord.h>

/* print prints the text of an event as it stands in JSON. */
static int print(const char *json, size_t len, void *user)
{
	static const char content[] = "{\"content\":\"";
	size_t begin = sizeof content - 1;
	(void)user;
	if (len > begin + 2 && strncmp(json, content, begin) == 0)
		fwrite(json + begin, 1, len - begin - 2, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	chord_model model = 0;
	chord_stream stream = 0;
	int failed;

	if (argc != 2) {
		fprintf(stderr, "usage: %s MODEL\n", argv[0]);
		return 2;
	}
	fputs("Once upon a time", stdout);
	failed = chord_open(argv[1], NULL, &model) != CHORD_OK ||
		chord_generate(model, "Once upon a time", "{\"max_tokens\": 40}", &stream) != CHORD_OK ||
		chord_each(stream, print, NULL) != CHORD_OK;
	if (failed)
		fprintf(stderr, "%s: %s\n", argv[0], chord_last_error());
	putchar('\n');
	(void)chord_free(stream);
	(void)chord_close(model);
	return failed;
}

/* What the programs of tests share. */
#ifndef MORE_H
#define MORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chord.h"

static int failures;

static void want(const char *what, chord_status got, chord_status status)
{
	if (got != status) {
		printf("%s: status %d, want %d: %s\n", what, (int)got, (int)status, chord_last_error());
		failures++;
	}
}

static void check(const char *what, int ok)
{
	if (!ok) {
		printf("%s\n", what);
		failures++;
	}
}

static int done(void)
{
	if (failures == 0)
		puts("all right");
	return failures != 0;
}

#endif

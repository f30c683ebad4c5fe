package fetch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Main is the command: it fetches what manifest says into a folder and returns
// the exit code. args, without the program's name, are flags and the beginnings
// of the paths to fetch; none means all.
func Main(ctx context.Context, manifest []byte, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", "testdata/fetched", "`folder` to fetch into")
	base := flags.String("base", "", "`URL` of a mirror, in place of https://raw.githubusercontent.com and the like")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: go run ./testdata/fetch [flags] [beginning of a path]...")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	files, err := ParseManifest(manifest)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	files = slices.DeleteFunc(files, func(f File) bool { return f.URL == "" || !chosen(f.Path, flags.Args()) })
	if len(files) == 0 {
		fmt.Fprintf(stderr, "no file with a public origin begins with %q\n", flags.Args())
		return 1
	}
	c := &Fetcher{Base: *base, Wait: time.Second}
	if err := c.all(ctx, *dir, files, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// chosen reports whether path begins with one of these, if there are any.
func chosen(path string, beginnings []string) bool {
	return len(beginnings) == 0 || slices.ContainsFunc(beginnings, func(s string) bool { return strings.HasPrefix(path, s) })
}

// all fetches files into dir, goes on after errors and says what it does.
func (c *Fetcher) all(ctx context.Context, dir string, files []File, stdout, stderr io.Writer) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	fetched, failed := 0, 0
	for _, f := range files {
		switch isNew, err := c.Fetch(ctx, root, f); {
		case err != nil:
			failed++
			fmt.Fprintln(stderr, err)
		case isNew:
			fetched++
			fmt.Fprintf(stdout, "%s: %d bytes, %s\n", f.Path, f.Size, f.Licence)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%d fetched, %d were there, %d failed\n", fetched, len(files)-fetched-failed, failed)
	if failed > 0 {
		return fmt.Errorf("%d of %d are not in %s", failed, len(files), dir)
	}
	return nil
}

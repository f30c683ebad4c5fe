package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// webDemo is the flags of chord web.
type webDemo struct {
	host  string
	port  int
	dir   string
	open  bool
	began func(net.Addr) // for tests, if not nil
}

// webCommand returns chord web.
func (a *app) webCommand() *cobra.Command {
	var w webDemo
	cmd := &cobra.Command{
		Use:   "web",
		Short: "Serve the web demo, in which models run in the browser",
		Long: "Serve a page on which models run in the browser that shows it, with the headers by which\n" +
			"browsers let it use several threads. This program computes nothing for it.\n\n" +
			"The page is chord-web-VERSION.zip of a release, or what go run ./cmd/chord-wasm/build -web FOLDER\n" +
			"writes in a clone of chord: --dir names either. In a clone the page is built first without it.\n" +
			"GGUF files of the folder can be loaded by their address, such as\n" +
			"http://127.0.0.1:8081/model.gguf.\n\n" +
			"Browsers call pages isolated only if they come from this machine or by HTTPS: on other machines\n" +
			"the page works with --host, in one thread.",
		Example: `  chord web
  chord web --open --port 0
  chord web --dir chord-web`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error { return w.run(cmd.Context(), a) })
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&w.host, "host", "127.0.0.1", "`address` to listen on")
	f.IntVar(&w.port, "port", 8081, "`port` to listen on; 0 is any that is free")
	f.StringVar(&w.dir, "dir", "", "`folder` or .zip file with the page")
	f.BoolVar(&w.open, "open", false, "open the page in the browser")
	return cmd
}

// run serves until a signal comes.
func (w *webDemo) run(ctx context.Context, a *app) error {
	if w.port < 0 || w.port > 65535 {
		return usagef("--port %d: want 0 to 65535", w.port)
	}
	if err := canListen(); err != nil { // before the page is built
		return err
	}
	files, done, err := w.files(ctx, a)
	if err != nil {
		return err
	}
	defer done()
	if _, err := fs.Stat(files, "index.html"); err != nil {
		return fmt.Errorf("--dir %s: no web demo is there: %w", w.dir, err)
	}
	l, err := listen(w.host, w.port)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String() + "/"
	fmt.Fprintf(a.out, "web demo at %s\n", url)
	if w.began != nil {
		w.began(l.Addr())
	}
	if w.open {
		if err := browse(url); err != nil {
			fmt.Fprintf(a.err, "no browser opens: %v\n", err)
		}
	}
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	s := &http.Server{Handler: webSite{files}, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return context.Cause(ctx)
}

// files returns the files of the page, and what is to be done when they are served no
// more.
func (w *webDemo) files(ctx context.Context, a *app) (fs.FS, func(), error) {
	switch {
	case strings.HasSuffix(w.dir, ".zip"):
		files, err := zip.OpenReader(w.dir)
		if err != nil {
			return nil, nil, fmt.Errorf("--dir %s: %w", w.dir, err)
		}
		return files, func() { files.Close() }, nil
	case w.dir != "":
		root, err := os.OpenRoot(w.dir)
		if err != nil {
			return nil, nil, err
		}
		return root.FS(), func() { root.Close() }, nil
	}
	dir, err := os.MkdirTemp("", "chord-web")
	if err != nil {
		return nil, nil, err
	}
	done := func() { os.RemoveAll(dir) }
	if err := buildDemo(ctx, a, dir); err != nil {
		done()
		return nil, nil, err
	}
	return os.DirFS(dir), done, nil
}

// webBuilder is the command that builds the page.
const webBuilder = "github.com/querent-ai/chord/cmd/chord-wasm/build"

// buildDemo builds the page in a clone of chord, for a binary that comes from one: what
// lies in the folder of another may be anybody's.
func buildDemo(ctx context.Context, a *app, dir string) error {
	why := errors.New("no web demo: name a release's chord-web-VERSION.zip with --dir, or run chord web in a clone of chord, which builds it")
	if thisBuild().ofRelease() {
		return why
	}
	if exec.CommandContext(ctx, "go", "list", webBuilder).Run() != nil {
		return why
	}
	fmt.Fprintln(a.err, "building the web demo …")
	cmd := exec.CommandContext(ctx, "go", "run", webBuilder, "-web", dir)
	cmd.Stdout, cmd.Stderr = a.err, a.err
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the web demo cannot be built: %w", err)
	}
	return nil
}

// browse opens an address in the browser of the user.
func browse(url string) error {
	switch runtime.GOOS {
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", url).Start()
	case "darwin":
		return exec.Command("open", url).Start()
	}
	return exec.Command("xdg-open", url).Start()
}

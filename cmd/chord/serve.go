package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
)

// serve is the flags of chord serve.
type serve struct {
	model     modelFlags
	lora      adapterFlags
	more      []string // NAME=FILE
	aliases   []string
	host      string
	port      int
	keys      []string
	keyFile   string
	insecure  bool
	hosts     []string
	origins   []string
	parallel  int
	queue     int
	anyModel  bool
	keepAlive time.Duration
	memory    int64
	metrics   bool
	public    bool
	slots     string
	drain     time.Duration
	quiet     bool
	noPage    bool
	noPull    bool
	batches   string         // folder
	shelf     *shelf         // nil: no cache
	began     func(net.Addr) // for tests, if not nil
}

// serveCommand returns chord serve.
func (a *app) serveCommand() *cobra.Command {
	var s serve
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve models over HTTP, with the API of OpenAI",
		Long: "Serve the model in the binary, or the file that -m names, over HTTP. Requests may\n" +
			"name models of chord.toml and of the cache too, which are opened then; those that\n" +
			"POST /api/pull names are fetched from Hugging Face.\n\n" +
			"The server is for this machine alone; with --host others reach it, and need a key.\n" +
			"Ctrl-C and SIGTERM let the requests that run end; a second one leaves at once.",
		Example: `  chord serve
  chord serve -m model.gguf --port 11434 --alias gpt-4o
  chord serve --host 0.0.0.0 --api-key-file keys.txt \
    --model-file small=small.gguf`,
		Args: cobra.NoArgs,
	}
	a.runs(cmd, func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), a) })
	s.flags(cmd)
	return cmd
}

// flags registers the flags.
func (s *serve) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	s.model.flags(cmd)
	mmprojFlag(f, &s.model.options)
	s.lora.flags(f)
	f.StringArrayVar(&s.more, "model-file", nil, "one more model, `NAME=FILE`, opened when a request asks for it (may be repeated)")
	f.StringArrayVarP(&s.aliases, "alias", "a", nil, "another `name` of the model of -m (may be repeated)")
	f.StringVar(&s.host, "host", "127.0.0.1", "`address` to listen on")
	f.IntVar(&s.port, "port", 8080, "`port` to listen on; 0 is any that is free")
	f.StringArrayVar(&s.keys, "api-key", nil, "`key` that requests must have (may be repeated)")
	f.StringVar(&s.keyFile, "api-key-file", "", "`file` with such keys, one a line")
	f.BoolVar(&s.insecure, "insecure", false, "let other machines in without a key")
	f.StringArrayVar(&s.hosts, "allow-host", nil, "`name` by which clients may call the server, beside localhost (may be repeated); * is any")
	f.StringArrayVar(&s.origins, "allow-origin", nil, "`origin` of web pages that may use the server, such as https://example.com (may be repeated)")
	f.IntVar(&s.parallel, "parallel", 0, "reserve cache for `N` texts of full length; 0 is a quarter of the free memory")
	promptCacheFlags(f, &s.model.options)
	f.IntVar(&s.queue, "max-queue", 0, "`N` prompts may wait, one more gets status 503; 0 is 256")
	f.BoolVar(&s.anyModel, "any-model", false, "serve requests for models that do not exist with the one that is loaded")
	f.DurationVar(&s.keepAlive, "keep-alive", 5*time.Minute, "unload models of --model-file that were idle for this `time`; -1s keeps them")
	f.Int64Var(&s.memory, "max-memory", 0, "all models together take at most `N` bytes; idle ones make room for others")
	f.BoolVar(&s.metrics, "metrics", false, "figures for Prometheus at /metrics")
	f.BoolVar(&s.public, "public-metrics", false, "the same, for callers without a key as well")
	f.StringVar(&s.slots, "slot-save-path", "", "`folder` for what POST /slots/N?action=save writes")
	f.StringVar(&s.batches, "batch-dir", "", "`folder` of /v1/files and /v1/batches; without it, batches in chord's folder for what\nit keeps between runs")
	f.BoolVar(&s.noPage, "no-page", false, "leave out the web page at /")
	f.BoolVar(&s.noPull, "no-pull", false, "let no request fetch models into the cache or delete them there")
	f.DurationVar(&s.drain, "drain", time.Minute, "requests that run have this `time` after SIGTERM")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "log no requests")
}

// check returns an error about the flags.
func (s *serve) check() error {
	switch {
	case s.port < 0 || s.port > 65535:
		return usagef("--port %d: want 0 to 65535", s.port)
	case s.parallel < 0:
		return usagef("--parallel %d: want 0 (as memory allows) or more", s.parallel)
	case s.queue < 0:
		return usagef("--max-queue %d: want 0 (256) or more", s.queue)
	case s.memory < 0:
		return usagef("--max-memory %d: want 0 (no limit) or more", s.memory)
	case s.drain < 0:
		return usagef("--drain %v: want 0 or more", s.drain)
	}
	return s.model.check()
}

// readKeys adds the keys of the file, and wants one where others can reach the server.
func (s *serve) readKeys() error {
	if s.keyFile != "" {
		b, err := os.ReadFile(s.keyFile)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				s.keys = append(s.keys, line)
			}
		}
		if len(s.keys) == 0 {
			return usagef("--api-key-file %s: it has no key", s.keyFile)
		}
	}
	if len(s.keys) == 0 && !s.insecure && !loopback(s.host) {
		return usagef("--host %s: other machines can reach the server: give an --api-key, or --insecure", s.host)
	}
	return nil
}

// loopback reports whether only this machine reaches a host.
func loopback(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && a.IsLoopback()
}

// names returns the names by which clients may call the server. One that other machines
// reach without a name of its own may have any: they need a key.
func (s *serve) names() []string {
	if len(s.hosts) > 0 {
		return s.hosts
	}
	if a, err := netip.ParseAddr(strings.Trim(s.host, "[]")); err == nil && a.IsUnspecified() || s.host == "" {
		return []string{"*"}
	}
	return []string{s.host}
}

// models returns the models: that of -m, open, and those that are opened later.
func (s *serve) models(a *app, m *chord.Model) ([]server.Model, error) {
	first, err := s.first(a, m)
	if err != nil {
		return nil, err
	}
	list := []server.Model{first}
	for _, arg := range s.more {
		name, path, ok := strings.Cut(arg, "=")
		if !ok || name == "" || path == "" {
			return nil, usagef("--model-file %s: want NAME=FILE", arg)
		}
		o := s.model.options
		o.MMProj = "" // it belongs to the model of -m
		list = append(list, server.Model{Name: name, Path: path, Options: o})
	}
	for i := range list {
		if info, err := os.Stat(list[i].Path); err == nil {
			list[i].Size, list[i].Modified = info.Size(), info.ModTime()
		} else if list[i].Path != "" {
			return nil, err
		}
	}
	return append(list, a.configured(func(name string) bool {
		return slices.ContainsFunc(list, func(m server.Model) bool { return m.Name == name || slices.Contains(m.Aliases, name) })
	})...), nil
}

// first returns the model of -m, by all its names: that of the configuration, that of
// the file or its own, --alias, and those of the cache.
func (s *serve) first(a *app, m *chord.Model) (server.Model, error) {
	first := server.Model{Name: modelName(s.model.path, m), Loaded: m, Path: s.model.path}
	var names []string
	if a.alias != "" {
		of, err := a.aliasModel(a.alias, a.aliases[a.alias])
		if err != nil {
			return first, err
		}
		names = append(names, first.Name)
		first.Name, first.System, first.Defaults = a.alias, of.System, of.Defaults
	} else if a.named != "" { // on the command line, and by chord list
		names = append(names, first.Name)
		first.Name = a.named
	}
	names = append(names, s.aliases...)
	if s.shelf != nil {
		names = append(names, s.shelf.cachedNames(s.model.path)...)
	}
	for _, name := range names {
		if name != first.Name && !slices.Contains(first.Aliases, name) {
			first.Aliases = append(first.Aliases, name)
		}
	}
	return first, nil
}

// modelName returns the name of a model: that of its file, or what it says itself.
func modelName(path string, m *chord.Model) string {
	if path == "" {
		return m.Info().Name
	}
	return strings.TrimSuffix(filepath.Base(path), ".gguf")
}

// open opens the model of -m, with the draft model that the configuration has for it. The
// caller calls close.
func (s *serve) open(a *app) (m *chord.Model, close func(), err error) {
	var draft drafting
	draft.path, _ = a.aliases[a.alias]["model-draft"].(string)
	closeDraft, err := draft.open(&s.model.options)
	if err != nil {
		return nil, nil, err
	}
	m, err = a.open(&s.model)
	s.model.options.Draft = nil // other models have these options too
	if err != nil {
		closeDraft()
		return nil, nil, err
	}
	return m, func() { m.Close(); closeDraft() }, nil
}

// run serves until a signal comes.
func (s *serve) run(ctx context.Context, a *app) error {
	if err := firstError(canListen(), s.check()); err != nil { // before a model is opened
		return err
	}
	if err := s.readKeys(); err != nil {
		return err
	}
	s.model.options.MaxQueue = s.queue
	if s.parallel > 0 {
		if err := s.reserve(); err != nil {
			return err
		}
	}
	m, close, err := s.open(a)
	if err != nil {
		return err
	}
	defer close()
	if _, err := s.lora.load(m); err != nil {
		return err
	}
	defer s.lora.close()
	others := s.model.options
	others.MMProj = "" // it belongs to the model of -m
	if s.shelf, err = newShelf(others); err != nil {
		fmt.Fprintf(a.err, "no models of the cache: %v\n", err)
	}
	models, err := s.models(a, m)
	if err != nil {
		return err
	}
	for i, f := range s.lora.files {
		models[0].Adapters = append(models[0].Adapters, chord.AdapterScale{Adapter: s.lora.loaded[i], Scale: f.scale})
	}
	o := server.Options{Models: models, AnyModel: s.anyModel, KeepAlive: s.keepAlive, Memory: s.memory, Keys: s.keys,
		Hosts: s.names(), Origins: s.origins, NoMetrics: !s.metrics && !s.public, PublicMetrics: s.public,
		NoPage: s.noPage, SlotDir: s.slots, Version: thisBuild().Version}
	switch {
	case s.shelf == nil:
	case s.noPull:
		o.Loader = s.shelf
	default:
		o.Loader = manager{s.shelf}
	}
	if !s.quiet {
		o.Log = slog.New(slog.NewTextHandler(a.err, nil))
	}
	if dir := cmp.Or(s.batches, stateFile("batches")); dir != "" {
		o.Batches = batchStore(dir)
		defer o.Batches.Close()
	}
	h, err := server.New(o)
	if err != nil {
		return usageError{err}
	}
	if o.Batches != nil {
		defer context.AfterFunc(ctx, o.Batches.Close)() // before requests have their last time
	}
	return s.listen(ctx, a, h, models[0].Name)
}

// listen serves h and tells its address.
func (s *serve) listen(ctx context.Context, a *app, h *server.Server, name string) error {
	l, err := listen(s.host, s.port)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s at http://%s\n", name, l.Addr())
	if s.began != nil {
		s.began(l.Addr())
	}
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	deadline, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(s.drain, cancel) })
	defer stop()
	if err := h.Serve(ctx, deadline, l); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return context.Cause(ctx)
}

// reserve sets the memory of the caches to that of parallel texts.
func (s *serve) reserve() error {
	if s.model.path == "" {
		return usagef("--parallel: the model in the binary has room for any number")
	}
	fit, err := chord.Fits(s.model.path, s.model.options)
	if err != nil {
		return err
	}
	s.model.options.CacheBytes = fit.Cache * int64(s.parallel)
	return nil
}

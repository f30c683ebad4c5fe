package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/batch"
	"github.com/querent-ai/chord/server/internal/core"
)

// Options are the options of [New]. The zero value serves no model.
type Options struct {
	// Models are the models in the order of the list; the first is the default.
	Models []Model
	// Loader finds and opens more models; nil: none.
	Loader Loader
	// AnyModel serves requests for models that do not exist with the loaded one,
	// for clients that always say "gpt-4o".
	AnyModel bool
	// KeepAlive is how long an idle model stays loaded. 0 means 5 minutes, a
	// negative time forever.
	KeepAlive time.Duration
	// Memory is the maximum memory of all models in bytes, with their caches; idle
	// ones are unloaded for others. 0 means no limit.
	Memory int64

	// Keys are the API keys, one of which a request must have; nil: none is needed.
	Keys []string
	// Hosts are names by which clients may reach the server, beside loopback
	// addresses and names of this kind in a request's Host; "*" is every name.
	Hosts []string
	// Origins are the origins of web pages that may use the server, such as
	// "https://example.com"; "*" is every page. They get CORS headers. Pages of the
	// server's own origin may use it always.
	Origins []string

	// SlotDir is the folder of the files of /slots, "": nothing is saved or restored.
	SlotDir string
	// Batches keeps the files and batches of OpenAI's API, nil: there are none. The server
	// answers them from now on; its owner closes it before the server.
	Batches *batch.Store
	// PublicMetrics lets callers without a key read /metrics.
	PublicMetrics bool
	// NoMetrics leaves out /metrics.
	NoMetrics bool
	// NoPage leaves out the web page at /.
	NoPage bool
	// Limits bound what a request may ask for; zero fields have their defaults.
	Limits Limits
	// Log takes one record a request, without prompts or answers. nil: none.
	Log *slog.Logger
	// TracerProvider makes OpenTelemetry's spans: one for each request, a child of the
	// client's by its header traceparent; in it one for each text, with its queue, its
	// prompt and its tokens. They have no prompts and answers. nil: none.
	TracerProvider trace.TracerProvider
	// Version is the version that the server tells.
	Version string
}

// A Model is a model that a server can serve: one that is open, or where it is.
type Model struct {
	Name    string        // by which requests ask for it
	Aliases []string      // more such names
	Path    string        // of its GGUF file, if it is not open
	Options chord.Options // to open it with
	Loaded  *chord.Model  // open already: it stays so, and the caller closes it after the server
	// Adapters are adapters of Loaded, which requests for /lora-adapters can scale.
	Adapters []chord.AdapterScale
	Size     int64     // in bytes, 0 if that is not known
	Modified time.Time // zero if that is not known
	Digest   string    // SHA-256 of the file, "" if that is not known

	// Defaults are what requests do not say: a field of theirs that is zero has the
	// value that it has here.
	Defaults chord.ChatParams
	// System is the system prompt of chats that have none.
	System string

	// Draft is the path of the GGUF file of a smaller model that is opened with one that
	// is not Loaded, and drafts its tokens; see chord.Options.Draft. "" is none.
	Draft string
	// AdapterFiles are LoRA adapters that are loaded with a model that is not Loaded,
	// as if they were Adapters.
	AdapterFiles []AdapterFile
}

// An AdapterFile is the path of the GGUF file of a LoRA adapter, with its scale: one of
// scale 0 has no effect until a request for /lora-adapters scales it.
type AdapterFile = struct {
	Path  string
	Scale float32
}

// A Loader finds models, such as those in a cache, and opens them. Its methods are
// called by several goroutines.
type Loader interface {
	// Models lists the models that can be opened.
	Models(ctx context.Context) ([]Model, error)
	// Load opens one of them.
	Load(ctx context.Context, m Model) (*chord.Model, error)
}

// A Finder is a [Loader] that knows models by more names than it lists. Find returns the
// one that a client calls name, or an error that is fs.ErrNotExist.
type Finder interface {
	Loader
	Find(ctx context.Context, name string) (Model, error)
}

// A Manager is a [Loader] by which requests may fetch and delete models too, as in
// Ollama's API. Without one they may not.
type Manager interface {
	Loader
	// Pull fetches a model, of which progress is told; an error of progress ends the
	// pull. The name is a client's: it must not lead to addresses within the server's
	// network. fs.ErrNotExist says that there is no such model; clients see the text
	// of errors.
	Pull(ctx context.Context, name string, progress func(Progress) error) error
	// Delete deletes a model, one of Models, that is not loaded any more.
	Delete(ctx context.Context, m Model) error
}

// A Progress says how far a pull is.
type Progress struct {
	Status string // what is done now, such as "pulling manifest"
	Digest string // of the file that is fetched, "" if there is none
	Done   int64  // bytes of it
	Total  int64  // its size, 0 if that is not known
}

// Limits bound what a request may ask for. 0 means the default, in parentheses.
type Limits struct {
	Header      int           // bytes of a request's header, at least 4 KiB (64 KiB)
	HeaderTime  time.Duration // for reading a header (10 s)
	Body        int64         // bytes of a body (32 MiB)
	BodyTime    time.Duration // for reading a body (60 s)
	IdleTime    time.Duration // that a connection may have no request (120 s)
	WriteTime   time.Duration // for a write that the client does not read (60 s)
	Ping        time.Duration // between comments in a stream without events (15 s)
	Choices     int           // n (8)
	Stops       int           // stop strings (16)
	LogitBias   int           // entries of logit_bias (1024)
	TopLogprobs int           // likeliest tokens (20)
	Inputs      int           // prompts or texts in one request (2048)
	AtOnce      int           // texts of one request that are generated at the same time (16)
}

// core returns the limits with their defaults.
func (l Limits) core() core.Limits {
	d := core.DefaultLimits
	or(&d.Body, l.Body)
	or(&d.BodyTime, l.BodyTime)
	or(&d.WriteTime, l.WriteTime)
	or(&d.Ping, l.Ping)
	or(&d.Choices, l.Choices)
	or(&d.Stops, l.Stops)
	or(&d.LogitBias, l.LogitBias)
	or(&d.TopLogprobs, l.TopLogprobs)
	or(&d.Inputs, l.Inputs)
	or(&d.AtOnce, l.AtOnce)
	return d
}

// or sets *to to v unless v is zero.
func or[T comparable](to *T, v T) {
	var zero T
	if v != zero {
		*to = v
	}
}

// A Server serves models.
type Server struct {
	core   *core.Core
	router *router
	limits Limits
}

// New returns a server. It opens no model before a request asks for it.
func New(o Options) (*Server, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	configured := make([]core.Model, len(o.Models))
	for i, m := range o.Models {
		configured[i] = core.Model(m)
	}
	var l core.Loader
	switch given := o.Loader.(type) {
	case nil:
	case Manager:
		l = manager{loader{given}, given}
	default:
		l = loader{given}
	}
	models, err := core.NewRegistry(configured, l, o.Memory, o.KeepAlive, o.AnyModel, log)
	if err != nil {
		return nil, err
	}
	c := core.New(o.Limits.core(), log, models)
	c.Version, c.SlotDir = o.Version, o.SlotDir
	c.SetTracer(o.TracerProvider)
	r, err := newRouter(c, &o)
	if err != nil {
		return nil, err
	}
	if o.Batches != nil {
		if err := o.Batches.Serve(r); err != nil {
			log.Warn("batches of before", "error", err)
		}
	}
	return &Server{c, r, o.Limits}, nil
}

// A loader is a Loader for package core.
type loader struct{ l Loader }

func (l loader) Models(ctx context.Context) ([]core.Model, error) {
	list, err := l.l.Models(ctx)
	out := make([]core.Model, len(list))
	for i, m := range list {
		out[i] = core.Model(m)
	}
	return out, err
}

func (l loader) Load(ctx context.Context, m core.Model) (*chord.Model, error) {
	return l.l.Load(ctx, Model(m))
}

// Find makes every loader a Finder for package core.
func (l loader) Find(ctx context.Context, name string) (core.Model, error) {
	f, ok := l.l.(Finder)
	if !ok {
		return core.Model{}, fs.ErrNotExist
	}
	m, err := f.Find(ctx, name)
	return core.Model(m), err
}

// A manager is a Manager for package core.
type manager struct {
	loader
	m Manager
}

func (m manager) Pull(ctx context.Context, name string, progress func(core.Progress) error) error {
	return m.m.Pull(ctx, name, func(p Progress) error { return progress(core.Progress(p)) })
}

func (m manager) Delete(ctx context.Context, model core.Model) error {
	return m.m.Delete(ctx, Model(model))
}

// Handler returns the handler of all APIs. Mount it at the root, or with
// http.StripPrefix below it. It needs no more than HTTP/1.1; a server of one's own
// should have the timeouts and the header limit of [Server.HTTP].
func (s *Server) Handler() http.Handler { return s.router }

// Unload unloads a model as soon as no request uses it, and reports whether it was
// loaded.
func (s *Server) Unload(ctx context.Context, name string) (bool, error) {
	return s.core.Models.Unload(ctx, name)
}

// Drain refuses new requests with 503 and waits for those that run. When ctx is done it
// ends them too and returns ctx.Err().
func (s *Server) Drain(ctx context.Context) error { return s.core.Drain(ctx) }

// Close unloads the models that the server has opened, each when no request uses it any
// more. Drain comes first.
func (s *Server) Close() { s.core.Models.Close() }

// lessHeader is what net/http reads of a header above its limit.
const lessHeader = 4 << 10

// HTTP returns an http.Server for the handler, with limits for slow and large clients:
// Header, HeaderTime and IdleTime of [Limits], which are those of connections.
func (s *Server) HTTP() *http.Server {
	l := Limits{Header: 64 << 10, HeaderTime: 10 * time.Second, IdleTime: 120 * time.Second}
	or(&l.Header, s.limits.Header)
	or(&l.HeaderTime, s.limits.HeaderTime)
	or(&l.IdleTime, s.limits.IdleTime)
	return &http.Server{Handler: s.router, ReadHeaderTimeout: l.HeaderTime, IdleTimeout: l.IdleTime,
		MaxHeaderBytes:               max(1, l.Header-lessHeader),
		DisableGeneralOptionsHandler: true, // it answers before the checks
		ErrorLog:                     slog.NewLogLogger(s.core.Log.Handler(), slog.LevelDebug)}
}

// Serve serves connections of l until ctx is done. It then drains: requests that run
// have until deadline is done. The models are closed when it returns. A second after
// each request it collects garbage and gives free memory back to the system.
func (s *Server) Serve(ctx, deadline context.Context, l net.Listener) error {
	h := s.HTTP()
	idle := giveBack(h.Handler)
	defer idle.timer.Stop()
	h.Handler = idle
	done := make(chan error, 1)
	go func() { done <- h.Serve(l) }()
	defer s.Close()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	err := s.Drain(deadline)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	return h.Shutdown(deadline)
}
